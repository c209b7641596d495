"""Finds workers that hang, has them write their stack, and ends them, so that their master starts others.

Rule: a worker hangs when for the whole limit its event loop has not turned, or a request is older than the limit and
nothing else has begun or ended in it, or it was stopped; nginx has answered 504 by then. A worker of which one thread
of several hangs is left alone: the others have requests in work.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from porch.records import dataclass
from porch.runtime import procfs, pulse
from porch.runtime.census import Census
from porch.runtime.failures import Failures
from porch.runtime.logs import Tail
from porch.runtime.process import Child
from porch.runtime.procfs import Process
from porch.runtime.pulse import Pulse
from porch.runtime.say import Voice
from porch.runtime.shortage import Shortage

EVERY = 1.0
"""Seconds between two looks."""
LAST_WORDS = 0.5
"""Seconds to write the stack in."""
STOPPED = frozenset("Tt")


class Crew(Protocol):
    """A master with its workers."""

    child: Child | None
    census: Census
    tail: Tail

    @property
    def name(self) -> str:
        """`app`, or `app/api` for one that is mounted."""
        ...

    @property
    def home(self) -> str:
        """Where its workers tell how they are; empty when they tell nothing."""
        ...

    @property
    def elastic(self) -> bool:
        """Its workers are fewer when there is little to do."""
        ...

    @property
    def stuck_after(self) -> float:
        """Seconds; 0: never."""
        ...


@dataclass
class Seen:
    """What is known of one worker."""

    moved: float
    """When anything was last seen to begin or end in it."""
    last: Pulse | None = None


def judge(seen: Seen, now_told: Pulse | None, state: str, now: float, limit: float) -> str:
    """Why the worker hangs; empty when it does not, or not for long enough."""
    if state in STOPPED:
        return f"was stopped {now - seen.moved:.0f} s ago" if now - seen.moved >= limit else ""
    if now_told is None:
        seen.moved = now
        return ""
    if now_told != seen.last:
        seen.moved, seen.last = now, now_told
    if now_told.turned:
        still = now - max(now_told.turned, 0.0)
        return f"has not turned its event loop for {still:.0f} s" if min(still, now - seen.moved) >= limit else ""
    if not now_told.begun:
        return ""
    busy = now - now_told.begun[0]
    return f"has been at one request for {busy:.0f} s" if min(busy, now - seen.moved) >= limit else ""


class Watch:
    """All workers, looked at each second."""

    def __init__(self, crews: Callable[[], tuple[Crew, ...]], voice: Voice, failures: Failures) -> None:
        self._crews = crews
        self._voice = voice
        self._failures = failures
        self._seen: dict[tuple[int, int], Seen] = {}
        self._looked = time.monotonic()
        self._shortage = Shortage(voice)

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            now = time.monotonic()
            if now - self._looked > 3 * EVERY:
                # The whole machine or container stood still: nobody could move.
                self._seen.clear()
            self._looked = now
            gone: list[int] = []
            for crew in self._crews():
                gone += await self._look(crew)
            for sentence in self._shortage.look(gone):
                self._failures.note("app", sentence, self._crews()[0].tail)
            await asyncio.sleep(EVERY)

    async def _look(self, crew: Crew) -> list[int]:
        """Replace workers that hang; returns those of the app that have ended since the last look."""
        if crew.child is None or crew.child.exited.done():
            return []
        workers = procfs.workers(crew.child.pid)
        lost = crew.census.look(crew.child.pid, workers)
        for gone in lost:
            self._lost(crew, gone)
        # uvicorn with a single worker has no master above it.
        alone = procfs.process(crew.child.pid)
        for worker in (*workers, *([alone] if alone else ())) if crew.home and crew.stuck_after else ():
            now = time.monotonic()
            seen = self._seen.setdefault((worker.pid, worker.born), Seen(now))
            told = pulse.read(crew.home, worker.pid)
            if why := judge(seen, told, worker.state, now, crew.stuck_after):
                self._failures.note(
                    crew.name, f"a worker of the app (pid {worker.pid}) {why}, and was ended", crew.tail
                )
                self._seen.pop((worker.pid, worker.born))
                await self._replace(worker, why)
        return [pid for pid, _ in lost] if crew.home else []

    def _lost(self, crew: Crew, gone: tuple[int, int]) -> None:
        """A worker is no more, or a process that a worker had started."""
        seen = self._seen.pop(gone, None)
        if not crew.home:
            return
        pulse.forget(crew.home, gone[0])
        # Only a worker tells how it is; and where there are fewer of them at times, one may end for no fault.
        if seen is not None and seen.last is not None and not crew.elastic:
            self._failures.note(crew.name, f"a worker of the app (pid {gone[0]}) ended by itself", crew.tail)

    async def _replace(self, worker: Process, why: str) -> None:
        stack = "" if worker.state in STOPPED else "its stack follows, and "
        self._voice.warning(f"a worker of the app (pid {worker.pid}) {why}: {stack}another takes its place")
        # A descriptor of the process, so that a number that is used again is never signalled.
        with suppress(OSError):
            descriptor = os.pidfd_open(worker.pid)
            try:
                found = procfs.process(worker.pid)
                if found is None or found.born != worker.born:
                    return
                if worker.state not in STOPPED:
                    signal.pidfd_send_signal(descriptor, pulse.STACKS)
                    await asyncio.sleep(LAST_WORDS)
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)
