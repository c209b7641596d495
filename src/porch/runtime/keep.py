"""Keeps one unit alive.

Rule: what dies is started again after a growing pause; it is given up only in a container, where an orchestrator can do
better.
"""

from __future__ import annotations

import asyncio
import time

from porch.errors import Exit, Refused
from porch.runtime.backoff import Backoff
from porch.runtime.process import ending, exit_code
from porch.runtime.say import Voice
from porch.runtime.unit import Ended, Unit, exhausted


class Kept:
    """A unit, its deaths and its returns."""

    def __init__(self, unit: Unit, voice: Voice, *, gives_up: bool) -> None:
        self.unit = unit
        self.restarts = 0
        self._voice = voice
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
                self._voice.warning(f"{self.unit.name} {ending(code)}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
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
            self.unit.condition = "down"
            return refused
        self._backoff.healthy(time.monotonic())
        self._voice.info(f"{self.unit.name} is back")
        return None
