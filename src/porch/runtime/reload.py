"""Brings the next generation into service before the old one goes, or leaves the old one as it was.

Rule: a reload goes through the table below and nowhere else. Until `switched` nothing that serves is touched; whatever
fails before it leaves no process and no file of the new generation.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import folder, prestart
from porch.runtime.apps import Apps
from porch.runtime.folder import NEXT
from porch.runtime.front import Front
from porch.runtime.launch import Launch
from porch.runtime.planning import Planned, planned
from porch.runtime.unit import Surroundings, exhausted

State = Literal["rendered", "checked", "started", "healthy", "switched", "drained", "done", "kept_old", "restored"]
Steps = Mapping[State, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One state: what is done in it, and where that leads."""

    does: str
    passed: State
    failed: State


TABLE: Mapping[State, Row] = {
    "rendered": Row("a child plans anew and writes beside the live files", "checked", "kept_old"),
    "checked": Row("nginx judges its configuration where that differs", "started", "kept_old"),
    "started": Row("the new generation, on a socket of its own", "healthy", "kept_old"),
    "healthy": Row("the app is asked until it answers", "switched", "kept_old"),
    "switched": Row("new requests go to the new generation", "drained", "restored"),
    "drained": Row("the old generation finishes what it has, and ends", "done", "done"),
}


async def follow(state: State, steps: Steps) -> tuple[State, Refused | None]:
    """Go through the table as far as there are steps; the state reached, and what was in the way."""
    refused: Refused | None = None
    while state in steps:
        row = TABLE[state]
        try:
            await steps[state]()
            state = row.passed
        except Refused as problem:
            state, refused = row.failed, problem
        except OSError as error:
            state, refused = row.failed, exhausted("the next generation", error)
    return state, refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a reload."""

    generation: int
    """In service now."""
    ok: bool
    what: str
    """One sentence."""
    at: str
    """UTC, ISO 8601."""
    problems: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()
    """The failed generation's last words."""
    drained: asyncio.Future[None] | None = None
    """Done when the old generation is gone."""

    def shown(self) -> dict[str, Any]:
        """For `status`."""
        return {
            "generation": self.generation,
            "ok": self.ok,
            "what": self.what,
            "at": self.at,
            "lines": list(self.lines),
        }


def kept_old(generation: int, refused: Refused, lines: tuple[str, ...] = ()) -> Outcome:
    """The old generation keeps serving, and why; who asked is shown the failed one's last lines."""
    kept = f"generation {generation} keeps serving"
    words = "\n".join(lines)
    told = [
        replace(each, fix=f"{each.fix.rstrip('.')}; {kept}" if each.fix else kept, detail=each.detail or words)
        for each in refused.problems
    ]
    return not_done(generation, *told, lines=lines)


def not_done(generation: int, *problems: Problem, lines: tuple[str, ...] = ()) -> Outcome:
    """There was no reload, and why."""
    told = tuple(replace(each, exit=Exit.RELOAD) for each in problems)
    return Outcome(generation, ok=False, what=told[0].what, at=now(), problems=told, lines=lines)


class Reload:
    """One attempt."""

    def __init__(self, around: Surroundings, front: Front, old: Apps, adopt: Callable[[Apps, Launch], None]) -> None:
        self.old = old
        self.new: Apps | None = None
        self._around = around
        self._front = front
        self._adopt = adopt
        self._planned: Planned | None = None
        self._before: dict[str, str] = {}
        self._began = time.monotonic()

    async def run(self) -> Outcome:
        """Go through the table up to the switch; the old generation drains while others may go on."""
        steps: Steps = {
            "rendered": self._render,
            "checked": self._check,
            "started": self._start,
            "healthy": self._prove,
            "switched": self._switch,
        }
        try:
            end, refused = await follow("rendered", steps)
        except asyncio.CancelledError:
            self._kill()
            raise
        except Exception:  # a fault of ours must not keep later reloads from their turn
            self._around.voice.fault(traceback.format_exc())
            what = "a fault of porch itself kept the new generation from service"
            end, refused = "restored", Refused(Problem(what, fix="see its own words in the log"))
        if refused is None:
            return self._served()
        if end == "restored":
            self._restore()
        await self._forget()
        for problem in refused.problems:
            self._around.voice.problem(problem)
        words = self.new.tail if self.new is not None else None
        self._around.failures.note("reload", refused.problems[0].what, words)
        self._around.voice.warning(f"no reload: generation {self.old.number} keeps serving")
        return kept_old(self.old.number, refused, self.new.tail.lines if self.new is not None else ())

    async def _render(self) -> None:
        self._planned = await planned(self._around)
        for warning in self._planned.warnings:
            self._around.voice.warning(warning)

    async def _check(self) -> None:
        front = self._next.front
        if front:
            await self._front.check({path: path + NEXT for path in front})

    async def _start(self) -> None:
        launch = self._next.launch
        around = replace(self._around, launch=launch)
        if launch.prestart_on_reload:
            await prestart.run(around)
        self.new = Apps(around, launch.generation)
        self.new.spawn()

    async def _prove(self) -> None:
        if self.new is not None:
            await self.new.prove()

    async def _switch(self) -> None:
        """nginx first: its old workers still reach the old generation until the link is switched."""
        if self.new is None:
            return
        self.new.lead()
        front = self._next.front
        for path in front:
            self._before[path] = Path(path).read_text()
            Path(path + NEXT).replace(path)
        if front:
            await self._front.reload()
        self.new.switch()
        launch = self._next.launch
        Path(self._next.path).replace(f"{launch.folder}/{folder.LAUNCH}")
        self._adopt(self.new, launch)

    @property
    def _next(self) -> Planned:
        if self._planned is None:
            raise RuntimeError("nothing is planned yet")
        return self._planned

    def _served(self) -> Outcome:
        # Whatever was broken is mended.
        Path(f"{self._next.launch.folder}/{folder.BROKEN}").unlink(missing_ok=True)
        number, took = self._next.launch.generation, time.monotonic() - self._began
        what = f"generation {number} serves, {took:.1f} s after it was asked for"
        self._around.voice.info(what, generation=number)
        return Outcome(number, ok=True, what=what, at=now(), drained=asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        _, refused = await follow("drained", {"drained": self.old.retire})
        for problem in refused.problems if refused is not None else ():
            self._around.voice.problem(problem)

    def _restore(self) -> None:
        """Everything that leads to the old generation, as it was."""
        with suppress(OSError):
            self.old.link()
            for path, text in self._before.items():
                file = Path(path).stat()
                folder.write(path, text, file.st_mode & 0o7777, (file.st_uid, file.st_gid))

    async def _forget(self) -> None:
        """Nothing of the new generation is left."""
        if self.new is not None:
            await self.new.discard()
        if self._planned is not None:
            for launch in self._planned.launch.apps:
                folder.remove_generation(str(Path(launch.socket).parent))
            for path in (self._planned.path, *(path + NEXT for path in self._planned.front)):
                Path(path).unlink(missing_ok=True)

    def _kill(self) -> None:
        if self.new is not None:
            self.new.kill()


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
