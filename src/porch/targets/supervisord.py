"""supervisord.conf: the same stack under supervisord, without porch.

Rule: supervisord starts and stops what porch would, with the same commands, users and times, in the same order; what
it cannot do by itself, the event listener beside the file does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from porch import servers
from porch.plan import Plan, ProcessPlan
from porch.plan.apps import apps
from porch.servers import kept
from porch.syntax import supervisor, words
from porch.syntax.file import File, Unwritable
from porch.syntax.supervisor import Option, Section, command, environment, gap, option, program, section
from porch.targets import nginx, standalone

NAME = "supervisord.conf"

UP_AFTER = 3
"""Seconds: whoever ends earlier has not started, and is tried a few times only."""

OWN = ("app", "nginx", "keeper")
RESTARTS: Mapping[str, LiteralString] = {"always": "true", "on-failure": "unexpected", "never": "false"}

STDOUT = "/dev/fd/1"

Node = Option | supervisor.Comment | supervisor.Gap


def file(plan: Plan) -> File:
    """The whole configuration of supervisord."""
    beside = [_beside(plan, each) for each in plan.processes.value]
    own = [_app(each) for each in apps(plan)]
    sections = [_itself(plan), *_control(plan), *own, *beside, _nginx(plan), _keeper(plan)]
    # What names a lock may be a URL with a password.
    mode = 0o600 if plan.app.prestart_lock.value else 0o644
    return File(NAME, supervisor.render(sections, _header(plan)), mode)


def _header(plan: Plan) -> str:
    return (
        f"{plan.app.target.value} behind nginx, under supervisord. Written by porch; yours to keep.\n\n"
        f"Before it starts, these folders must be there:\n{kept.making(plan)}\n"
        f"It is started with this, and stopped with TERM:\n"
        f"{kept.COMMAND}{words.show(('supervisord', '-c', f'{plan.run.kept}/{NAME}'))}"
    )


def _itself(plan: Plan) -> Section:
    folder = plan.run.folder
    nodes: list[Node] = [
        option("nodaemon", True, "In the foreground, with all lines on standard output."),
        option("logfile", "/dev/null"),
        option("logfile_maxbytes", 0),
        option("pidfile", f"{folder.value}/supervisord.pid", setting=folder.setting),
    ]
    if plan.run.root:
        nodes.append(option("user", "root", "The programs below have users of their own.", plan.run.user.setting))
    return section("supervisord", nodes)


def _control(plan: Plan) -> list[Section]:
    folder = plan.run.folder
    path = f"{folder.value}/supervisor.sock"
    why = "For supervisorctl and for the listener at the end; only the owner may connect."
    return [
        section("unix_http_server", [option("file", path, why, folder.setting), option("chmod", "0600")]),
        section("supervisorctl", [option("serverurl", f"unix://{path}", setting=folder.setting)]),
        section(
            "rpcinterface:supervisor",
            [option("supervisor.rpcinterface_factory", "supervisor.rpcinterface:make_main_rpcinterface")],
        ),
    ]


def _app(plan: Plan) -> Section:
    app, limits = plan.app, plan.limits
    server = servers.by_name(plan.server.name.value)
    why = "A socket that nobody listens on is removed, then the server starts."
    own = dict.fromkeys(plan.server.args.value, plan.server.args.setting)
    said = {
        "PATH": app.python.setting,
        "PORCH_PRESTART": app.prestart.setting,
        "PORCH_LOCK": app.prestart_lock.setting,
        "USER": plan.run.user.setting,
        "LOGNAME": plan.run.user.setting,
    }
    nodes: list[Node] = [
        command("command", standalone.command(plan), {**own, **server.flags}, why),
        option("directory", app.folder, setting=app.target.setting),
        *_as_user(plan),
        environment(standalone.variables(plan), "Where the wrapper around the app lies, and what it is told.", said),
        gap(),
        option("priority", 20, "Started before nginx, and stopped when nginx has left."),
        *_kept_up(),
        gap(),
        option("stopsignal", "TERM", "What is in work is finished; then the whole group is ended."),
        option(
            "stopwaitsecs",
            limits.kill.value,
            f"Above the {limits.graceful.value} s that requests in work may take.",
            limits.kill.setting,
        ),
        option("killasgroup", True),
        gap(),
        *_logs(),
    ]
    return program(plan.run.program, nodes)


def _beside(plan: Plan, process: ProcessPlan) -> Section:
    """A process beside the app: stopped after nginx and before the app."""
    limits, setting = plan.limits, plan.processes.setting
    if process.name in {*OWN, *(each.run.program for each in apps(plan))}:
        raise Unwritable(f'a process cannot be called "{process.name}" under supervisord', setting)
    variables = {"PATH": standalone.path(plan), **dict(process.environment)}
    nodes: list[Node] = [
        command("command", process.command, dict.fromkeys(process.command, setting)),
        option("directory", plan.app.folder, setting=plan.app.target.setting),
        *_as_user(plan),
        environment(variables, settings=dict.fromkeys(variables, setting)),
        gap(),
        option("priority", 25),
        option("autorestart", RESTARTS[process.restart], setting=setting),
        # One that may end is no failure because it ends soon.
        option("startsecs", {"always": UP_AFTER, "on-failure": 1, "never": 0}[process.restart]),
        # The listener ends supervisord for those that nothing can do without; the others are tried for ever.
        option("startretries", 3 if process.essential else 1_000_000),
        gap(),
        option("stopsignal", process.stop_signal, setting=setting),
        option("stopwaitsecs", limits.kill.value, setting=limits.kill.setting),
        option("killasgroup", True),
        gap(),
        *_logs(),
    ]
    return program(process.name, nodes)


def _nginx(plan: Plan) -> Section:
    limits = plan.limits
    nodes: list[Node] = [
        command("command", nginx.argv(plan), {"-p": plan.run.folder.setting}),
        option("directory", plan.run.folder.value, setting=plan.run.folder.setting),
        gap(),
        option("priority", 30, "Started last, and stopped first."),
        *_kept_up(),
        gap(),
        option("stopsignal", "QUIT", "TERM would cut the requests in work."),
        option(
            "stopwaitsecs",
            limits.stop.value,
            f"Above the {limits.graceful.value} s that requests in work may take.",
            limits.stop.setting,
        ),
        option("killasgroup", True),
        gap(),
        *_logs(),
    ]
    return section("program:nginx", nodes)


def _keeper(plan: Plan) -> Section:
    names = [each.name for each in plan.processes.value]
    essential = [word for each in plan.processes.value if each.essential for word in ("--essential", each.name)]
    site = [each.run.program for each in apps(plan)]
    argv = (plan.app.python.value, "-m", "porch_worker.keeper", "nginx", *names, *site, *essential)
    why = "Ends supervisord with a failure when a program cannot be kept up, and what a dead program leaves behind."
    nodes: list[Node] = [
        command("command", argv, {}, why),
        environment({"PYTHONPATH": plan.run.wrapper, "PYTHONSAFEPATH": "1"}),
        option("directory", plan.run.folder.value, setting=plan.run.folder.setting),
        option("events", "PROCESS_STATE"),
        option("priority", 10, "There before the first program, and until the last has ended."),
        option("autorestart", True),
        option("startsecs", 0, "It is told of what happens from the first moment on."),
        option("buffer_size", 100, "Events that may wait for it."),
        option("stdout_logfile", "NONE"),
        option("stderr_logfile", STDOUT),
        option("stderr_logfile_maxbytes", 0),
    ]
    return section("eventlistener:keeper", nodes)


def _as_user(plan: Plan) -> list[Node]:
    user = plan.run.user
    return [option("user", user.value, user.note, user.setting)] if user.value else []


def _kept_up() -> list[Node]:
    return [
        option("autorestart", True),
        option("startsecs", UP_AFTER),
        option("startretries", 3, "Tried so often, a second later each time; then the listener ends supervisord."),
    ]


def _logs() -> list[Node]:
    return [
        option("redirect_stderr", True, "One stream for all, nothing of it in files."),
        option("stdout_logfile", STDOUT),
        option("stdout_logfile_maxbytes", 0),
    ]
