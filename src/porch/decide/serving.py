"""Which app server runs the app, with how many processes and threads, and why.

Rule: a number comes from the limits that bind this process, never from the host; what the user said wins.
"""

from __future__ import annotations

import math
import shlex
from pathlib import PurePosixPath as Path
from typing import cast

from porch import servers
from porch.decide.desk import Desk, Taken
from porch.errors import Exit, Problem, counted
from porch.facts import MIB, Facts
from porch.plan import Interface, ServerPlan
from porch.plan.chosen import AS_SET, Chosen
from porch.servers import Server
from porch.syntax.file import SEAL
from porch.values import AUTO, show_size

WORKER_MEMORY = 96 * MIB
"""What one worker of a mid-size app takes; measured for Django with its admin: 70 to 90 MiB."""
LEAST_MEMORY = 16 * MIB
"""With less, each worker would be too large from its first moment."""
HELD_OPEN = 64
"""Threads of one worker, where each client holds a request open: a handful would be taken by a handful of clients."""
NGINX_IDLE = 1
"""Seconds that nginx keeps an idle connection to the app: short, so that nginx always closes first, and so that soon
after a reload none to the old generation is left."""


def own_config(desk: Desk) -> Chosen[str]:
    """The user's own configuration file for a server."""
    key, wanted = "server.config", desk.settings.server.config
    if wanted == AUTO:
        for name in servers.config_names():
            place = desk.facts.places[desk.path(name)]
            # What porch wrote to run without porch would load itself, and knows other paths.
            if place.exists and SEAL not in place.text:
                return desk.chosen(key, desk.path(name), f"{name} is beside the app", origin="detected")
        return desk.chosen(key, "", "none is beside the app")
    if wanted and not desk.facts.places[desk.path(wanted)].exists:
        desk.refuse(key, f"there is no file {wanted}", "check the path; it is relative to the project")
    return desk.chosen(key, desk.path(wanted) if wanted else "", AS_SET)


def choose(desk: Desk, interface: Interface, config: str) -> Server | None:
    """The app server; None when none can be, and the problem is noted."""
    key, wanted = "server.name", desk.settings.server.name
    able = [server for server in servers.SERVERS if interface in server.speaks]
    if wanted != AUTO:
        server = servers.by_name(wanted)
        if server not in able:
            names = ", ".join(each.name for each in able)
            other, kind = desk.finding.twin or ("", "")
            beside = f"; or run {other}, which is {kind}" if kind in server.speaks else ""
            desk.refuse(key, f"{wanted} cannot run {interface} apps", f"use one of: {names}{beside}")
            return None
        return _installed(desk, server)
    for server in able:
        if server.config_name and Path(config).name == server.config_name:
            return _installed(desk, server)
    if desk.finding.sockets.said:
        able.sort(key=lambda server: not server.websockets(interface, ""))
    there = [server for server in able if _version(desk.facts, server)]
    fitting = [server for server in there if not _missed(desk, server)]
    quick = [server for server in fitting if _is_quick(desk.facts, server)]
    for server in (*quick, *fitting, *there):
        return server
    return _installed(desk, able[0])


_OF_ONE_SERVER = ("server.worker_class", "server.min_workers", "server.config")
"""Settings that only some servers have: saying one of them says which server is meant."""


def _missed(desk: Desk, server: Server) -> list[str]:
    """What was said that means another server."""
    missed = [key for key in _OF_ONE_SERVER if desk.is_said(key) and key in server.cannot]
    return [*missed, *_foreign_args(desk, server)]


def _foreign_args(desk: Desk, server: Server) -> list[str]:
    """The variable of another server that the further words come from."""
    variable = desk.said.origin("server.args").removeprefix("$")
    owners = [each for each in servers.SERVERS if variable in each.environment]
    return [f"${variable}"] if owners and server not in owners else []


def _told_by(desk: Desk, server: Server, interface: Interface) -> list[str]:
    """What was said that this server can do and a faster one cannot."""
    faster = servers.SERVERS[: servers.SERVERS.index(server)]
    rivals = [each for each in faster if interface in each.speaks and _version(desk.facts, each)]
    missed = [_missed(desk, each) for each in rivals if _is_quick(desk.facts, each)]
    return [] if _missed(desk, server) else [word for words in missed for word in words]


def taken(desk: Desk, server: Server | None, config: str) -> Taken:
    """What the user's own configuration file decides."""
    if server is None or not server.config_name or not config:
        return Taken()
    theirs = Taken(Path(config).name, server.taken_from(desk.facts.places[config].text))
    key = "http.listen"
    if key in theirs.values:
        desk.warnings.append(f"{theirs.place(key)} says where to bind, but nginx listens in its place: use --listen")
    return theirs


def _version(facts: Facts, server: Server) -> str:
    return next((facts.servers[name] for name in server.packages if name in facts.servers), "")


def _is_quick(facts: Facts, server: Server) -> bool:
    """Whether all is there that the measured order of the servers stands on."""
    return all(name in facts.servers for name in server.quick_with)


def _installed(desk: Desk, server: Server) -> Server | None:
    if _version(desk.facts, server):
        return server
    what = f"{server.name} is not installed for {desk.facts.python} ({desk.facts.python_from})"
    fix = f"{desk.facts.python} -m pip install {server.packages[0]}"
    desk.refuse("server.name", what, fix, Exit.MACHINE)
    return None


def _server_reason(desk: Desk, server: Server, interface: Interface, config: str) -> tuple[str, str]:
    """Why this server, and the origin of the decision."""
    if desk.settings.server.name != AUTO:
        return AS_SET, ""
    if server.config_name and Path(config).name == server.config_name:
        return f"the project has {server.config_name}", "detected"
    if interface == "wsgi" and desk.finding.sockets.said and server.websockets(interface, ""):
        return f"WebSockets of a WSGI app: {desk.finding.sockets.said}", "detected"
    told = _told_by(desk, server, interface)
    if told:
        return f"the fastest installed that can do what {told[0]} says", ""
    return f"first choice for {interface} of those installed", ""


def decide(desk: Desk, server: Server, interface: Interface, config: Chosen[str], taken: Taken) -> ServerPlan:
    """Everything about the server that was chosen."""
    used = config.value if server.config_name and config.value else ""
    if config.value and not used and not desk.is_said("server.config"):
        desk.warnings.append(f"{Path(config.value).name} is beside the app, but {server.name} does not read it")
    reason, origin = _server_reason(desk, server, interface, config.value)
    kind, workers = _worker_class(desk, server, interface, taken), _workers(desk, server, taken)
    _tell_of_sessions(desk, workers)
    websockets = _websockets(desk, server, interface, kind.value)
    why = "above nginx's own, so that nginx closes first"
    keep_alive = _taken(desk, taken, "server.keep_alive", desk.settings.server.keep_alive, why)
    # Whoever reaches a socket of the uwsgi protocol can run code: it stays on this machine. From elsewhere it is HTTP,
    # and then uWSGI keeps no connection.
    apart = desk.settings.run.part != "all"
    idle = 0 if apart and server.protocol == "uwsgi" else min(NGINX_IDLE, max(keep_alive.value - 1, 0))
    return ServerPlan(
        name=desk.chosen("server.name", server.name, reason, origin=origin),
        version=_version(desk.facts, server),
        protocol="http" if apart else server.protocol,
        workers=workers,
        min_workers=_min_workers(desk, server, workers.value),
        threads=_threads(desk, server, interface, kind.value, taken),
        worker_class=kind,
        keep_alive=keep_alive,
        idle=Chosen("server.keep_alive", idle, keep_alive.origin, "shorter than the app server's own"),
        backlog=_backlog(desk),
        recycle_requests=_recycle_requests(desk, taken),
        recycle_memory=_recycle_memory(desk),
        config=Chosen("server.config", used, config.origin, config.reason if used else "none"),
        args=_args(desk, server),
        websockets=websockets,
    )


def _taken(desk: Desk, taken: Taken, key: str, value: int, reason: str) -> Chosen[int]:
    """The value from the user's own file where the user said nothing stronger; 0 when only the server can tell it."""
    if desk.takes(taken, key):
        return Chosen(key, cast("int", taken.read(key) or 0), taken.place(key), "your own file decides")
    return desk.chosen(key, value, reason)


def _backlog(desk: Desk) -> Chosen[int]:
    wanted, allowed = desk.settings.server.backlog, desk.facts.machine.somaxconn
    if allowed < wanted:
        desk.warnings.append(f"server.backlog is {wanted}, but the kernel allows {allowed} (net.core.somaxconn)")
    return desk.chosen("server.backlog", min(wanted, allowed), "connections that may wait for a worker")


def _recycle_requests(desk: Desk, taken: Taken) -> Chosen[int]:
    key, wanted = "server.recycle_requests", desk.settings.server.recycle_requests
    why = "a worker is replaced after so many requests" if wanted else "workers live as long as the app"
    return _taken(desk, taken, key, wanted, why)


def _recycle_memory(desk: Desk) -> Chosen[int]:
    key, wanted = "server.recycle_memory", desk.settings.server.recycle_memory
    if 0 < wanted < LEAST_MEMORY:
        what = f"a worker of {show_size(wanted)} cannot be: Python alone takes more"
        desk.refuse(key, what, f"at least {show_size(LEAST_MEMORY)}, or 0 for no limit")
    why = f"a worker is replaced when it takes more than {show_size(wanted)}" if wanted else "no limit"
    return desk.chosen(key, wanted, why)


def _min_workers(desk: Desk, server: Server, workers: int) -> Chosen[int]:
    key, wanted = "server.min_workers", desk.settings.server.min_workers
    if wanted and key in server.cannot:
        return desk.chosen(key, 0, "all are kept")
    if wanted and wanted >= workers:
        origin = desk.said.origin(key)
        desk.warnings.append(
            f"{key} is {wanted} ({origin}), not below the {counted(workers, 'worker')}: all of them are kept"
        )
        return desk.chosen(key, 0, f"all are kept: {wanted} is not below {workers}")
    return desk.chosen(key, wanted, AS_SET if wanted else "all are kept")


def _args(desk: Desk, server: Server) -> Chosen[tuple[str, ...]]:
    key, wanted = "server.args", desk.settings.server.args
    for variable in _foreign_args(desk, server):
        desk.warnings.append(f"{variable} is left out: {shlex.join(wanted)} means nothing to {server.name}")
        return desk.chosen(key, (), f"none that {server.name} would understand")
    return desk.chosen(key, wanted, AS_SET if wanted else "none")


def _worker_class(desk: Desk, server: Server, interface: Interface, taken: Taken) -> Chosen[str]:
    key = "server.worker_class"
    if desk.takes(taken, key):
        kind = taken.values[key][0]
        told = Chosen(key, kind if isinstance(kind, str) else "", taken.place(key), "your own file decides")
        _need_packages(desk, server, told)
        return told
    greenlets = desk.finding.sockets.gevent and interface == "wsgi" and "gevent" in desk.facts.servers
    wanted = desk.settings.server.worker_class
    if wanted == AUTO and greenlets and "gevent" in server.worker_packages:
        wanted = "gevent"
    try:
        kind = server.worker_class(interface, wanted, desk.facts.servers)
    except ValueError as error:
        desk.refuse(key, str(error), "leave the setting out, and a fitting one is chosen")
        kind = ""
    if not kind:
        return desk.chosen(key, "", f"{server.name} has one kind of worker")
    fitting = f"{desk.finding.sockets.said} waits in gevent's way where that is installed" if greenlets else ""
    asked = desk.settings.server.worker_class != AUTO
    chosen = desk.chosen(key, kind, AS_SET if asked else fitting or f"for {interface} apps")
    _need_packages(desk, server, chosen)
    return chosen


def _websockets(desk: Desk, server: Server, interface: Interface, kind: str) -> bool:
    """A WSGI app is handed handshakes only where something takes them: each may last for an hour."""
    if interface != "wsgi":
        return True
    said, able = desk.finding.sockets.said, server.websockets(interface, kind)
    if said and not able:
        whose = f"{server.name}'s {kind} workers have" if kind else f"{server.name} has"
        fix = "take gunicorn, with gthread or gevent workers"
        desk.warnings.append(f"{said} opens WebSockets, and {whose} none for WSGI apps: {fix}")
    return bool(said) and able


def _need_packages(desk: Desk, server: Server, kind: Chosen[str]) -> None:
    """Some kinds of worker come from packages of their own."""
    missing = [name for name in server.worker_packages.get(kind.value, ()) if name not in desk.facts.servers]
    if missing:
        fix = f"{desk.facts.python} -m pip install {' '.join(missing)}"
        verb = "is" if len(missing) == 1 else "are"
        what = f"{' and '.join(missing)} {verb} not installed for {desk.facts.python} ({desk.facts.python_from})"
        desk.problems.append(Problem(what, f"{kind.setting} from {kind.origin}", fix, Exit.MACHINE))


def _workers(desk: Desk, server: Server, taken: Taken) -> Chosen[int]:
    key, wanted, machine = "server.workers", desk.settings.server, desk.facts.machine
    if wanted.workers != AUTO:
        return desk.chosen(key, cast("int", wanted.workers), AS_SET)
    if desk.takes(taken, key):
        return _taken(desk, taken, key, 0, "")
    if desk.finding.sessions:
        return desk.chosen(key, 1, kept_in_one(desk))
    whole, each, origins = max(1, math.ceil(machine.cores)), wanted.workers_per_core, list[str]()
    if each:
        origins.append(desk.said.origin("server.workers_per_core"))
        # The images that have this variable never went below two.
        number, why = max(2, int(each * whole)), f"{each:g} for each of {_cores(whole)}"
    else:
        number, why = server.auto_workers(whole), f"{_cores(machine.cores)} ({machine.cores_from})"
    room = max(1, machine.memory // WORKER_MEMORY)
    if room < number:
        memory = f"{show_size(machine.memory)} of memory ({machine.memory_from})"
        number, why = room, f"{memory}, {show_size(WORKER_MEMORY)} each"
    if wanted.max_workers and wanted.max_workers < number:
        number, why = wanted.max_workers, f"{why}; at most {wanted.max_workers}"
        origins.append(desk.said.origin("server.max_workers"))
    return desk.chosen(key, number, why, origin=", ".join(origins))


def _tell_of_sessions(desk: Desk, workers: Chosen[int]) -> None:
    if desk.finding.sessions and workers.value > 1:
        said, lost = f"{workers.value} ({workers.origin})", "its clients are not known to another worker"
        desk.warnings.append(f"server.workers is {said}, but {kept_in_one(desk)}: {lost}")
    if desk.finding.fleeting_key:
        lost = "clients lose their sessions at a restart, and from one worker to the next; read it from the environment"
        desk.warnings.append(f"{desk.finding.fleeting_key} makes the secret key anew in each process: {lost}")


def kept_in_one(desk: Desk) -> str:
    """Why there is one of something, where the app keeps sessions."""
    return f"{desk.finding.sessions} keeps what it knows of its clients in one process"


def _cores(number: float) -> str:
    return f"{number:g} core" if number == 1 else f"{number:g} cores"


def _threads(desk: Desk, server: Server, interface: Interface, kind: str, taken: Taken) -> Chosen[int]:
    key, wanted = "server.threads", desk.settings.server.threads
    if wanted == AUTO and desk.takes(taken, key):
        return _taken(desk, taken, key, 0, "")
    number = server.auto_threads(interface, kind)
    held = desk.finding.sessions or desk.finding.sockets.said
    if wanted == AUTO and number and held:
        return desk.chosen(key, HELD_OPEN, f"each client of {held} holds one while it waits")
    if wanted != AUTO and (number or desk.takes(taken, "server.worker_class")):
        return desk.chosen(key, cast("int", wanted), AS_SET)
    if wanted != AUTO and key not in server.cannot:
        whose = f"{server.name}'s {kind} workers use" if kind else f"{server.name} uses"
        desk.warnings.append(f"{key} ({desk.said.origin(key)}) changes nothing: {whose} none for {interface} apps")
    why = "so that one slow request does not hold up the next" if number else "this kind of worker uses none"
    return desk.chosen(key, number, why)
