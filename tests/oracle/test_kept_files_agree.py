"""Every target that is rendered from one plan agrees on every time, port, user, path and limit.

Rule: each file is read back by its language's own parser, and compared with the plan; a new target joins `READERS`.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import crossplane
import pytest
from gunicorn.config import Config
from supervisor.options import ServerOptions

from plans import make_plan
from porch import targets
from porch.plan import Plan, Static
from porch.syntax.file import File

UWSGI = Path(sys.executable).with_name("uwsgi")
Said = dict[str, Any]
"""Subject -> what one file says of it; a subject that a file does not touch is missing."""


def plan_in(folder: Path, server: str) -> Plan:
    """A plan whose every number is another."""
    return make_plan(
        server__name=server,
        server__protocol="uwsgi" if server == "uwsgi" else "http",
        server__workers=3,
        server__threads=5,
        server__keep_alive=61,
        server__idle=7,
        server__backlog=777,
        http__listen=("127.0.0.1:81", "[::1]:8124"),
        app__folder=str(folder / "shop"),
        app__import_from=str(folder / "shop/src"),
        app__mount="/api",
        static=(Static("/static/", f"{folder}/static/"),),
        limits__body=11 * 1024**2,
        limits__request=31,
        limits__read=33,
        limits__graceful=41,
        limits__stop=46,
        limits__kill=51,
        limits__start=71,
        nginx__open_files=9999,
        systemd__memory=3 * 1024**3,
        run__folder=str(folder / "run"),
        run__generation=0,
        run__kept=str(folder),
        run__root=os.geteuid() == 0,
        run__user="nobody" if os.geteuid() == 0 else "",
    )


def planned(plan: Plan) -> Said:
    """What all files are compared with."""
    limits, run = plan.limits, plan.run
    return {
        "listen": list(plan.http.listen.value),
        "body": limits.body.value,
        "request": limits.request.value,
        "read": limits.read.value,
        "graceful": limits.graceful.value,
        "nginx stop": limits.stop.value,
        "app stop": limits.kill.value,
        "socket": run.socket,
        "run": run.folder.value,
        "user": run.user.value,
        "folder": plan.app.folder,
        "import from": plan.app.import_from,
        "mount": plan.app.mount.value,
        "workers": plan.server.workers.value,
        "threads": plan.server.threads.value,
        "backlog": plan.server.backlog.value,
        "keep alive": plan.server.keep_alive.value,
        "idle": plan.server.idle.value,
        "wrapper": run.wrapper,
        "static": plan.static.value[0].path,
        # systemd waits a little longer than porch, which it starts in a run folder that it made, as the service's user.
        "service stop": limits.kill.value + 5,
        "start": limits.start.value + 5,
        "service user": plan.systemd.user,
        "service run": plan.systemd.folder.value,
        "open files": plan.nginx.open_files.value,
        "memory": plan.systemd.memory.value,
    }


def nginx(path: Path) -> Said:
    """nginx.conf, by crossplane."""
    parsed = crossplane.parse(str(path), single=True)
    assert parsed["status"] == "ok", parsed["errors"]
    found: dict[str, list[list[str]]] = {}

    def walk(block: list[Any], inside: str) -> None:
        for each in block:
            name = each["directive"].replace("uwsgi_", "proxy_")
            found.setdefault(f"{inside}{name}", []).append(each["args"])
            walk(each.get("block") or [], "upstream " if name == "upstream" else "")

    walk(parsed["config"][0]["parsed"], "")

    def seconds(name: str) -> int:
        return int(found[name][0][0].removesuffix("s"))

    said: Said = {
        "listen": [args[0] for args in found["listen"]],
        "body": int(found["client_max_body_size"][0][0].removesuffix("m")) * 1024**2,
        "read": seconds("proxy_read_timeout"),
        "graceful": seconds("worker_shutdown_timeout"),
        "run": str(Path(found["pid"][0][0]).parent.parent),
        "static": found["alias"][0][0],
        "mount": next(args[1] for args in found["location"] if args[0] == "=" and args[1] == "/api"),
    }
    assert {args[0] for args in found["upstream server"]} == {f"unix:{path.parent}/run/app/app.sock"}
    said["socket"] = found["upstream server"][0][0].removeprefix("unix:")
    said["user"] = found.get("user", [[""]])[0][0]
    if "upstream keepalive_timeout" in found:
        said["idle"] = seconds("upstream keepalive_timeout")
    return said


def gunicorn(path: Path) -> Said:
    """gunicorn.conf.py, by gunicorn's own list of settings."""
    told: dict[str, Any] = {"__file__": str(path)}
    before = list(sys.path)
    exec(compile(path.read_bytes(), str(path), "exec"), told)  # noqa: S102  # as gunicorn does
    added = [entry for entry in sys.path if entry not in before]
    sys.path[:] = before
    config = Config()
    (path.parent / "shop").mkdir(exist_ok=True)
    for name, value in told.items():
        if name in config.settings:
            config.set(name, value)
    return {
        "request": config.timeout,
        "graceful": config.graceful_timeout,
        "socket": config.address[0],
        "folder": config.chdir,
        "workers": config.workers,
        "threads": config.threads,
        "backlog": config.backlog,
        "keep alive": config.keepalive,
        "wrapper": added[0],
        **told_to_wrapper(dict(each.split("=", 1) for each in config.raw_env)),
    }


def uwsgi(path: Path) -> Said:
    """uwsgi.ini, by uWSGI itself: it shows what it has read, and is told to start nothing."""
    words = (str(UWSGI), "--ini", str(path), "--show-config", "--no-server")
    told = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False).stderr
    shown = told.partition("[uwsgi]\n")[2].partition(";end of configuration")[0]
    found = dict(line.split(" = ", 1) for line in shown.splitlines())
    return {
        "request": int(found["harakiri"]),
        "graceful": int(found["worker-reload-mercy"]),
        "socket": found["socket"],
        "folder": found["chdir"],
        "workers": int(found["processes"]),
        "threads": int(found["threads"]),
        "backlog": int(found["listen"]),
        "wrapper": found["pythonpath"],
        **told_to_wrapper(dict([found["env"].split("=", 1)])),
    }


def supervisord(path: Path) -> Said:
    """supervisord.conf, by supervisord itself."""
    options = ServerOptions()
    for folder in ("run/app", "run/nginx", "shop"):
        (path.parent / folder).mkdir(parents=True, exist_ok=True)
    options.realize(["-c", str(path)])
    programs = {group.name: group.process_configs[0] for group in options.process_group_configs}
    app, front = programs["app"], programs["nginx"]
    words = shlex.split(app.command)
    assert str(path.parent / "nginx.conf") in shlex.split(front.command)
    assert front.priority > app.priority > programs["keeper"].priority
    assert (signal_name(front.stopsignal), signal_name(app.stopsignal)) == ("SIGQUIT", "SIGTERM")
    said: Said = {
        "nginx stop": front.stopwaitsecs,
        "app stop": app.stopwaitsecs,
        "socket": words[words.index("porch_worker.begin") + 1],
        "run": str(Path(options.pidfile).parent),
        "user": user_name(app.uid),
        "folder": app.directory,
        "wrapper": app.environment["PYTHONPATH"],
        **told_to_wrapper(app.environment),
        **granian(words),
    }
    return said


def granian(words: list[str]) -> Said:
    """granian's command line; its other servers have a file of their own."""
    if "granian" not in words:
        return {}
    told = dict(itertools.pairwise(words))
    assert told["--uds"] in told["porch_worker.begin"]
    return {
        "graceful": int(told["--workers-kill-timeout"]),
        "workers": int(told["--workers"]),
        "threads": int(told["--blocking-threads"]),
        "backlog": int(told["--backlog"]),
    }


def told_to_wrapper(environment: dict[str, str]) -> Said:
    """What the wrapper reads, by itself."""
    from porch.worker.porch_worker.settings import read

    if "PORCH_WORKER" not in environment:
        return {}
    settings = read(dict(environment))
    return {"mount": settings.mount, "import from": settings.folder}


def signal_name(number: int) -> str:
    import signal

    return signal.Signals(number).name


def user_name(uid: int | None) -> str:
    import pwd

    return "" if uid is None else pwd.getpwuid(uid).pw_name


def systemd(path: Path) -> Said:
    """A unit, by the rules of systemd.syntax(7): systemd itself tells nothing of a unit that it does not run."""
    text = re.sub(r"\\\n\s*", " ", path.read_text())
    pairs = [line.partition("=")[::2] for line in text.splitlines() if line and line[0] not in "#["]
    told = dict(pairs)
    if path.suffix == ".socket":
        return {"listen": [value for key, value in pairs if key == "ListenStream"]}
    start = shlex.split(told["ExecStart"])
    flags = dict(word.split("=", 1) for word in start if word.startswith("--"))
    assert shlex.split(told["ExecReload"]) == [start[0], "reload", f"--run-dir={flags['--run-dir']}"]
    assert f"/run/{told['RuntimeDirectory']}" == flags["--run-dir"]
    return {
        "service stop": int(told["TimeoutStopSec"]),
        "start": int(told["TimeoutStartSec"]),
        "folder": told["WorkingDirectory"],
        "service user": told["User"],
        "service run": flags["--run-dir"],
        "open files": int(told["LimitNOFILE"]),
        "memory": int(told["MemoryMax"]),
    }


TARGETS = ("supervisord", "systemd")
"""Those that render the whole stack; the files of the others are among theirs."""

READERS: dict[str, Callable[[Path], Said]] = {
    "nginx.conf": nginx,
    "gunicorn.conf.py": gunicorn,
    "uwsgi.ini": uwsgi,
    "supervisord.conf": supervisord,
    "shop.service": systemd,
    "shop.socket": systemd,
}


@pytest.mark.parametrize("server", ["gunicorn", "uwsgi", "granian"])
def test_all_files_agree(tmp_path: Path, server: str) -> None:
    """Whatever a file says, the plan said; and each subject is said by some file."""
    plan = plan_in(tmp_path, server)
    found = [target.files(plan) for target in targets.TARGETS if target.name in TARGETS]
    files: list[File] = [file for each in found for file in each if not file.aside]
    for file in files:
        (tmp_path / file.path).write_text(file.text)
    wanted = planned(plan)
    said: dict[str, Said] = {file.path: READERS[file.path](tmp_path / file.path) for file in files}
    for name, found in said.items():
        assert found == {subject: wanted[subject] for subject in found}, name
    not_theirs = {"uwsgi": {"keep alive", "idle"}, "granian": {"keep alive", "request"}, "gunicorn": set[str]()}[server]
    assert {subject for found in said.values() for subject in found} == set(wanted) - not_theirs
