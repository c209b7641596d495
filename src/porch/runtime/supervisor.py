"""Brings one instance up, keeps it up, and takes it down in order.

Rule: the order is the promise. Up: prestart, the app until it is healthy, nginx; ready is said when the first request
would succeed. Down: readiness first, then nginx, which finishes what it has accepted, then the app, idle by then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from porch.errors import Exit, Problem, Refused, counted
from porch.runtime import folder, listen, prestart, procfs, status
from porch.runtime.apps import Apps
from porch.runtime.control import Answer, Control, Request
from porch.runtime.extras import Extras
from porch.runtime.failures import Failures
from porch.runtime.front import Front
from porch.runtime.identity import identity
from porch.runtime.keep import Keeping, Kept
from porch.runtime.launch import Launch
from porch.runtime.logs import Logs
from porch.runtime.maintenance import Maintenance
from porch.runtime.notify import Notify
from porch.runtime.process import Child, Reaper, adopt_orphans
from porch.runtime.recycle import Recycling
from porch.runtime.reload import Reload
from porch.runtime.reloads import Reloads
from porch.runtime.renewal import Renewal
from porch.runtime.say import Voice
from porch.runtime.signals import TOLD
from porch.runtime.stuck import Watch
from porch.runtime.together import together
from porch.runtime.unit import Surroundings, Unit, exhausted, stop_signal
from porch.runtime.writer import Writer

_QUICK = (1.0, 2.0)
"""Seconds for nginx, and for all, when there is no request to finish."""


class Supervisor:
    """One instance."""

    def __init__(self, launch: Launch, voice: Voice, output: Writer, notify: Notify, *, colour: bool) -> None:
        self._launch = launch
        self._voice = voice
        self._output = output
        self._reaper = Reaper()
        self._failures = Failures()
        self._logs = Logs(launch.log_format, output, colour=colour)
        self._around = Surroundings(launch, identity(launch.user), self._reaper, self._logs, voice, self._failures)
        self._apps = Apps(self._around, launch.generation)
        self._front = Front(self._around)
        units: tuple[Unit, ...] = (*self._apps.parts, self._front)
        self._keeping = Keeping(Kept(unit, voice, self._failures, gives_up=launch.container) for unit in units)
        self._reloads = Reloads(self._new_reload, lambda: self._apps.number, self._reloading)
        self._certificate = Renewal(lambda: self._around, self._front)
        self._extras = Extras()
        self._renewals: set[asyncio.Future[None]] = set()
        self._notify = notify
        self._stop_asked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._over = asyncio.Event()
        self._was_ready = False
        self._born = time.monotonic()
        self._maintenance = Maintenance(launch.maintenance, self._around.owner)
        self._control = Control(
            {
                "status": self._answer_status,
                "stop": self._answer_stop,
                "logs": self._answer_logs,
                "reload": self._answer_reload,
                "maintenance": self._maintenance.answer,
            }
        )

    async def run(self) -> int:
        """Live until told to stop, or until there is no hope; returns the exit code."""
        self._listen_to_signals()
        adopt_orphans()
        await self._control.start(self._launch.folder)
        problems: tuple[Problem, ...] = ()
        watching = asyncio.ensure_future(self._notify.watch())
        patience = _QUICK
        code = int(Exit.DONE)
        try:
            given_up = await self._until_told_to_stop()
            # Beside a lost process the app is well, and has requests in work.
            if given_up is None or self._extras.lost:
                patience = (self._launch.stop_timeout, self._launch.kill_timeout)
            code = given_up or code
        except Refused as refused:
            code, problems = int(refused.exit), tuple(refused.problems)
        except OSError as error:
            code, problems = int(Exit.MACHINE), tuple(exhausted("the instance", error).problems)
        finally:
            await self._take_down(*patience, told=code == int(Exit.DONE))
            watching.cancel()
        # Only now, so that the app's last words stand above it.
        for problem in problems:
            self._voice.problem(problem)
        return code

    async def _until_told_to_stop(self) -> int | None:
        """None when told to; else the code of what could not be kept up."""
        living = asyncio.ensure_future(self._live())
        asked = asyncio.ensure_future(self._stop_asked.wait())
        await asyncio.wait((living, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if living.done():
            return living.result()
        living.cancel()
        with suppress(asyncio.CancelledError, Refused):
            await living
        return None

    async def _live(self) -> int:
        await prestart.run(self._around)
        for step in (self._start_app, self._start_front, self._say_ready):
            await step()
        self._extras.start(self._around)
        keeping = [asyncio.ensure_future(each.keep()) for each in (self._keeping, self._extras)]
        looking = [asyncio.ensure_future(each.keep()) for each in self._lookouts()]
        try:
            done, _ = await asyncio.wait(keeping, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for each in (*keeping, *looking):
                each.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    def _lookouts(self) -> tuple[Watch, Recycling, Renewal]:
        return (
            Watch(lambda: (*self._apps.parts, self._front), self._voice, self._failures),
            Recycling(lambda: self._apps.parts, self._reloads.ask, self._voice),
            self._certificate,
        )

    async def _start_app(self) -> None:
        """nginx judges its configuration while the app starts; the first that fails ends both."""
        async with together(self._apps.start(), self._front.check()) as both:
            await asyncio.gather(*both)

    async def _start_front(self) -> None:
        """An app that ends meanwhile is why nginx would be asked in vain, for as long as a start may take."""
        async with together(self._front.start(), self._unless_lost()) as (starting, lost):
            await asyncio.wait((starting, lost), return_when=asyncio.FIRST_COMPLETED)
            await (starting if starting.done() else lost)

    async def _unless_lost(self) -> None:
        raise await self._apps.lost()

    async def _say_ready(self) -> None:
        self._was_ready = True
        self._reloads.open()
        self._voice.info(f"ready {self._launch.url}", url=self._launch.url)
        self._notify.ready(f"ready {self._launch.url}")

    def _reloading(self, *, over: bool) -> None:
        if over:
            last = self._reloads.last
            self._notify.ready(f"ready {self._launch.url}" if last is None or last.ok else f"ready; {last.what}")
        else:
            self._notify.reloading()

    def _new_reload(self) -> Reload:
        return Reload(self._around, self._front, self._apps, self._adopt)

    def _adopt(self, apps: Apps, launch: Launch) -> None:
        """The next generation is in service: it is kept alive from now on, and the old one is not."""
        kept = [Kept(part, self._voice, self._failures, gives_up=launch.container) for part in apps.parts]
        self._keeping.replace(self._apps.parts, kept)
        self._apps, self._launch = apps, launch
        self._around = replace(self._around, launch=launch)
        self._front.use(launch)
        self._certificate.at_once()
        renewal = asyncio.ensure_future(self._extras.renew(self._around))
        self._renewals.add(renewal)
        renewal.add_done_callback(self._renewals.discard)

    async def _take_down(self, stop_timeout: float, kill_timeout: float, *, told: bool) -> None:
        self._stop_asked.set()
        self._notify.stopping()
        self._refuse_readiness()
        await self._reloads.close()
        if told and self._was_ready:
            await self._drain_delay()
        now = time.monotonic()
        for apps in (self._apps, *self._reloads.leaving):
            apps.end_endless()
        self._stop_listening()
        for renewal in self._renewals:
            renewal.cancel()
        extras = asyncio.ensure_future(self._extras.stop(stop_timeout))
        await self._end((self._front.child,), signal.SIGQUIT, now + stop_timeout)
        await extras
        # A WebSocket keeps nginx past its time: the app ends it in order, through the nginx that is still there.
        waking = asyncio.ensure_future(self._apps.wake())
        await self._end(self._apps.children, stop_signal(self._launch.app), now + kill_timeout)
        waking.cancel()
        await self._end(self._reaper.children, signal.SIGTERM, now + kill_timeout)
        await self._kill_what_is_left()
        await self._logs.ended(0.5)
        self._remove_files()
        lost = self._output.close(2.0)
        if lost:
            lines = counted(lost, "log line was", "log lines were")
            self._voice.warning(f"{lines} never written: nobody reads standard output", lines=lost)
        self._over.set()
        await self._control.finish(1.0)

    async def _drain_delay(self) -> None:
        """A load balancer that asks for readiness sends no more once it has heard of the stop."""
        if self._launch.drain_delay:
            self._voice.info(f"stopping in {self._launch.drain_delay:g} s; readiness is refused")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._launch.drain_delay)

    def _refuse_readiness(self) -> None:
        with suppress(OSError):
            os.close(os.open(self._launch.draining, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644))
            if self._around.owner is not None:
                os.chown(self._launch.draining, *self._around.owner, follow_symlinks=False)

    def _stop_listening(self) -> None:
        """Else clients would wait in queues that nobody empties, when nginx is gone."""
        for descriptor in self._launch.sockets:
            os.close(descriptor)

    async def _end(self, children: Iterable[Child | None], number: signal.Signals, deadline: float) -> None:
        """Signal all of them, and wait until they are gone, the time is up, or someone is in a hurry."""
        hurry = asyncio.ensure_future(self._hurry.wait())
        told = [child for child in children if child is not None]
        for child in told:
            child.signal(number)
        for child in told:
            patience = max(0.0, deadline - time.monotonic())
            await asyncio.wait((child.exited, hurry), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()

    async def _kill_what_is_left(self) -> None:
        for child in self._reaper.children:
            child.kill_group()
        # Those that went into a session of their own; only our own descendants, we are their subreaper.
        for stray in procfs.descendants(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(stray.pid, signal.SIGKILL)
        exits = [child.exited for child in self._reaper.children]
        if exits:
            await asyncio.wait(exits, timeout=2)

    def _remove_files(self) -> None:
        # A file that cannot be removed must not keep the stop from ending well; the next start clears it.
        with suppress(OSError):
            for address in map(listen.parse, self._launch.listen):
                if address.kind == "unix" and address.text not in self._launch.passed:
                    listen.remove_socket(address.host)
            Path(self._launch.report).unlink(missing_ok=True)
            folder.clear(self._launch.folder)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reaper.reap)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._reloads.ask)
        # Blocked since before this program began, so that none is lost.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
        self._reaper.reap()

    def _told_to_stop(self) -> None:
        if self._stop_asked.is_set():
            self._hurry.set()
        self._stop_asked.set()

    async def _answer_status(self, _: Request) -> AsyncIterator[Answer]:
        yield self._status()

    def _status(self) -> dict[str, Any]:
        kept = self._keeping.kept
        return {
            "state": status.overall(
                [each.unit.condition for each in kept],
                was_ready=self._was_ready,
                stopping=self._stop_asked.is_set(),
                reloading=self._reloads.under_way,
            ),
            "maintenance": self._maintenance.on,
            "generation": self._apps.number,
            "listen": list(self._launch.listen),
            "url": self._launch.url,
            "project": self._launch.project,
            "server": self._launch.server,
            "apps": [
                {"name": each.app.name, "prefix": each.prefix, "server": each.server} for each in self._launch.apps
            ],
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._born, 1),
            "processes": [
                *status.processes(kept),
                *status.extras(self._extras.kept),
                *status.generations(self._reloads.beside),
            ],
            "last_reload": self._reloads.shown(),
            "certificate": self._certificate.shown(),
            "last_failure": self._failures.shown(),
            "failures": self._failures.count,
            "requests": {"total": self._logs.requests, "errors": self._logs.errors},
            "dropped_lines": self._output.dropped,
        }

    async def _answer_stop(self, _: Request) -> AsyncIterator[Answer]:
        self._stop_asked.set()
        await self._over.wait()
        yield {"ok": True}

    async def _answer_logs(self, request: Request) -> AsyncIterator[Answer]:
        queue = self._logs.recent.follow()
        try:
            yield {"text": self._logs.recent.text}
            while request.get("follow"):
                yield {"text": (await queue.get()).decode(errors="replace")}
        finally:
            self._logs.recent.leave(queue)

    async def _answer_reload(self, _: Request) -> AsyncIterator[Answer]:
        yield await self._reloads.answer()
