"""Reads what a worker tells of itself: the file that `porch_worker.pulse` maps into its memory.

Rule: the app's user can write anything there, so a file is read as numbers and for the workers of our own masters
only; what cannot be read is a worker that tells nothing.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from porch.records import dataclass

_FIRST = 2
_SLOTS = 256
_SIZE = 8 * (_FIRST + 2 * _SLOTS)
_NAME = "pulse-"
STACKS = signal.SIGRTMAX - 7
"""On it, a worker writes the stack of each thread to its standard error; no server and hardly any app uses it."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """One worker at one moment; times are of the monotonic clock."""

    turned: float
    """The event loop's last turn; 0: there is no loop, or it has had no request yet."""
    requests: int
    """Done since its start."""
    begun: tuple[float, ...]
    """When each request at work began, the oldest first."""


def read(home: str, pid: int) -> Pulse | None:
    """What the worker tells; None when it has not loaded the app yet, or cannot tell."""
    try:
        descriptor = os.open(_path(home, pid), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        raw = os.read(descriptor, _SIZE)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return parse(raw) if len(raw) == _SIZE else None


def parse(raw: bytes) -> Pulse:
    """The numbers of one file."""
    places = memoryview(raw).cast("d")
    begun = sorted(each for each in places[_FIRST::2] if each > 0)
    done = (each for each in (places[1], *places[_FIRST + 1 :: 2]) if 0 < each < 2**53)
    return Pulse(max(places[0], 0.0), int(sum(done)), tuple(begun))


def forget(home: str, pid: int) -> None:
    """Remove the file of a worker that is gone."""
    with suppress(OSError):
        Path(_path(home, pid)).unlink()


def _path(home: str, pid: int) -> str:
    return f"{home}/{_NAME}{pid}"
