"""nginx: judged, started on the sockets that the supervisor holds, and asked until it answers.

Rule: nginx inherits its listening sockets through its own mechanism (the variable NGINX, as in a change of binary), so
it needs no right to bind them, and a dead nginx loses no connection that waits in their queues.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.runtime import folder, listen, probe, procfs
from porch.runtime.census import Census
from porch.runtime.launch import Launch
from porch.runtime.logs import Tail
from porch.runtime.process import Child, ending
from porch.runtime.unit import Condition, Ended, Surroundings

RELOAD_WITHIN = 10.0


class Front:
    """The nginx master and its workers."""

    name = "nginx"

    def __init__(self, around: Surroundings) -> None:
        self.child: Child | None = None
        self.condition: Condition = "waiting"
        self.census = Census()
        self.tail = Tail()
        self.home, self.stuck_after, self.elastic = "", 0.0, False
        self._around = around
        self._launch = around.launch
        self._turn = asyncio.Lock()
        self._inherit = {"NGINX": "".join(f"{descriptor};" for descriptor in around.launch.sockets)}

    def use(self, launch: Launch) -> None:
        """From now on, start it as this one says; the sockets stay."""
        self._launch = launch

    async def check(self, moved: Mapping[str, str] | None = None) -> None:
        """Let nginx judge its configuration, or the files beside it that are to come; Refused with its own words."""
        words: list[bytes] = []
        argv = tuple((moved or {}).get(word, word) for word in self._launch.nginx_check)
        program = replace(self._launch.nginx, argv=argv)
        async with self._handed():
            # With the sockets too: to judge, nginx binds what it has not inherited.
            collected = self._around.logs.collect(words.append, self._around.owner)
            child = self._around.start_into(program, (collected,), self._inherit, self._launch.sockets)
            try:
                code = await child.wait()
            except asyncio.CancelledError:
                child.kill_group()
                raise
        if code:
            # Its words come with the next turn of the loop.
            await asyncio.sleep(0.05)
            what = f"nginx refuses its configuration ({' '.join(program.argv)} {ending(code)})"
            fix = "nginx names the file and line above; settings that add words of your own to it are the usual cause"
            detail = b"".join(words).decode(errors="replace")
            raise Refused(Problem(what, where=program.folder, fix=fix, detail=detail, exit=Exit.MACHINE))

    async def start(self) -> None:
        """Start it, and return when the first request would succeed; when it was up before, when nginx answers.

        An app that is ill is not nginx's fault: static files and the pages for errors are served meanwhile.
        """
        async with self._handed():
            await self._start()

    async def _start(self) -> None:
        path = probe.READY if self.child is None else probe.LIVE
        self.condition = "starting"
        self.tail = Tail()
        self.child = self._around.start(self._launch.nginx, self._inherit, self._launch.sockets, self.tail)
        address = listen.parse(self._launch.listen[0])
        question = probe.Probe(address, "http", self._launch.host, tls=self._launch.tls, path=path)
        answering = asyncio.ensure_future(probe.until_ready(question))
        dying = asyncio.ensure_future(self.child.wait())
        try:
            timeout = self._launch.start_timeout
            await asyncio.wait((answering, dying), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            dying.cancel()
        if not answering.done() or answering.cancelled():
            self.child.kill_group()
            await asyncio.wait((self.child.exited,), timeout=1)
            self.condition = "down"
            raise self._failed(dying)
        self.condition = "healthy"

    async def renew(self) -> None:
        """Have nginx serve what it is handed now: by a reload, or by the files alone where a reload costs requests."""
        if not self._launch.handed_for_good:
            await self.reload()
            return
        async with self._handed():
            return

    async def reload(self) -> None:
        """Have nginx read its configuration anew; return when only its new workers take connections.

        A dead nginx is left to be started again, with the new configuration then.
        """
        if self.child is None or self.child.exited.done() or self.condition != "healthy":
            return
        async with self._handed():
            await self._reload(self.child)

    async def _reload(self, child: Child) -> None:
        before = {worker.pid for worker in procfs.children(child.pid)}
        child.signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_WITHIN
        while time.monotonic() < deadline:
            now = {worker.pid for worker in procfs.children(child.pid)}
            if now - before and all(_leaving(pid) for pid in before & now):
                return
            await asyncio.sleep(0.02)
        fix = "its own words are in the lines above that begin with `nginx:`"
        what = f"nginx did not take its new configuration within {RELOAD_WITHIN:g} s"
        raise Refused(Problem(what, where=self._launch.nginx.folder, fix=fix, exit=Exit.MACHINE))

    @asynccontextmanager
    async def _handed(self) -> AsyncGenerator[None]:
        """What is the supervisor's alone, where nginx finds it while it reads: the app may be the same user."""
        async with self._turn:
            try:
                for source, place in self._launch.handed:
                    folder.write(place, Path(source).read_text(), 0o400, self._around.owner)
                yield
            finally:
                for _, place in () if self._launch.handed_for_good else self._launch.handed:
                    Path(place).unlink(missing_ok=True)

    def _failed(self, dying: asyncio.Future[int]) -> Refused:
        address = self._launch.listen[0]
        fix = "its own words are in the lines above that begin with `nginx:`"
        if dying.done() and not dying.cancelled():
            what = f"nginx {ending(dying.result())} at its start"
            return Ended(Problem(what, where=address, fix=fix, exit=Exit.MACHINE))
        what = f"nginx did not answer on {address} within {self._launch.start_timeout:g} s"
        return Refused(Problem(what, where=address, fix=fix, exit=Exit.MACHINE))


def _leaving(pid: int) -> bool:
    """Whether an nginx worker only finishes what it has; it says so in its title (`ngx_setproctitle`)."""
    return "shutting down" in procfs.command(pid)
