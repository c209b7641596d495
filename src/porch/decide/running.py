"""Where the instance lives, as whom it runs, what it logs.

Rule: started by root, the app runs unprivileged; where that cannot be, it is said with the fix.
"""

from __future__ import annotations

import re
from typing import Final, cast

from porch.decide.desk import Desk
from porch.errors import Exit
from porch.plan import LogPlan
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.run import Part, RunPlan
from porch.values import AUTO

ROOT = "root"
ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


def log(desk: Desk) -> LogPlan:
    """Format, level and whether requests are logged."""
    wanted, terminal = desk.settings.log, desk.facts.machine.terminal
    kind, why = wanted.format, AS_SET
    if kind == AUTO:
        kind, why = (
            ("text", "standard output is a terminal") if terminal else ("json", "standard output is no terminal")
        )
    return LogPlan(
        format=desk.chosen("log.format", kind, why),
        level=desk.chosen("log.level", wanted.level, "what the app server says of itself"),
        access=desk.chosen(
            "log.access", wanted.access, "a line for each request" if wanted.access else "no request lines"
        ),
    )


def run(desk: Desk) -> RunPlan:
    """Run folder and user."""
    wanted = desk.settings.run.dir
    if wanted == AUTO:
        folder = desk.chosen("run.dir", desk.facts.run_folder, "one for each project folder")
    else:
        folder = desk.chosen("run.dir", desk.path(wanted), AS_SET)
    # A unix socket's path has at most 107 bytes (unix(7)); the longest one here is `<folder>/app-NNNN/app.sock`.
    if len(folder.value.encode()) > 85:
        desk.refuse("run.dir", f"the run folder's path is too long for sockets: {folder.value}", "choose a shorter one")
    delay = desk.settings.run.drain_delay
    why = "readiness is refused so long before a stop begins" if delay else "a stop begins at once"
    return RunPlan(
        folder=folder,
        user=user(desk),
        root=desk.facts.machine.root,
        container=desk.facts.machine.container,
        watch=_watch(desk),
        drain_delay=desk.chosen("run.drain_delay", delay, why),
        part=_part(desk),
        address=_address(desk),
    )


def _part(desk: Desk) -> Chosen[Part]:
    key, wanted = "run.part", cast("Part", desk.settings.run.part)
    if wanted != "all" and desk.settings.run.watch:
        fix = "leave run.watch out; `docker compose watch` starts a changed app again"
        desk.refuse("run.watch", "a part of the stack cannot be reloaded, only the whole of it", fix)
    why = {"all": "nginx, the app server, and porch over both", "app": "the app server alone", "nginx": "nginx alone"}
    return desk.chosen(key, wanted, why[wanted])


def _address(desk: Desk) -> Chosen[str]:
    key, wanted = "run.address", desk.settings.run.address
    if not ADDRESS.fullmatch(wanted) or not 0 < int(wanted.rpartition(":")[2]) < 65536:
        desk.refuse(key, f'"{wanted}" is no HOST:PORT', "for example app:8000, 127.0.0.1:8000 or [::1]:8000")
    return desk.chosen(key, wanted, "nginx finds the app server there")


def _watch(desk: Desk) -> Chosen[bool]:
    key, wanted = "run.watch", desk.settings.run.watch
    if wanted and not desk.facts.machine.can_watch:
        fix = "pip install 'porch[watch]', beside porch itself"
        desk.refuse(key, "watching for changes needs the package watchfiles, which is not installed", fix, Exit.MACHINE)
    return desk.chosen(key, wanted, "a change of code is a reload" if wanted else "only a request is a reload")


def user(desk: Desk) -> Chosen[str]:
    """Whom the app runs as; empty for the caller."""
    key, wanted, facts = "run.user", desk.settings.run.user, desk.facts
    if not facts.machine.root:
        if wanted not in {AUTO, facts.home_user}:
            fix = f"start porch as root, or leave the setting out to run as {facts.home_user}"
            desk.refuse(key, f"only root can run the app as {wanted}", fix, Exit.MACHINE)
        return desk.chosen(key, "", f"{facts.home_user}, who started porch")
    if wanted == ROOT:
        return desk.chosen(key, "", "as root, as set")
    return _unprivileged(desk) if wanted == AUTO else _named(desk, wanted)


def _named(desk: Desk, wanted: str) -> Chosen[str]:
    key = "run.user"
    if wanted not in desk.facts.barred:
        desk.refuse(
            key,
            f'there is no user "{wanted}" on this machine',
            f"create it, or use {' or '.join(desk.facts.users) or ROOT}",
        )
    elif desk.facts.barred[wanted]:
        bar = desk.facts.barred[wanted]
        fix = f"chmod o+rx {bar}, or install the interpreter and the app where {wanted} can read them, or --user root"
        desk.refuse(key, f"{wanted} cannot read {bar}, which the app needs", fix, Exit.MACHINE)
    return desk.chosen(key, wanted, AS_SET)


def _unprivileged(desk: Desk) -> Chosen[str]:
    key, facts = "run.user", desk.facts
    for name in facts.users:
        if not facts.barred[name]:
            return desk.chosen(key, name, "started by root, so the app runs unprivileged")
    bars = [f"{name} cannot read {facts.barred[name]}" for name in facts.users]
    why = bars[0] if bars else "the machine has neither www-data nor nobody"
    desk.warnings.append(
        f"the app runs as root, because {why}; "
        f"fix: install the interpreter and the app where an unprivileged user can read them (not below /root), "
        f"or name a user with --user, or --user root to say that root is meant"
    )
    return desk.chosen(key, "", f"as root: {why}")
