"""systemd's units: a service that starts porch with no more rights than it needs, and a socket for ports below 1024.

Rule: what systemd allows is never less than what porch has decided: times, memory, files and tasks come from the Plan,
with a margin, so that porch itself ends what takes too long. What the service does not need, it cannot do.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.apps import apps
from porch.servers.kept import COMMAND
from porch.syntax import systemd, words
from porch.syntax.file import File
from porch.syntax.systemd import Comment, Gap, Option, Section, command, gap, option, section, share

PRIVILEGED = 1024
"""Ports below it are root's to bind."""
MARGIN = 5
"""Seconds: porch ends by itself what takes too long, and systemd would do it less well."""
TMP = ("/tmp", "/var/tmp")  # noqa: S108  # named in the unit, not written to
WANTED_BY = "WantedBy"

Node = Option | Comment | Gap


def files(plan: Plan) -> list[File]:
    """The service, and the socket unit where systemd must bind the addresses."""
    found = [_file(plan, "service", _service(plan))]
    if _bound(plan):
        found.append(_file(plan, "socket", _socket(plan)))
    return found


def _file(plan: Plan, kind: str, sections: list[Section]) -> File:
    header = _header(plan) if kind == "service" else "Binds the addresses as root, and passes them to the service."
    # What names a lock may be a URL with a password.
    secret = any("://" in word for word in plan.systemd.words)
    return File(f"{plan.systemd.name.value}.{kind}", systemd.render(sections, header), 0o600 if secret else 0o644)


def _header(plan: Plan) -> str:
    name = plan.systemd.name.value
    units = [f"{name}.{kind}" for kind in ("service", "socket")[: 1 + bool(_bound(plan))]]
    steps = (
        ("install", "-m", "0644", *units, "/etc/systemd/system/"),
        ("systemctl", "daemon-reload"),
        ("systemctl", "enable", "--now", *reversed(units)),
    )
    shown = "\n".join(COMMAND + words.show(step) for step in steps)
    return (
        f"{plan.app.target.value} behind nginx, under systemd. Written by porch; yours to keep.\n\n"
        f"To install it, as root and in this folder:\n{shown}\n"
        f"A new release comes into service with this, and the old one stays when it cannot start:\n"
        f"{COMMAND}{words.show(('systemctl', 'reload', name))}"
    )


def _service(plan: Plan) -> list[Section]:
    own = [*_starting(plan), gap(), *_stopping(plan), gap(), *_limits(plan)]
    unit: list[Node] = [
        option("Description", f"{plan.systemd.name.value}: {plan.app.target.value} behind nginx"),
        option("Wants", "network-online.target"),
        option("After", "network-online.target"),
    ]
    if _bound(plan):
        unit.append(option("Requires", f"{plan.systemd.name.value}.socket"))
    return [
        section("Unit", unit),
        section("Service", [*own, gap(), *_files(plan), gap(), *_rights()]),
        section("Install", [option(WANTED_BY, "multi-user.target")]),
    ]


def _starting(plan: Plan) -> list[Node]:
    app, own, start = plan.app, plan.systemd, plan.limits.start
    run_folder = f"--run-dir={own.folder.value}"
    # The prestart command may take as long as it needs: a migration that is killed is worse than one that is awaited.
    within = "infinity" if app.prestart.value else str(start.value + MARGIN)
    why = "The prestart command may take its time." if app.prestart.value else "porch gives up before."
    return [
        option("Type", "notify", "Started is what answers its first request; the same is said after a reload."),
        option("WorkingDirectory", app.folder, setting=app.target.setting),
        option("User", own.user, setting=plan.run.user.setting) if own.user else gap(),
        option("EnvironmentFile", f"-/etc/{own.name.value}.env", "The app's variables, NAME=value, where it has any."),
        command("ExecStart", (*own.command, "run", run_folder, *own.words)),
        command("ExecReload", (*own.command, "reload", run_folder)),
        option("TimeoutStartSec", within, why, start.setting),
        gap(),
        option("Restart", "on-failure"),
        option("RestartSec", 1),
        option("RestartPreventExitStatus", 2, "Settings that are wrong stay wrong."),
        option("WatchdogSec", 30, "A supervisor that hangs is started again."),
    ]


def _stopping(plan: Plan) -> list[Node]:
    limits, delay = plan.limits, plan.run.drain_delay
    before = f" and the {delay.value} s before a stop begins" if delay.value else ""
    return [
        option("KillMode", "mixed", "porch alone is told to stop; it stops nginx first, then the app."),
        option(
            "TimeoutStopSec",
            delay.value + limits.kill.value + MARGIN,
            f"Above the {limits.kill.value} s after which porch kills what still runs{before}.",
            limits.kill.setting,
        ),
    ]


def _limits(plan: Plan) -> list[Node]:
    memory, files = plan.systemd.memory, plan.nginx.open_files
    return [
        option("MemoryMax", memory.value, memory.note, memory.setting)
        if memory.value
        else share("MemoryMax", 90, memory.note, memory.setting),
        option("OOMPolicy", "continue", "A worker that is killed for its memory is started again by porch."),
        option("TasksMax", tasks(plan), "Twice the planned processes and threads, and room for the app's own."),
        option("LimitNOFILE", files.value, "Files and connections of one process.", files.setting),
    ]


def tasks(plan: Plan) -> int:
    """Processes and threads that the service may have."""
    of_apps = sum((each.server.workers.value + 1) * (each.server.threads.value + 8) for each in apps(plan))
    planned = of_apps + plan.nginx.workers.value + 8 * len(plan.processes.value)
    # Two generations live side by side during a reload.
    return 256 + 2 * planned


def _files(plan: Plan) -> list[Node]:
    own = plan.systemd
    nodes: list[Node] = [
        option("ProtectSystem", "strict", "Everything is read-only but /tmp, /dev, and what is named here."),
        _run_folder(plan),
        option("StateDirectory", own.name.value, "For what the app keeps: /var/lib, in $STATE_DIRECTORY."),
        option("CacheDirectory", own.name.value),
    ]
    if own.writable.value:
        nodes.append(systemd.words("ReadWritePaths", own.writable.value, setting=own.writable.setting))
    home = "read-only" if own.home else True
    nodes += [
        option("ProtectHome", home, f"{own.home} is needed." if own.home else ""),
        systemd.words("ReadWritePaths", TMP, f"{own.tmp} is needed, so that the service has no /tmp of its own.")
        if own.tmp
        else option("PrivateTmp", True),
        option("PrivateDevices", True),
        option("UMask", "0077"),
    ]
    return nodes


def _run_folder(plan: Plan) -> Node:
    folder = plan.systemd.folder
    below = folder.value.removeprefix("/run/")
    if folder.value.startswith("/run/") and below.strip("/"):
        return option("RuntimeDirectory", below, setting=folder.setting)
    return systemd.words("ReadWritePaths", (folder.value,), setting=folder.setting)


def _rights() -> list[Node]:
    return [
        option("NoNewPrivileges", True, "No rights beyond those of its user, now or later."),
        option("CapabilityBoundingSet", ""),
        option("AmbientCapabilities", ""),
        option("PrivateUsers", True),
        option("RestrictSUIDSGID", True),
        option("RestrictNamespaces", True),
        option("RestrictRealtime", True),
        option("LockPersonality", True),
        gap(),
        option("ProtectProc", "invisible", "It sees its own processes, and neither changes nor reads the kernel."),
        option("ProtectClock", True),
        option("ProtectControlGroups", True),
        option("ProtectHostname", True),
        option("ProtectKernelLogs", True),
        option("ProtectKernelModules", True),
        option("ProtectKernelTunables", True),
        option("PrivateIPC", True),
        gap(),
        systemd.words("RestrictAddressFamilies", ("AF_UNIX", "AF_INET", "AF_INET6")),
        option("SystemCallArchitectures", "native"),
        option("SystemCallFilter", "@system-service"),
        option("SystemCallFilter", "~@privileged @resources", "What is forbidden fails; it ends no process."),
        option("SystemCallFilter", "@chown"),
        option("SystemCallErrorNumber", "EPERM"),
        option(
            "MemoryDenyWriteExecute",
            True,
            "Take this out for what writes machine code as it runs: numba, PyPy, a JIT of Python's own.",
        ),
    ]


def _bound(plan: Plan) -> tuple[str, ...]:
    """The addresses, where one of them is for systemd to bind: it then binds all."""
    listen = (*plan.http.listen.value, *plan.tls.redirect.value)
    inside = f"unix:{plan.systemd.folder.value}/"
    needed = (not each.startswith(inside) if each.startswith("unix:") else _port(each) < PRIVILEGED for each in listen)
    return listen if any(needed) else ()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _socket(plan: Plan) -> list[Section]:
    listen = plan.http.listen
    nodes: list[Node] = [
        option("ListenStream", each.removeprefix("unix:"), setting=listen.setting) for each in _bound(plan)
    ]
    if any(each.startswith("[") for each in listen.value):
        nodes.append(option("BindIPv6Only", "ipv6-only", "An IPv4 address is a line of its own."))
    return [
        section("Unit", [option("Description", f"Addresses of {plan.systemd.name.value}")]),
        section("Socket", nodes),
        section("Install", [option(WANTED_BY, "sockets.target")]),
    ]
