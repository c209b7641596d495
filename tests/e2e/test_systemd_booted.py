"""The rendered units, under a real systemd that is booted for them."""

from __future__ import annotations

import json
import os
import pwd
import random
import socket
import threading
from collections.abc import Iterator

import booted
import pytest
from asking import Answer, ask
from ports import free_port
from waiting import until

WHY = booted.missing()
pytestmark = pytest.mark.skipif(bool(WHY) and not os.environ.get("CI"), reason=WHY or "it is here")

APP = """\
import json
import os
import socket
import subprocess
import time
from pathlib import Path

from flask import Flask, request

app = Flask(__name__)


def tried(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__ + " " + os.strerror(error.errno)
    return "done"


@app.get("/")
def tell():
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        **{name: lines[name].split()[0] for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff", "Uid")},
        "pid": os.getpid(),
        "project": tried(lambda: Path(__file__).with_name("new").write_text("")),
        "tmp": tried(lambda: Path("/tmp/new").write_text("")),
        "state": tried(lambda: Path(os.environ["STATE_DIRECTORY"], "new").write_text("")),
        "etc": tried(lambda: Path("/etc/new").write_text("")),
        "home": tried(lambda: os.listdir("/home")),
        "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "nice": tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, 5)),
        "child": subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip(),
        "generation": 1,
    }


@app.get("/slow")
def slow():
    Path("/tmp/slow").write_text("")
    time.sleep(1)
    return "slow ends"
"""
ASGI = """\
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"asgi"})
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[booted.Machine]:
    """One systemd for the questions below."""
    if WHY:
        pytest.fail(f"CI runs units, but {WHY}", pytrace=False)
    made = booted.Machine()
    yield made
    made.close()


@pytest.fixture
def shop(machine: booted.Machine) -> Iterator[booted.Machine]:
    """The machine, with no service left of another test."""
    yield machine
    machine.run("systemctl", "stop", "shop.service", "shop.socket")
    machine.run("systemctl", "reset-failed")
    for path in machine.path("run/systemd/system").glob("shop.*"):
        machine.run("rm", "-r", f"/run/systemd/system/{path.name}")


def tell(port: int) -> dict[str, object]:
    """What the app says of itself."""
    answer: Answer = ask(port, "GET", "/")
    assert answer.status == 200, answer
    found: dict[str, object] = json.loads(answer.body)
    return found


@pytest.mark.parametrize("server", ["granian", "gunicorn", "uwsgi"])
def test_each_server_runs_with_no_more_rights_than_it_needs(shop: booted.Machine, server: str) -> None:
    """It is started when it answers; the app has no rights, and writes to its own folders alone."""
    port = free_port()
    shop.place("app.py", APP)
    shop.install("--listen", f"127.0.0.1:{port}", "--server", server, "--workers", "2")
    shop.systemctl("start", "shop.service")
    told = tell(port)
    assert shop.shown("User") == told["child"] == "www-data"
    none = "0000000000000000"
    rights = {"NoNewPrivs": "1", "Seccomp": "2", "CapBnd": none, "CapEff": none}
    assert {name: told[name] for name in rights} == rights
    read_only, denied = "OSError Read-only file system", "PermissionError Operation not permitted"
    assert {name: told[name] for name in ("project", "etc", "tmp", "state", "nice")} == {
        "project": read_only, "etc": read_only, "tmp": "done", "state": "done", "nice": denied,
    }  # fmt: skip
    assert told["home"] == "PermissionError Permission denied"
    assert told["packet"] == "OSError Address family not supported by protocol"
    shop.systemctl("stop", "shop.service")
    assert (shop.shown("Result"), shop.shown("ExecMainStatus")) == ("success", "0")


def test_asgi_runs_too(shop: booted.Machine) -> None:
    """uvicorn with uvloop and httptools needs nothing that is forbidden."""
    port = free_port()
    shop.place("app.py", ASGI)
    shop.install(
        "--app-target", "app:app", "--app-interface", "asgi", "--listen", f"127.0.0.1:{port}", "--workers", "2"
    )
    shop.systemctl("start", "shop.service")
    assert ask(port, "GET", "/").body == b"asgi"


def test_a_reload_brings_the_next_generation_or_keeps_the_old(shop: booted.Machine) -> None:
    """`systemctl reload` returns when the new one serves; it fails for a broken one, and the old one goes on."""
    port = free_port()
    shop.place("app.py", APP)
    shop.install("--listen", f"127.0.0.1:{port}", "--workers", "1")
    shop.systemctl("start", "shop.service")
    before = shop.shown("MainPID")
    shop.place("app.py", APP.replace('"generation": 1', '"generation": 2'))
    shop.systemctl("reload", "shop.service")
    assert tell(port)["generation"] == 2
    shop.place("app.py", "raise RuntimeError('broken')")
    assert shop.run("systemctl", "reload", "shop.service").code != 0
    assert tell(port)["generation"] == 2
    assert shop.shown("MainPID") == before
    assert shop.shown("ActiveState") == "active"


def test_a_stop_waits_for_what_is_in_work(shop: booted.Machine) -> None:
    """A request that is being answered when `systemctl stop` begins is answered."""
    port = free_port()
    shop.place("app.py", APP)
    shop.install("--listen", f"127.0.0.1:{port}", "--workers", "1")
    shop.systemctl("start", "shop.service")
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(ask(port, "GET", "/slow")))
    asking.start()
    log = shop.path("run/shop.log")
    until(lambda: _began(shop), lambda: f"the request is in work: {log.read_text()}")
    shop.systemctl("stop", "shop.service")
    asking.join(10)
    assert [(each.status, each.body) for each in answers] == [(200, b"slow ends")]
    assert shop.shown("Result") == "success"


def _began(shop: booted.Machine) -> bool:
    """The app has written into the service's own /tmp, which only systemd knows the place of."""
    found = shop.path("tmp").glob("systemd-private-*-shop.service-*/tmp/slow")
    return any(found)


def test_a_port_below_1024_is_bound_by_systemd(shop: booted.Machine) -> None:
    """The first request starts the service, which serves the socket as an unprivileged user."""
    port = _privileged_port()
    shop.place("app.py", APP)
    shop.install("--listen", f"127.0.0.1:{port}", "--workers", "1")
    shop.systemctl("start", "shop.socket")
    assert shop.shown("ActiveState") == "inactive"
    told = tell(port)
    assert told["Uid"] == str(pwd.getpwnam("www-data").pw_uid)
    until(lambda: shop.shown("ActiveState") == "active", "it is active")


def _privileged_port() -> int:
    while True:
        port = random.randint(600, 1023)  # noqa: S311  # not a secret
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def test_what_systemd_has_read_is_what_was_planned(shop: booted.Machine) -> None:
    """Times and limits, as systemd itself tells them."""
    shop.place("app.py", APP)
    words = ("--limits-graceful-timeout", "20s", "--limits-start-timeout", "7s", "--systemd-memory", "1G")
    shop.install("--listen", f"127.0.0.1:{free_port()}", "--run-drain-delay", "3s", *words)
    read = {
        name: shop.shown(name)
        for name in ("TimeoutStopUSec", "TimeoutStartUSec", "MemoryMax", "WorkingDirectory", "User", "Type", "KillMode")
    }
    assert read == {
        "TimeoutStopUSec": "38s", "TimeoutStartUSec": "12s", "MemoryMax": str(1024**3),
        "WorkingDirectory": "/srv/shop", "User": "www-data", "Type": "notify", "KillMode": "mixed",
    }  # fmt: skip
