"""Tells the supervisor how this worker is: how many requests it has done, and since when it is at work on one.

Rule: a request costs less than a microsecond. Two numbers are written into a file that is mapped into memory; no
thread, no lock, no system call. So a worker that hangs, whatever holds it, needs to do nothing for that to be seen.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

TURN, MORE, FIRST = 0, 1, 2
"""Places of 8 bytes in the file: the event loop's last turn, requests counted without a slot, the first slot."""
SLOTS = 256
"""Requests at work that can be told apart; each has two places: its begin, 0 when free, and how many it has done."""
SIZE = 8 * (FIRST + 2 * SLOTS)
EVERY = 1.0
"""Seconds between two turns that an event loop tells."""
NAME = "pulse-"


class Pulse:
    """This worker's file."""

    def __init__(self, places: Any) -> None:
        self.places = places
        self._free = list(range(FIRST + 2 * SLOTS - 2, FIRST - 1, -2))
        self._turning = False

    def enter(self) -> int:
        """A request begins; its slot, or 0 when all are taken."""
        try:
            slot = self._free.pop()
        except IndexError:
            return 0
        self.places[slot] = monotonic()
        return slot

    def leave(self, slot: int) -> None:
        """The request of that slot is done."""
        places = self.places
        if slot:
            places[slot] = 0.0
            places[slot + 1] += 1.0
            self._free.append(slot)
        else:
            places[MORE] += 1.0

    def asked(self) -> None:
        """A request begins in an event loop, which from now on tells each second that it turns."""
        self.places[MORE] += 1.0
        if not self._turning:
            self._turning = True
            self._turn(asyncio.get_running_loop())

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self.places[TURN] = monotonic()
        loop.call_later(EVERY, self._turn, loop)


def begin(folder: str) -> Pulse | None:
    """Make this process's file in the folder; None where that fails."""
    if not folder or sys.platform != "linux":
        return None
    try:
        places = _mapped(f"{folder}/{NAME}{os.getpid()}")
    except (OSError, ValueError):
        return None  # a full disk, perhaps: the app matters more
    pulse = Pulse(places)
    os.register_at_fork(after_in_child=lambda: _detach(pulse))
    return pulse


def asgi(
    app: Callable[[Any, Any, Any], Awaitable[None]], pulse: Pulse | None
) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """The app; its requests may last, but between two turns of the event loop no time may pass."""
    if pulse is None:
        return app
    asked = pulse.asked

    def told(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] != "lifespan":
            asked()
        return app(scope, receive, send)

    return told


def aiohttp(pulse: Pulse) -> Callable[[Any], Awaitable[None]]:
    """What an aiohttp app does when it starts: from then on its event loop tells that it turns."""

    async def started(_: Any) -> None:
        pulse.asked()

    return started


def counting(pulse: Pulse) -> Callable[[Any, Any], Awaitable[None]]:
    """What an aiohttp app does at each answer, where the supervisor wants to know how many there were."""

    async def prepared(_request: Any, _response: Any) -> None:
        pulse.leave(0)

    return prepared


def _mapped(path: str) -> Any:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        # Without room on the disk, the first write to the memory would kill the process.
        os.posix_fallocate(descriptor, 0, SIZE)
        return memoryview(mmap.mmap(descriptor, SIZE)).cast("d")
    finally:
        os.close(descriptor)


def _detach(pulse: Pulse) -> None:
    """A process that the app forks must not write into its parent's file."""
    pulse.places = memoryview(bytearray(SIZE)).cast("d")
