"""Keeps the certificate in service fresh, where an authority issues it.

Rule: the resident process only waits, starts a child that looks and fetches, and switches: the certificate in service
stays until a new one is whole, beside it, and nginx has taken it. A failure is tried again after a growing pause.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from porch.errors import Refused, counted
from porch.runtime import asked
from porch.runtime.folder import NEXT
from porch.runtime.front import Front
from porch.runtime.launch import Program
from porch.runtime.unit import Surroundings, exhausted

WITHIN = 300.0
"""Seconds for the child: the authority may take its time."""
LOOK = 86400.0
"""Seconds after which is looked in any case: a machine that slept, or whose clock was set, has no right count."""
FIRST, LONGEST = 60.0, 6 * 3600.0
"""Seconds until a failure is tried again; authorities count failures by the hour and by the week."""


class Renewal:
    """The certificate of one instance."""

    def __init__(self, around: Callable[[], Surroundings], front: Front) -> None:
        self._around = around
        self._front = front
        self._now = asyncio.Event()
        self._failures = 0
        self._until = ""
        self._failure = ""

    def shown(self) -> dict[str, Any] | None:
        """For `status`; None where nothing is fetched."""
        if self._around().launch.certify is None:
            return None
        return {"until": self._until or None, "failure": self._failure or None}

    def at_once(self) -> None:
        """Look now: the settings may be others, or what was in the way has been put right."""
        self._failures = 0
        self._now.set()

    async def keep(self) -> None:
        """Look, fetch, switch, wait; for ever, and only where there is something to fetch."""
        while True:
            self._now.clear()
            program = self._around().launch.certify
            pause = await self._look(program) if program is not None else LOOK
            try:
                async with asyncio.timeout(pause):
                    await self._now.wait()
            except TimeoutError:
                continue

    async def _look(self, program: Program) -> float:
        """One look; seconds until the next."""
        around = self._around()
        try:
            answer = await asked.answer(around, program, WITHIN, "fetching the certificate")
            if answer["changed"]:
                await self._switch()
                around.voice.info(f"the certificate until {answer['until']} is in service")
            self._failures, self._failure, self._until = 0, "", str(answer["until"])
            return min(float(answer["again"]) + 1.0, LOOK)
        except Refused as refused:
            return self._failed(around, refused)
        except OSError as error:
            return self._failed(around, exhausted("fetching the certificate", error))

    def _failed(self, around: Surroundings, refused: Refused) -> float:
        pause = pause_after(self._failures, random.random())  # noqa: S311  # not a secret
        self._failures += 1
        self._failure = refused.problems[0].what
        for problem in refused.problems:
            around.voice.problem(problem)
        around.voice.warning(f"the certificate stays as it is; tried again in {_shown(pause)}, or at `porch reload`")
        return pause

    async def _switch(self) -> None:
        """Take up what lies beside; where nginx does not take it, the files are again as they were."""
        handed = [Path(source) for source, _ in self._around().launch.handed]
        before = {path: path.read_text() for path in handed}
        for path in handed:
            Path(f"{path}{NEXT}").replace(path)
        try:
            await self._front.renew()
        except Refused:
            for path, text in before.items():
                path.write_text(text)
            raise


def pause_after(failures: int, chance: float) -> float:
    """Seconds until the next try, after so many failures before this one; `chance`, from 0 to 1, spreads them."""
    return min(FIRST * 2.0 ** min(failures, 20), LONGEST) * (0.9 + 0.2 * chance)


def _shown(seconds: float) -> str:
    return counted(seconds / 60, "minute") if seconds < 5400 else counted(seconds / 3600, "hour")
