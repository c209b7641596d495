"""Start: in the order of readiness, and refused in words when it cannot be."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import processes
import pytest
from ports import free_port
from runtime_instance import NGINX, PATIENCE, Instance, instance, instances, until

from porch.runtime.control import ask
from porch.runtime.launch import Program

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
Make = Callable[..., Instance]


make = pytest.fixture(instances)


def test_ready_is_true(make: Make) -> None:
    """The first request after the word `ready` succeeds."""
    one = make().start()
    assert one.get() == (200, one.get()[1])
    assert one.err == f"porch: ready http://127.0.0.1:{one.port}\n"


def test_ready_as_json(make: Make) -> None:
    """With JSON logs every line on both outputs is one object that tells its source."""
    one = make(log_format="json").start()
    message = json.loads(one.err)
    assert (message["source"], message["level"], message["url"]) == ("porch", "info", one.launch.url)
    lines = until(lambda: one.out.splitlines()[1:] and one.out.splitlines(), "the app's first lines")
    assert {json.loads(line)["message"] for line in lines} == {"the app begins", "a word on stderr"}


def test_prestart_runs_first(make: Make) -> None:
    """The prestart command has ended before the app begins."""
    prestart = Program("prestart", (sys.executable, "-c", "print('prepared')"), "/")
    one = make(prestart=prestart).start()
    until(lambda: "app: the app begins" in one.out, "the app begins")
    assert one.out.index("prestart: prepared") < one.out.index("app: the app begins")


def test_prestart_fails(make: Make) -> None:
    """A prestart command that fails ends the start with code 3, and the app is never started."""
    one = make(prestart=Program("prestart", (sys.executable, "-c", "print('no'); exit(7)"), "/")).start(ready=False)
    assert one.running.wait(PATIENCE) == 3
    assert "the prestart command exited with code 7" in one.err
    assert one.out == "prestart: no\n"
    assert not Path(one.launch.folder).exists()


@pytest.mark.parametrize("container", [True, False], ids=["container", "machine"])
def test_prestart_may_not_write_its_volume(make: Make, container: bool) -> None:
    """In a container a command that is denied its database is told how the volume is given away from outside."""
    words = "raise SystemExit('sqlite3.OperationalError: unable to open database file')"
    one = make(prestart=Program("prestart", (sys.executable, "-c", words), "/"), container=container)
    assert one.start(ready=False).running.wait(PATIENCE) == 3
    told = f"docker run --rm --user 0 -v VOLUME:FOLDER IMAGE chown {os.geteuid()} FOLDER"
    assert (told in one.err) == container


def test_app_dies_at_start(make: Make) -> None:
    """An app server that exits before it answers ends the start with code 3 and its own words."""
    one = make("raise SystemExit('no such table')").start(ready=False)
    assert one.running.wait(PATIENCE) == 3
    assert "app: no such table" in one.out
    assert "the app server (stand-in) exited with code 1 before the app was ready" in one.err


def test_app_reports(make: Make) -> None:
    """What a worker reports is shown as it is, and soon, even when its master lives on."""
    app = """\
import json, os, time
report = {"what": "cannot import shop", "fix": "pip install shop", "traceback": "Trace\\n  x\\n"}
with open(os.path.dirname(os.environ["APP_SOCKET"]) + "/report.json", "w") as file:
    json.dump(report, file)
time.sleep(60)
"""
    began = time.monotonic()
    one = make(app).start(ready=False)
    assert one.running.wait(PATIENCE) == 3
    assert time.monotonic() - began < one.launch.start_timeout / 2
    assert one.err == "Trace\n  x\nporch: error: cannot import shop\n  fix: pip install shop\n"


def test_app_never_healthy(make: Make) -> None:
    """An app that does not answer in time ends the start with code 3, and nothing is left running."""
    one = make("import time; time.sleep(60)", start_timeout=0.5).start(ready=False)
    assert one.running.wait(PATIENCE) == 3
    assert "the app was not ready within 0.5 s" in one.err
    assert "a module that runs a server when it is imported never ends" in one.err
    assert not [each for each in processes.everything() if str(one.home) in each.command and each.state != "Z"]


def test_program_is_missing(make: Make) -> None:
    """A program that cannot be executed ends the start with code 4 and its name."""
    one = make()
    one.launch = replace(one.launch, app=replace(one.launch.app, argv=("/nowhere/granian",)))
    one.start(ready=False)
    assert one.running.wait(PATIENCE) == 4
    assert "cannot start /nowhere/granian: No such file or directory" in one.err


def test_no_descriptors(make: Make) -> None:
    """Without enough descriptors the start ends with code 4 and the reason, not with a traceback."""
    one = make().start(ready=False, within=("prlimit", "--nofile=10:10"))
    assert one.running.wait(PATIENCE) == 4
    assert "Too many open files" in one.err
    assert "Traceback" not in one.err


def test_nginx_refuses(make: Make) -> None:
    """A configuration that nginx refuses ends the start with code 4 and nginx's own words."""
    one = make()
    path, file = next(iter(one.files.items()))
    one.files[path] = type(file)(path, (*file.lines, type(file.lines[0])("nonsense;")))
    one.start(ready=False)
    assert one.running.wait(PATIENCE) == 4
    assert 'unknown directive "nonsense"' in one.err
    assert "nginx refuses its configuration" in one.err


def test_busy_port(make: Make) -> None:
    """A busy port ends the start with code 4, names who holds it, and leaves no file."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        one = make(listen=(f"127.0.0.1:{port}",)).start(ready=False)
        assert one.running.wait(PATIENCE) == 4
    assert f"127.0.0.1:{port} is already in use by process {os.getpid()}" in one.err
    assert f"--listen {port + 1}" in one.err
    assert not Path(one.launch.folder).exists()


def test_second_instance(make: Make) -> None:
    """A second start in the same folder is refused with the first's pid, and the first is untouched."""
    one = make().start()
    second = make()
    second.launch, second.files = one.launch, one.files
    second.start(ready=False)
    assert second.running.wait(PATIENCE) == 4
    assert f"already running here (pid {one.running.pid})" in second.err
    assert one.works()


def test_unix_listener(make: Make) -> None:
    """It listens on a unix socket too, over one that is stale, and takes it away at the end."""
    one = make()
    path = str(one.home / "public.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    one = make(listen=(f"127.0.0.1:{free_port()}", f"unix:{path}")).start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    assert one.stop() == 0
    assert not Path(path).exists()


def test_project_cannot_shadow(make: Make) -> None:
    """A module in the project's folder that is named like one of the standard library's changes nothing."""
    one = make()
    (one.home / "json.py").write_text("raise SystemExit('imported')")
    (one.home / "selectors.py").write_text("raise SystemExit('imported')")
    one.start()
    assert one.works()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_unprivileged_children() -> None:
    """As root, nginx and the app run wholly as the chosen user, on sockets that the supervisor bound."""
    # pytest's own folders are closed to other users.
    made = Path(tempfile.mkdtemp(prefix="porch-test-"))
    made.chmod(0o755)
    one = instance(made, user="nobody")
    app = Program("app", ("/usr/bin/python3", str(made / "app.py")), "/", one.launch.app.environment)
    one.launch = replace(one.launch, app=app)
    try:
        one.start()
        nobody = int(one.get()[1].split()[1])
        assert nobody != 0
        rows = ask(one.launch.folder, {"do": "status"})["processes"]
        users = {row["role"]: Path(f"/proc/{row['pid']}").stat().st_uid for row in rows}
        assert users == {
            "supervisor": 0,
            "app master": nobody,
            "app worker": nobody,
            "nginx master": nobody,
            "nginx worker": nobody,
        }
        until(lambda: '"GET / HTTP/1.1" 200' in one.out, "the access line, through a pipe that nginx opened anew")
    finally:
        one.end()
        shutil.rmtree(made)


def test_memory(make: Make) -> None:
    """The resident process is smaller than supervisord, which takes 25 MB."""
    one = make().start()
    rows = ask(one.launch.folder, {"do": "status"})["processes"]
    assert rows[0]["role"] == "supervisor"
    assert rows[0]["rss_bytes"] < 25_000_000
