"""One running set of app-server processes, on a socket of its own.

Rule: a generation goes through the states of the table below in their order; only a healthy one is switched to, so what
nginx connects to has always answered before. A reload is a second generation beside the first.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from porch.errors import Exit, Problem, Refused
from porch.runtime import drain, folder, listen, probe, procfs, pulse
from porch.runtime.census import Census
from porch.runtime.logs import Tail
from porch.runtime.process import Child, ending
from porch.runtime.shortage import Toll
from porch.runtime.unit import Condition, Ended, Surroundings, stop_signal

State = Literal["rendered", "started", "healthy", "switched", "drained"]
NEXT: dict[State, tuple[State, ...]] = {
    "rendered": ("started",),
    "started": ("healthy", "started", "drained"),
    "healthy": ("switched", "started", "drained"),
    "switched": ("started", "drained"),
    "drained": (),
}
"""From a state to those that may follow; `started` again after a death."""

_REPORT_PAUSE = 0.05
_COUNT_PAUSE = 0.1
_WAKE_PAUSE = 0.05
_STACK_PAUSE = 0.05
LAST_WORDS = 0.3
"""Seconds to write a stack in, of an app that does not come up."""
ENDING = 2.0
"""Seconds for what has no end of its own to be ended in order."""
DEATHS = 3
"""Of each worker, before it has ever answered."""


class Generation:
    """The server of one app and its workers."""

    def __init__(self, around: Surroundings, number: int) -> None:
        self.name = around.launch.app.name
        self.number = number
        self.child: Child | None = None
        self.condition: Condition = "waiting"
        self.census = Census()
        self.home, self.stuck_after = str(Path(around.launch.socket).parent), around.launch.stuck_after
        self.recycle, self.elastic = around.launch.recycle, around.launch.elastic
        self.state: State = "rendered"
        self.tail = Tail()
        self.upstream = around.launch.upstream
        self._around = around
        self._launch = around.launch
        self._toll = Toll()

    def become(self, state: State) -> None:
        """Go on to a state that may follow."""
        if state not in NEXT[self.state]:
            raise RuntimeError(f"generation {self.number}: {state} cannot follow {self.state}")
        self.state = state

    async def start(self) -> None:
        """Start it, and return when the app answers that it is ready."""
        await self.prove(self.spawn())
        self.switch()

    def spawn(self) -> Child:
        """Start its processes."""
        self.condition = "starting"
        self.become("started")
        self.tail = Tail()
        self._toll = Toll()
        Path(self._launch.report).unlink(missing_ok=True)
        listen.clear_stale(self._launch.socket)
        self.child = self._around.start(self._launch.app, tail=self.tail)
        return self.child

    async def prove(self, child: Child) -> None:
        """Return when the app answers that it is ready; Refused, with nothing left running, when it does not."""
        try:
            await self._until_healthy(child)
        except (Refused, OSError):
            await self._abandon(child)
            raise
        self.become("healthy")

    async def lost(self) -> Refused:
        """Return when it has ended by itself: why."""
        code = await self.child.wait() if self.child is not None else int(Exit.FAULT)
        report = _read_report(self._launch.report)
        return Refused(report) if report is not None else Ended(self._died(code))

    def switch(self) -> None:
        """From here on, new requests go to this generation."""
        self.link()
        self.become("switched")
        self.condition = "healthy"

    def link(self) -> None:
        """Lead nginx to this generation's socket."""
        folder.link(self.upstream, self._launch.socket)

    async def retire(self) -> None:
        """Let it finish what it has, end it, and remove what it leaves."""
        self.become("drained")
        launch = self._launch
        if self.child is not None and not self.child.exited.done():
            if not await drain.until_left(launch.socket, launch.graceful_timeout):
                self.end_endless()
                await drain.until_left(launch.socket, ENDING)
            self.child.signal(stop_signal(launch.app))
            await asyncio.wait((self.child.exited,), timeout=launch.kill_timeout - launch.stop_timeout)
        await self.discard()

    def end_endless(self) -> None:
        """Have WebSockets closed and streams of events ended, which would go on for ever."""
        folder.mark_ending(self.home)

    async def wake(self) -> None:
        """Signal a master that was told to stop once its workers are gone, where it would notice that later.

        Measured: uWSGI's, after its last worker, sleeps for one second before it ends.
        """
        while self._launch.app.dozes and self.child is not None and not self.child.exited.done():
            if not procfs.workers(self.child.pid):
                self.child.signal(stop_signal(self._launch.app))
            await asyncio.sleep(_WAKE_PAUSE)

    async def discard(self) -> None:
        """Nothing of it is left: no process, no socket, no folder."""
        if self.child is not None:
            self.child.kill_group()
            await asyncio.wait((self.child.exited,), timeout=1)
        folder.remove_generation(str(Path(self._launch.socket).parent))

    async def _until_healthy(self, child: Child) -> None:
        launch = self._launch
        address = listen.parse(f"unix:{launch.socket}")
        question = probe.Probe(address, launch.protocol, launch.host)
        answering = asyncio.ensure_future(probe.until_ready(question))
        reported = asyncio.ensure_future(_reported(launch.report))
        dying = asyncio.ensure_future(child.wait())
        dwindling = asyncio.ensure_future(_dwindling(child.pid, DEATHS * max(2, launch.workers)))
        waits = (answering, reported, dying, dwindling)
        try:
            await asyncio.wait(waits, timeout=launch.start_timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        # The report tells most, so it comes first: a server whose worker cannot load the app exits too.
        if reported.done() and not reported.cancelled():
            raise Refused(reported.result())
        report = _read_report(launch.report)
        if report is not None:
            raise Refused(report)
        if dying.done() and not dying.cancelled():
            raise Ended(self._died(dying.result()))
        if dwindling.done() and not dwindling.cancelled():
            raise Refused(self._keeps_dying(dwindling.result()))
        if not answering.done() or answering.cancelled():
            if not question.why:
                await _ask_for_stacks(child)
            raise Refused(self._never_answered(question.why))

    async def _abandon(self, child: Child) -> None:
        """A second for its last words; then it and its workers are killed."""
        # Most masters end by themselves when a worker cannot load the app; gunicorn's, told to meanwhile, complains.
        await asyncio.wait((child.exited,), timeout=0.3)
        child.signal(stop_signal(self._launch.app))
        await asyncio.wait((child.exited,), timeout=1)
        child.kill_group()
        await asyncio.wait((child.exited,), timeout=1)
        self.condition = "down"

    @property
    def _server(self) -> str:
        """`gunicorn`, or `uvicorn at /api`."""
        prefix = self._launch.prefix
        return f"{self._launch.server} at {prefix}" if prefix else self._launch.server

    def _died(self, code: int) -> Problem:
        what = f"the app server ({self._server}) {ending(code)} before the app was ready"
        fix = f"its own words are in the lines above that begin with `{self.name}:`"
        return self._problem(what, fix)

    def _keeps_dying(self, deaths: int) -> Problem:
        what = f"the workers of the app server ({self._server}) die before the app is ready: {deaths} until now"
        named = f"its lines that begin with `{self.name}:` name the signal"
        return self._problem(what, f"{named}; a library that crashes at import is the usual cause")

    def _problem(self, what: str, fix: str) -> Problem:
        """Of processes that die: the kernel's own count is asked first, as those it ends can say nothing."""
        why = self._toll.why
        more = "allow more memory, or run fewer workers; at a reload two releases are there at once"
        whole, fix = (f"{what}: {why}", more) if why else (what, fix)
        return Problem(whole, where=self._launch.app.folder, fix=fix, exit=Exit.APP)

    def _never_answered(self, why: str) -> Problem:
        whose = f"the app at {self._launch.prefix}" if self._launch.prefix else "the app"
        what = f"{whose} was not ready within {self._launch.start_timeout:g} s{': ' if why else ''}{why}"
        fix = "look at its lines above; if it only needs longer to start, allow it more time"
        if not why:  # nothing has answered: its import may never end
            guard = 'put that under `if __name__ == "__main__":`'
            fix += f"; a module that runs a server when it is imported never ends: {guard}"
        return Problem(what, where=self._launch.app.folder, fix=fix, exit=Exit.APP)


async def _ask_for_stacks(child: Child) -> None:
    """Where an import hangs is seen in the log, and by who asked for the reload: those that load the app write it."""
    asked = [
        pid
        for pid in (child.pid, *(found.pid for found in procfs.workers(child.pid)))
        if procfs.catches(pid, pulse.STACKS)
    ]
    for pid in asked:
        with suppress(OSError):
            os.kill(pid, pulse.STACKS)
        # A stack is written word by word: two at once would be one in the other.
        await asyncio.sleep(_STACK_PAUSE)
    await asyncio.sleep(LAST_WORDS if asked else 0)


async def _dwindling(master: int, most: int) -> int:
    """Return when so many workers have died; masters start them again for ever, as fast as they can."""
    seen: set[int] = set()
    while True:
        now = {found.pid for found in procfs.children(master)}
        seen |= now
        if len(seen - now) >= most:
            return len(seen - now)
        await asyncio.sleep(_COUNT_PAUSE)


async def _reported(path: str) -> Problem:
    while (problem := _read_report(path)) is None:
        await asyncio.sleep(_REPORT_PAUSE)
    return problem


def _read_report(path: str) -> Problem | None:
    """What a worker says that cannot load the app; None while there is nothing, or only half of it."""
    with suppress(OSError, ValueError):
        report = json.loads(Path(path).read_text(errors="replace"))
        return Problem(
            str(report["what"]),
            where=str(report.get("where", "")),
            fix=str(report.get("fix", "")),
            detail=str(report.get("traceback", "")),
            exit=Exit.APP,
        )
    return None
