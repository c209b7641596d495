"""Keeps one unit alive.

Rule: what dies is started again after a growing pause; it is given up only in a container, where an orchestrator can do
better.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable
from typing import Any

from porch.errors import Exit, Refused
from porch.runtime.backoff import SOON, Backoff
from porch.runtime.failures import Failures
from porch.runtime.process import ending, exit_code
from porch.runtime.say import Voice
from porch.runtime.unit import Ended, Exhausted, Unit, exhausted


class Kept:
    """A unit, its deaths and its returns."""

    def __init__(self, unit: Unit, voice: Voice, failures: Failures, *, gives_up: bool) -> None:
        self.unit = unit
        self.restarts = 0
        self._voice = voice
        self._failures = failures
        self._gives_up = gives_up
        self._backoff = Backoff()

    async def keep(self) -> int:
        """Watch over the healthy unit; returns the code to end with when it is hopeless."""
        self._backoff.healthy(time.monotonic())
        refused: Refused | None = None
        while True:
            code = await self._death()
            delay = self._backoff.died(time.monotonic())
            self.unit.condition = "down"
            if self._gives_up and self._backoff.hopeless:
                self._voice.warning(f"{self.unit.name} died 5 times within a minute: giving up")
                if refused is not None and not isinstance(refused, Ended):
                    return refused.exit
                return exit_code(code) or Exit.FAULT
            if refused is None:
                self._failures.note(self.unit.name, f"{self.unit.name} {ending(code)}", self.unit.tail)
                self._voice.warning(f"{self.unit.name} {ending(code)}; starting it again in {delay:g} s")
            await asyncio.sleep(min(delay, SOON) if isinstance(refused, Exhausted) else delay)
            refused = await self._restart()

    async def _death(self) -> int:
        child = self.unit.child
        return await child.wait() if child is not None else int(Exit.FAULT)

    async def _start(self) -> None:
        try:
            await self.unit.start()
        except OSError as error:
            raise exhausted(self.unit.name, error) from None

    async def _restart(self) -> Refused | None:
        self.restarts += 1
        try:
            await self._start()
        except Refused as refused:
            for problem in refused.problems:
                self._voice.problem(problem)
                self._failures.note(self.unit.name, problem.what, self.unit.tail)
            self.unit.condition = "down"
            return refused
        self._backoff.healthy(time.monotonic())
        self._voice.info(f"{self.unit.name} is back")
        return None


class Keeping:
    """All units that are kept alive at present; some may take the place of others."""

    def __init__(self, kept: Iterable[Kept]) -> None:
        self._tasks: dict[Kept, asyncio.Future[int] | None] = dict.fromkeys(kept)
        self._changed = asyncio.Event()

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The units."""
        return tuple(self._tasks)

    def replace(self, old: Collection[Unit], new: Iterable[Kept]) -> None:
        """Leave the old units to their fate, restarts that are under way included, and keep the new ones alive."""
        others: dict[Kept, asyncio.Future[int] | None] = {}
        for kept, task in self._tasks.items():
            if kept.unit not in old:
                others[kept] = task
            elif task is not None:
                task.cancel()
        self._tasks = dict.fromkeys(new) | others
        self._changed.set()

    async def keep(self) -> int:
        """The code of the first unit that is given up."""
        try:
            while True:
                self._changed.clear()
                tasks = self._begin()
                changed: asyncio.Future[Any] = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait([changed, *tasks], return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                ended = [task for task in tasks if task.done() and task in self._tasks.values()]
                if ended:
                    return ended[0].result()
        finally:
            for task in self._tasks.values():
                if task is not None:
                    task.cancel()

    def _begin(self) -> list[asyncio.Future[int]]:
        for kept, task in self._tasks.items():
            if task is None:
                self._tasks[kept] = asyncio.ensure_future(kept.keep())
        return [task for task in self._tasks.values() if task is not None]
