"""The processes beside the app: queue workers, schedulers, services of the user's own.

Rule: they live between the app's readiness and its end. One that the instance cannot do without ends it with its own
code when it fails; any other is started again after a growing pause, for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from porch.errors import Exit, Refused
from porch.runtime.backoff import Backoff
from porch.runtime.launch import Extra
from porch.runtime.logs import Tail
from porch.runtime.process import Child, ending, exit_code
from porch.runtime.unit import Surroundings, exhausted, stop_signal


class Kept:
    """One process and its returns."""

    def __init__(self, extra: Extra, around: Surroundings) -> None:
        self.extra = extra
        self.child: Child | None = None
        self.restarts = 0
        self._tail = Tail()
        self._around = around if extra.as_user else replace(around, identity=None)
        self._backoff = Backoff()

    @property
    def name(self) -> str:
        """Its tag in the log and in `status`."""
        return self.extra.program.name

    async def keep(self) -> int | None:
        """Start it, again and again as told; the code that the instance is to end with, or None when it is over."""
        while True:
            code = await self._live()
            failed = code != 0
            if failed:
                self._around.failures.note(self.name, f"{self.name} {ending(code)}", self._tail)
            if failed and self.extra.essential:
                self._around.voice.warning(f"{self.name} {ending(code)}, and the instance cannot do without it")
                return exit_code(code)
            if self.extra.restart == "never" or (self.extra.restart == "on-failure" and not failed):
                self._around.voice.info(f"{self.name} {ending(code)}; it is not started again")
                return None
            delay = self._backoff.died(time.monotonic())
            self._around.voice.warning(f"{self.name} {ending(code)}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            self.restarts += 1

    async def stop(self, deadline: float) -> None:
        """End it in order; killed with all that it started at the deadline."""
        if self.child is None or self.child.exited.done():
            return
        self.child.signal(stop_signal(self.extra.program))
        await asyncio.wait((self.child.exited,), timeout=max(0.0, deadline - time.monotonic()))
        self.child.kill_group()
        await asyncio.wait((self.child.exited,), timeout=1)

    async def _live(self) -> int:
        """From its start to its end."""
        try:
            self._tail = Tail()
            self.child = self._around.start(self.extra.program, tail=self._tail)
        except Refused as refused:
            return self._refused(refused)
        except OSError as error:
            return self._refused(exhausted(self.name, error))
        self._backoff.healthy(time.monotonic())
        return await self.child.wait()

    def _refused(self, refused: Refused) -> int:
        for problem in refused.problems:
            self._around.voice.problem(problem)
        return int(Exit.MACHINE)


class Extras:
    """All of one instance."""

    def __init__(self) -> None:
        self.kept: tuple[Kept, ...] = ()
        self.lost = False
        """One has failed that the instance cannot do without."""
        self._tasks: dict[Kept, asyncio.Future[int | None]] = {}
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()

    def start(self, around: Surroundings) -> None:
        """Start those of this launch; what stayed goes on."""
        staying = {each.extra: each for each in self.kept}
        self.kept = tuple(staying.get(extra) or Kept(extra, around) for extra in around.launch.processes)
        self._tasks = {each: self._tasks.get(each) or asyncio.ensure_future(each.keep()) for each in self.kept}
        self._changed.set()

    async def keep(self) -> int:
        """Return only when one fails that the instance cannot do without: its code."""
        while True:
            self._changed.clear()
            tasks = tuple(self._tasks.values())
            changed: asyncio.Future[Any] = asyncio.ensure_future(self._changed.wait())
            living: list[asyncio.Future[Any]] = [each for each in tasks if not each.done()]
            await asyncio.wait([changed, *living], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            codes = [each.result() for each in tasks if each.done() and not each.cancelled()]
            failed = [code for code in codes if code is not None]
            if failed:
                self.lost = True
                return failed[0]

    async def stop(self, within: float, staying: Collection[Extra] = ()) -> None:
        """End all of them, side by side, but for those that stay."""
        ending = [each for each in self.kept if each.extra not in staying]
        for each in ending:
            if each in self._tasks:
                self._tasks.pop(each).cancel()
        deadline = time.monotonic() + within
        await asyncio.gather(*(each.stop(deadline) for each in ending))
        self.kept = tuple(each for each in self.kept if each not in ending)

    async def renew(self, around: Surroundings) -> None:
        """After a reload: each ends before its next begins, because two of a scheduler would do its work twice."""
        async with self._turn:
            # One of porch's own reads no code of the app, and has perhaps asked for this very reload.
            staying = [each for each in around.launch.processes if not each.as_user]
            await self.stop(around.launch.stop_timeout, staying)
            self.start(around)
