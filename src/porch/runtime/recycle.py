"""Has the next generation take over when a worker has done its share of requests, or has grown too large.

Rule: no worker is ended while nginx may send it something. A server that ends one of its workers closes that worker's
idle connections, and a request that is on its way at that moment is lost; so the generation is replaced as a whole,
by a reload, in which nothing is lost and nobody waits.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from porch.errors import counted
from porch.runtime import procfs, pulse
from porch.runtime.launch import Recycle
from porch.runtime.process import Child
from porch.runtime.procfs import Process
from porch.runtime.reload import Outcome
from porch.runtime.say import Voice

EVERY = 1.0
"""Seconds between two looks."""
PAUSE = 5.0
"""Seconds that a generation serves at least."""
LONGEST = 3600.0
"""The pause grows to this where each generation is too large from the start: the limit is wrong then, not the app."""
SOONER = 0.1
"""Of the requests: several instances of one app that were started together are not replaced together."""
MIB = 1024**2


class Serving(Protocol):
    """One app of the generation in service."""

    child: Child | None
    recycle: Recycle

    @property
    def home(self) -> str:
        """Where its workers tell how they are."""
        ...


def share(requests: int, chance: float) -> int:
    """How many of one generation's, for a chance from 0 to 1."""
    return max(1, round(requests * (1 - SOONER * chance))) if requests else 0


def over(workers: Iterable[tuple[Process, int]], requests: int, memory: int) -> tuple[str, bool]:
    """Why the generation is to be replaced, empty for no reason, and whether it is for the memory.

    Each worker comes with the number of requests that it has done.
    """
    for worker, done in workers:
        if memory and worker.rss_bytes > memory:
            takes, most = f"{worker.rss_bytes / MIB:.0f} MiB", f"{memory / MIB:.0f} MiB"
            return f"a worker of the app (pid {worker.pid}) takes {takes} of memory, more than {most}", True
        if requests and done >= requests:
            return f"a worker of the app (pid {worker.pid}) has done {counted(done, 'request')}", False
    return "", False


class Recycling:
    """Looks at the generation in service, and asks for the next."""

    def __init__(
        self, serving: Callable[[], tuple[Serving, ...]], ask: Callable[[], asyncio.Future[Outcome]], voice: Voice
    ) -> None:
        self._serving = serving
        self._ask = ask
        self._voice = voice
        self._seen: tuple[Serving, ...] = ()
        self._since = 0.0
        self._chance = 0.0
        self._pause = PAUSE

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(EVERY)
            if why := self.due(time.monotonic()):
                self._voice.info(f"{why}: the next generation takes its place")
                outcome = await asyncio.shield(self._ask())
                if not outcome.ok:
                    self._since, self._pause = time.monotonic(), self._longer()

    def due(self, now: float) -> str:
        """Why it is time for the next generation; empty when it is not."""
        serving = self._serving()
        if serving is not self._seen:
            self._seen, self._since = serving, now
            self._chance = random.random()  # noqa: S311  # not a secret
        age = now - self._since
        if age < self._pause:
            return ""
        for each in serving:
            limits = each.recycle
            if not any((limits.requests, limits.memory)):
                continue
            why, of_memory = over(_told(each), share(limits.requests, self._chance), limits.memory)
            if why:
                self._pause = self._longer() if of_memory and age < 2 * self._pause else PAUSE
                return why
        return ""

    def _longer(self) -> float:
        return min(LONGEST, 2 * self._pause)


def _told(serving: Serving) -> Iterable[tuple[Process, int]]:
    """Its workers, each with the requests that it has done."""
    if serving.child is None or serving.child.exited.done():
        return
    # uvicorn with a single worker has no master above it.
    alone = procfs.process(serving.child.pid)
    for worker in (*procfs.workers(serving.child.pid), *((alone,) if alone else ())):
        told = pulse.read(serving.home, worker.pid)
        if told is not None:
            yield worker, told.requests
