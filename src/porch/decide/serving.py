"""Which app server runs the app, with how many processes and threads, and why.

Rule: a number comes from the limits that bind this process, never from the host; what the user said wins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath as Path
from typing import Any, cast

from porch import servers
from porch.decide.desk import Desk
from porch.errors import Exit
from porch.facts import MIB, Facts
from porch.plan import Chosen, Interface, ServerPlan
from porch.servers import Server
from porch.values import AUTO, show_size

WORKER_MEMORY = 96 * MIB
"""What one worker of a mid-size app takes; measured for Django with its admin: 70 to 90 MiB."""
NGINX_IDLE = 4
"""Seconds that nginx keeps an idle connection to the app: short, so that nginx always closes first."""


def own_config(desk: Desk) -> Chosen[str]:
    """The user's own configuration file for a server."""
    key, wanted = "server.config", desk.settings.server.config
    if wanted == AUTO:
        for name in servers.config_names():
            if desk.facts.places[desk.path(name)].exists:
                return desk.chosen(key, desk.path(name), f"{name} is beside the app", origin="detected")
        return desk.chosen(key, "", "none is beside the app")
    if wanted and not desk.facts.places[desk.path(wanted)].exists:
        desk.refuse(key, f"there is no file {wanted}", "check the path; it is relative to the project")
    return desk.chosen(key, desk.path(wanted) if wanted else "", "as set")


def choose(desk: Desk, interface: Interface, config: str) -> Server | None:
    """The app server; None when none can be, and the problem is noted."""
    key, wanted = "server.name", desk.settings.server.name
    able = [server for server in servers.SERVERS if interface in server.speaks]
    if wanted != AUTO:
        server = servers.by_name(wanted)
        if server not in able:
            names = ", ".join(each.name for each in able)
            desk.refuse(key, f"{wanted} cannot run {interface} apps", f"use one of: {names}")
            return None
        return _installed(desk, server)
    for server in able:
        if server.config_name and Path(config).name == server.config_name:
            return _installed(desk, server)
    for server in able:
        if _version(desk.facts, server):
            return server
    return _installed(desk, able[0])


def _version(facts: Facts, server: Server) -> str:
    return next((facts.servers[name] for name in server.packages if name in facts.servers), "")


def _installed(desk: Desk, server: Server) -> Server | None:
    if _version(desk.facts, server):
        return server
    what = f"{server.name} is not installed for {desk.facts.python}"
    fix = f"{desk.facts.python} -m pip install {server.packages[0]}"
    desk.refuse("server.name", what, fix, Exit.MACHINE)
    return None


def _server_reason(desk: Desk, server: Server, interface: Interface, config: str) -> tuple[str, str]:
    """Why this server, and the origin of the decision."""
    if desk.settings.server.name != AUTO:
        return "as set", ""
    if server.config_name and Path(config).name == server.config_name:
        return f"the project has {server.config_name}", "detected"
    return f"best measured for {interface} of those installed", ""


def decide(desk: Desk, server: Server, interface: Interface, config: Chosen[str]) -> ServerPlan:
    """Everything about the server that was chosen."""
    wanted = desk.settings.server
    used = config.value if server.config_name and config.value else ""
    taken = server.taken_from(desk.facts.places[used].text) if used else {}
    reason, origin = _server_reason(desk, server, interface, config.value)
    kind = _worker_class(desk, server, interface, taken)
    keep_alive = _taken(
        desk, taken, "server.keep_alive", wanted.keep_alive, "above nginx's own, so that nginx closes first"
    )
    idle = min(NGINX_IDLE, max(keep_alive.value - 1, 0))
    backlog = min(wanted.backlog, desk.facts.machine.somaxconn)
    if backlog < wanted.backlog:
        desk.warnings.append(
            f"server.backlog is {wanted.backlog}, but the kernel allows {backlog} (net.core.somaxconn)"
        )
    return ServerPlan(
        name=desk.chosen("server.name", server.name, reason, origin=origin),
        version=_version(desk.facts, server),
        protocol=server.protocol,
        workers=_workers(desk, server, taken),
        min_workers=desk.chosen(
            "server.min_workers", wanted.min_workers, "as set" if wanted.min_workers else "all are kept"
        ),
        threads=_threads(desk, server, interface, kind.value, taken),
        worker_class=kind,
        keep_alive=keep_alive,
        idle=Chosen("server.keep_alive", idle, keep_alive.origin, "shorter than the app server's own"),
        backlog=desk.chosen("server.backlog", backlog, "connections that may wait for a worker"),
        config=Chosen("server.config", used, config.origin, config.reason if used else "none"),
        args=desk.chosen("server.args", wanted.args, "as set" if wanted.args else "none"),
    )


_Taken = Mapping[str, tuple[object, int]]


def _taken(desk: Desk, taken: _Taken, key: str, value: Any, reason: str) -> Chosen[Any]:
    """The value from the user's own file where the user said nothing stronger."""
    if key in taken and not desk.is_said(key):
        theirs, line = taken[key]
        name = next(iter(servers.config_names()))
        return Chosen(key, theirs if theirs is not None else 0, f"{name}:{line}", "your own file decides")
    return desk.chosen(key, value, reason)


def _worker_class(desk: Desk, server: Server, interface: Interface, taken: _Taken) -> Chosen[str]:
    key = "server.worker_class"
    if key in taken and not desk.is_said(key):
        return cast("Chosen[str]", _taken(desk, taken, key, "", ""))
    try:
        kind = server.worker_class(interface, desk.settings.server.worker_class)
    except ValueError as error:
        desk.refuse(key, str(error), "leave the setting out, and a fitting one is chosen")
        kind = ""
    package = {"gevent": "gevent", "aiohttp": "aiohttp"}.get(kind, "")
    if package and package not in desk.facts.servers:
        fix = f"{desk.facts.python} -m pip install {package}"
        desk.refuse(key, f"{package} is not installed for {desk.facts.python}", fix, Exit.MACHINE)
    return desk.chosen(key, kind, f"for {interface} apps")


def _workers(desk: Desk, server: Server, taken: _Taken) -> Chosen[int]:
    key, wanted, machine = "server.workers", desk.settings.server, desk.facts.machine
    if wanted.workers != AUTO:
        return desk.chosen(key, cast("int", wanted.workers), "as set")
    if key in taken:
        return _taken(desk, taken, key, 0, "")
    cores = max(1, math.ceil(machine.cores))
    if wanted.workers_per_core:
        # The images that have this variable never went below two.
        number, why = (
            max(2, int(wanted.workers_per_core * cores)),
            f"{wanted.workers_per_core:g} for each of {cores} cores",
        )
    else:
        number, why = server.auto_workers(cores), f"{machine.cores:g} cores ({machine.cores_from})"
    room = max(1, machine.memory // WORKER_MEMORY)
    if room < number:
        number, why = (
            room,
            f"{show_size(machine.memory)} of memory ({machine.memory_from}), {show_size(WORKER_MEMORY)} each",
        )
    if wanted.max_workers and wanted.max_workers < number:
        number, why = wanted.max_workers, f"{why}; at most {wanted.max_workers}"
    return desk.chosen(key, number, why)


def _threads(desk: Desk, server: Server, interface: Interface, kind: str, taken: _Taken) -> Chosen[int]:
    key, wanted = "server.threads", desk.settings.server.threads
    if wanted != AUTO:
        return desk.chosen(key, cast("int", wanted), "as set")
    if key in taken:
        return _taken(desk, taken, key, 0, "")
    number = server.auto_threads(interface, kind)
    why = "so that one slow request does not hold up the next" if number else "this kind of worker uses none"
    return desk.chosen(key, number, why)
