"""The same questions to every server, with real processes: what the app sees, how it stops, how it fails.

Rule: a new server joins `KINDS` in serving.py and inherits every question here.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from serving import KINDS, NGINX, Answer, Kind, Running, until

from porch import servers

APPS = Path(__file__).parent.parent / "apps"
ECHO = {name: (APPS / f"echo_{name}" / "app.py").read_text() for name in ("wsgi", "asgi", "aiohttp")}

REFUSES = {
    "wsgi": "async def app(scope, receive, send):\n    pass\n",
    "asgi": "def app(environ, start_response):\n    return []\n",
    "aiohttp": "def app(environ, start_response):\n    return []\n",
}
"""An app of another kind than the one that is expected."""

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@pytest.fixture(scope="module", params=KINDS, ids=str)
def echo(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The echo app on each server."""
    kind: Kind = request.param
    with Running(kind, {"app.py": ECHO[kind.interface]}) as running:
        yield running.wait_ready()


def test_app_sees_client_as_the_client_was(echo: Running) -> None:
    """Address, scheme, host and request id are those of the client, not of nginx's connection."""
    told = echo.ask("/some/path?x=1").told()
    seen = {name: told[name] for name in ("remote", "scheme", "host", "path", "request_id")}
    assert seen == {
        "remote": "203.0.113.7",
        "scheme": "https",
        "host": "shop.example.org:8443",
        "path": "/some/path",
        "request_id": "r-1",
    }


def test_plain_scheme_is_seen_too(echo: Running) -> None:
    """A client without TLS is seen as one."""
    assert echo.ask("/", NGINX | {"X-Forwarded-Proto": "http"}).told()["scheme"] == "http"


def test_several_requests_do_not_mix(echo: Running) -> None:
    """Each request has its own client, whichever worker or thread answers it."""
    answers: list[tuple[str, str]] = []

    def ask(address: str) -> None:
        answers.append((address, echo.ask("/", NGINX | {"X-Forwarded-For": address}).told()["remote"]))

    threads = [threading.Thread(target=ask, args=(f"198.51.100.{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted((f"198.51.100.{number}",) * 2 for number in range(12))


def test_ready_is_answered_without_the_app(echo: Running) -> None:
    """The ready path is answered by the worker itself, as JSON."""
    answer = echo.ask("/-/porch/ready")
    assert (answer.status, answer.body) == (200, b'{"status":"ready"}')
    assert answer.headers["content-type"].startswith("application/json")


def test_socket_is_for_owner_and_group(echo: Running) -> None:
    """Others cannot connect to the app behind nginx's back: by the socket's mode, or by its folder's."""
    mode = Path(echo.plan.run.socket).stat().st_mode & 0o777
    home = Path(echo.plan.run.home).stat().st_mode & 0o007
    assert mode == 0o660 or home == 0


def test_killed_worker_comes_back(echo: Running) -> None:
    """A worker that is killed is replaced, and requests are answered again."""
    if echo.kind.workers == 1:
        pytest.skip("a single process is the supervisor's to start again")
    pid = echo.ask("/").told()["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not _alive(pid), "the worker is gone")
    seen: set[int] = set()

    def all_back() -> bool:
        answer = _asked(echo)
        seen.update([answer.told()["pid"]] if answer else [])
        return pid not in seen and len(seen) >= 1 and len(_children(echo.process.pid)) >= echo.kind.workers

    until(all_back, "as many workers as before")


@every_kind
def test_mount_is_cut_from_the_path(kind: Kind) -> None:
    """An app under a prefix has it as its root, keeps its own routes, and answers nothing else."""
    with Running(kind, {"app.py": ECHO[kind.interface]}, overrides={"app__mount": "/api"}) as running:
        running.wait_ready()
        told = running.ask("/api/items").told()
        if kind.interface == "aiohttp":
            assert told["path"] == "/api/items"  # aiohttp keeps it in the path, and has the routes below it
        else:
            assert (told["prefix"], told["path"]) == ("/api", "/items")
        assert [running.ask(path).status for path in ("/", "/apix", "/items")] == [404, 404, 404]


@every_kind
def test_request_in_work_is_finished_at_a_stop(kind: Kind) -> None:
    """TERM ends the server, and the request that it is busy with is answered first."""
    with Running(kind, {"app.py": ECHO[kind.interface]}) as running:
        running.wait_ready()
        answers: list[Answer] = []
        asking = threading.Thread(target=lambda: answers.append(running.ask("/slow?seconds=1")))
        asking.start()
        until(lambda: "slow begins" in running.log(), "the request is in work")
        running.terminate()
        asking.join()
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"slow ends")]
        assert running.wait_end() in (0, -signal.SIGTERM)
        until(lambda: not _group(running.process.pid), "no process is left")


@every_kind
def test_request_that_hangs_does_not_hold_up_a_stop(kind: Kind) -> None:
    """A request that takes longer than the graceful time is cut, unless the server is known not to."""
    if "limits.graceful_timeout" in servers.by_name(kind.server).cannot:
        pytest.skip("said in `cannot`")
    with Running(kind, {"app.py": ECHO[kind.interface]}, overrides={"limits__graceful": 1}) as running:
        running.wait_ready()
        asking = threading.Thread(target=lambda: _asked(running, "/slow?seconds=50"))
        asking.start()
        until(lambda: "slow begins" in running.log(), "the request is in work")
        running.terminate()
        running.wait_end(30.0)
        asking.join()


@every_kind
def test_stop_while_the_app_loads(kind: Kind) -> None:
    """TERM that comes while workers are importing the app ends them all the same."""
    text = "import time\nprint('import begins', flush=True)\ntime.sleep(1)\n" + ECHO[kind.interface]
    with Running(kind, {"app.py": text}) as running:
        until(lambda: running.log().count("import begins") >= kind.workers, "every worker is importing")
        running.terminate()
        running.wait_end(30.0)
        until(lambda: not _group(running.process.pid), "no process is left")


@every_kind
def test_app_that_raises_is_reported(kind: Kind) -> None:
    """An app that raises on import is reported with its own traceback alone, and ends the server."""
    text = "import settings\n\ndef app(*call): ...\n"
    with Running(kind, {"app.py": text, "settings.py": "KEY = {}['SECRET_KEY']\n"}) as running:
        until(running.reported, "the report")
        running.wait_end()
        report = running.report()
        assert "raised KeyError: 'SECRET_KEY'" in report["what"]
        assert "settings.py:1" in report["what"]
        assert _files_in(report["traceback"]) == ["app.py", "settings.py"]
        assert "Traceback" not in running.log()


@every_kind
def test_app_of_another_kind_is_reported(kind: Kind) -> None:
    """A callable of the wrong kind is reported as what it is, and ends the server."""
    with Running(kind, {"app.py": REFUSES[kind.interface]}) as running:
        until(running.reported, "the report")
        running.wait_end()
        found = "an ASGI app" if kind.interface == "wsgi" else "a WSGI app"
        assert f"app:app is {found}, but" in running.report()["what"]


@every_kind
def test_folder_that_is_a_package_or_shadows_python_is_no_trouble(kind: Kind) -> None:
    """A project with an `__init__.py`, or a file named as a module of Python's own, still starts."""
    files = {"app.py": ECHO[kind.interface], "__init__.py": "", "secrets.py": "", "gunicorn.py": "", "granian.py": ""}
    with Running(kind, files) as running:
        running.wait_ready()
        assert running.ask("/").status == 200


@every_kind
def test_variables_of_the_environment_change_nothing(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an image sets for its own server does not open a port or load another file."""
    monkeypatch.setenv("UWSGI_INI", "/nonexistent.ini")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--bind 127.0.0.1:1 --worker-class nonsense")
    monkeypatch.setenv("UVICORN_UDS", "/nonexistent/app.sock")
    monkeypatch.setenv("GRANIAN_UDS", "/nonexistent/app.sock")
    with Running(kind, {"app.py": ECHO[kind.interface]}) as running:
        running.wait_ready()
        assert running.ask("/").status == 200


def test_every_server_is_asked() -> None:
    """Each server, with each kind of app that it speaks, is among the kinds that are tested."""
    spoken = {(server.name, interface) for server in servers.SERVERS for interface in server.speaks}
    assert {(kind.server, kind.interface) for kind in KINDS} == spoken


def _asked(running: Running, path: str = "/") -> Answer | None:
    try:
        answer = running.ask(path)
    except (OSError, HTTPException):
        return None
    return answer if answer.status == 200 else None


def _files_in(text: str) -> list[str]:
    return [line.split('"')[1].rpartition("/")[2] for line in text.splitlines() if line.startswith('  File "')]


def _alive(pid: int) -> bool:
    return any(line.startswith("State:") and "Z" not in line for line in _status(pid))


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    return [each for each in _pids() if f"PPid:\t{pid}" in _status(each) and _alive(each)]


def _group(pid: int) -> list[int]:
    """Processes of the session that the server began."""
    return [each for each in _pids() if _session(each) == pid and _alive(each)]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
