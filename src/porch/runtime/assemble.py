"""From the Plan to what the supervisor is told: programs, paths and seconds.

Rule: runs in the command's process only; the resident process reads the result and imports nothing of this.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from porch import servers, worker
from porch.plan import Plan
from porch.plan.apps import apps
from porch.runtime import certificate
from porch.runtime.folder import LAUNCH
from porch.runtime.launch import Extra, Launch, Mounted, Program, Recycle
from porch.syntax.file import File

WATCHED = 3.0
"""Seconds that open WebSockets and streams stay with the code of before, where a person waits to see the new."""
LOCK = "PORCH_LOCK"
"""What `porch_worker.lock` reads: a URL among the words could be seen by every user of the machine."""


def launch(plan: Plan, words: Iterable[str] = ()) -> Launch:
    """Everything but the lock and the sockets, which `start` fills in; `words` are those typed after `run`."""
    run = plan.run
    return replace(
        _up_and_down(plan),
        processes=_processes(plan),
        drain_delay=run.drain_delay.value,
        replan=_replan(f"{run.folder.value}/{LAUNCH}", words),
        stuck_after=_stuck_after(apps(plan)[0]),
        recycle=_recycle(plan),
        elastic=plan.server.min_workers.value > 0,
        handed=certificate.handed(plan),
        handed_for_good=plan.renews_by_file,
        certify=certificate.program(plan),
        writable=(run.nginx,),
        mounts=tuple(_mounted(each) for each in apps(plan)[1:]),
    )


def _mounted(plan: Plan) -> Mounted:
    return Mounted(
        prefix=plan.app.mount.value,
        server=plan.server.name.value,
        workers=plan.server.workers.value,
        app=_app(plan),
        socket=plan.run.socket,
        upstream=plan.run.upstream,
        protocol=plan.server.protocol,
        report=servers.report(plan),
        stuck_after=_stuck_after(plan),
        recycle=_recycle(plan),
        elastic=plan.server.min_workers.value > 0,
    )


def _recycle(plan: Plan) -> Recycle:
    return Recycle(plan.server.recycle_requests.value, plan.server.recycle_memory.value)


def _up_and_down(plan: Plan) -> Launch:
    """What it takes to start and to stop."""
    run, limits = plan.run, plan.limits
    return Launch(
        project=plan.app.folder,
        folder=run.folder.value,
        generation=run.generation,
        server=plan.server.name.value,
        workers=plan.server.workers.value,
        user=run.user.value,
        listen=(*plan.http.listen.value, *plan.tls.redirect.value),
        sockets=(),
        passed=plan.http.passed,
        lock=-1,
        url=url(plan),
        prestart=_prestart(plan),
        app=_app(plan),
        nginx=_nginx(plan),
        nginx_check=(*_nginx(plan).argv, "-t", "-q"),
        socket=run.socket,
        upstream=run.upstream,
        protocol=plan.server.protocol,
        host=plan.http.probed,
        report=servers.report(plan),
        draining=run.draining,
        maintenance=run.maintenance if plan.files.maintenance.value else "",
        start_timeout=limits.start.value,
        graceful_timeout=WATCHED if run.watch.value else limits.graceful.value,
        stop_timeout=limits.stop.value,
        kill_timeout=limits.kill.value,
        log_format="json" if plan.log.format.value == "json" else "text",
        container=run.container,
        prestart_on_reload=plan.app.prestart_on_reload.value,
        prestart_words=plan.app.prestart.value,
    )


def _stuck_after(plan: Plan) -> float:
    """After nginx has answered 504 for the longest request that any path allows."""
    return max([plan.limits.read.value, *(each.read or 0 for each in plan.paths.value)]) + 1.0


def files(plan: Plan, nginx: Iterable[File]) -> Mapping[str, File]:
    """Absolute path -> file: nginx's and the certificate in the run folder, each app server's in its generation's."""
    found = {f"{plan.run.folder.value}/{file.path}": file for file in nginx}
    for each in apps(plan):
        own = servers.by_name(each.server.name.value).files(each)
        found |= {f"{each.run.home}/{file.path}": file for file in own}
    return found | dict(certificate.files(plan))


def url(plan: Plan) -> str:
    """Where a person reaches the site from this machine."""
    address = plan.http.listen.value[0]
    if address.startswith("unix:"):
        return address
    host, _, port = address.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  # compared, not bound
    scheme, usual = ("https", "443") if plan.tls.on else ("http", "80")
    if plan.tls.on and plan.http.domains.value:
        # By another name the handshake is refused.
        host = plan.http.probed
    return f"{scheme}://{host}" + ("" if port == usual else f":{port}")


def _app(plan: Plan) -> Program:
    server = servers.by_name(plan.server.name.value)
    # In the log, a further app is told from the main one by its prefix: `app/api`.
    name = f"app{plan.app.mount.value}" if plan.run.mount else "app"
    variables = (*plan.app.environment, *servers.environment(plan).items(), _path(plan))
    return Program(name, server.argv(plan), plan.app.folder, variables, drops=server.drops, dozes=server.dozes)


def _path(plan: Plan) -> tuple[str, str]:
    """The programs of the app's interpreter come first, as in an activated virtual environment."""
    own = str(Path(plan.app.python.value).parent)
    return "PATH", os.pathsep.join((own, os.environ.get("PATH", os.defpath)))


def _nginx(plan: Plan) -> Program:
    folder = plan.run.folder.value
    words = (plan.nginx.binary.value, "-e", "stderr", "-p", folder, "-c", f"{folder}/nginx.conf")
    # Its times in JSON are in UTC, as those of all other lines are; a person reads the time of the machine.
    zone = (("TZ", "UTC"),) if plan.log.format.value == "json" else ()
    return Program("nginx", words, folder, zone, stop_signal="QUIT")


def _replan(live: str, words: Iterable[str]) -> Program:
    # Where the words were typed, as it was named: a release that is switched by a link is followed to the new one.
    named = os.environ.get("PWD", "")
    here = named if named and Path(named).is_dir() and Path(named).samefile(".") else str(Path.cwd())
    python = (sys.executable, "-P", "-W", "ignore", "-m", "porch.cli.replan")
    return Program("replan", (*python, live, *words), here)


def _watch(plan: Plan) -> tuple[Extra, ...]:
    """Not as the app's user, who may not ask for a reload."""
    if not plan.run.watch.value:
        return ()
    folder = plan.app.folder
    # A further app may lie elsewhere.
    others = {each.app.folder for each in plan.mounts.value if not Path(each.app.folder).is_relative_to(folder)}
    watch = (plan.run.folder.value, folder, *sorted(others))
    words = (sys.executable, "-P", "-W", "ignore", "-m", "porch.cli.watch", *watch)
    return (Extra(Program("watch", words, folder), essential=False, restart="always", as_user=False),)


def _processes(plan: Plan) -> tuple[Extra, ...]:
    return _watch(plan) + tuple(
        Extra(
            Program(each.name, each.command, plan.app.folder, (*each.environment, _path(plan)), each.stop_signal),
            essential=each.essential,
            restart=each.restart,
        )
        for each in plan.processes.value
    )


def _prestart(plan: Plan) -> Program | None:
    words, lock = plan.app.prestart.value, plan.app.prestart_lock.value
    if not words:
        return None
    if not lock:
        return Program("prestart", words, plan.app.folder, (_path(plan),))
    # By the app's interpreter, because it has the driver of the app's database.
    holder = (plan.app.python.value, "-P", f"{worker.PATH}/porch_worker/lock.py", "--", *words)
    return Program("prestart", holder, plan.app.folder, (_path(plan), (LOCK, lock)))
