"""Starts a server as porch does, asks it as nginx does, and stops it: what the contract tests of servers share.

Rule: what is started is stopped; nothing waits without a deadline.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from plans import make_plan
from porch import servers
from porch.plan import HEALTH_READY, Plan

DEADLINE = 60.0

NGINX = {
    "Host": "shop.example.org:8443",
    "X-Forwarded-For": "203.0.113.7",
    "X-Real-IP": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example.org:8443",
    "X-Forwarded-Port": "8443",
    "X-Request-ID": "r-1",
}
"""What nginx sets on each request to the app."""


@dataclass(frozen=True)
class Kind:
    """One way to run one kind of app."""

    server: str
    interface: str
    worker_class: str = ""
    workers: int = 2

    def __str__(self) -> str:
        return "-".join(filter(None, (self.server, self.interface, self.worker_class, f"{self.workers}w")))


KINDS = (
    Kind("gunicorn", "wsgi", "sync"),
    Kind("gunicorn", "wsgi", "gthread"),
    Kind("gunicorn", "wsgi", "gevent"),
    Kind("gunicorn", "asgi", "asgi"),
    Kind("gunicorn", "aiohttp", "aiohttp"),
    Kind("uwsgi", "wsgi"),
    Kind("granian", "wsgi"),
    Kind("granian", "asgi"),
    Kind("uvicorn", "asgi", workers=1),
    Kind("uvicorn", "asgi"),
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def told(self) -> dict[str, Any]:
        """The body as JSON."""
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Running:
    """One server process with one app, in folders of its own."""

    kind: Kind
    files: Mapping[str, str]
    target: str = "app:app"
    overrides: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Running:
        self.base = Path(tempfile.mkdtemp(prefix="porch-"))
        project = self.base / "project"
        for name, text in self.files.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.plan = self._plan(project)
        home = Path(self.plan.run.home)
        home.mkdir(parents=True, mode=0o700)
        server = servers.by_name(self.kind.server)
        for file in server.files(self.plan):
            (home / file.path).write_text(file.text)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(server.drops)}
        self._log = (self.base / "log").open("w+")
        self.process = subprocess.Popen(
            server.argv(self.plan),
            cwd=project,
            env=kept | servers.environment(self.plan),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def _plan(self, project: Path) -> Plan:
        told = {
            "app__folder": str(project),
            "app__import_from": str(project),
            "app__target": self.target,
            "app__interface": self.kind.interface,
            "run__folder": str(self.base / "run"),
            "server__name": self.kind.server,
            "server__workers": self.kind.workers,
            "server__worker_class": self.kind.worker_class,
            "server__threads": 2 if self.kind.interface == "wsgi" and self.kind.worker_class != "sync" else 0,
            "limits__request": 10,
            "limits__graceful": 10,
        }
        return make_plan(**(told | self.overrides))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)
        if error is not None:
            error.add_note(self.log())
        self._log.close()
        shutil.rmtree(self.base)

    def log(self) -> str:
        """All that the server and the app wrote."""
        return (self.base / "log").read_text()

    def wait_ready(self) -> Running:
        """Until a worker answers."""
        until(lambda: self.process.poll() is not None or self._ready(), "the server is ready")
        assert self.process.poll() is None, f"ended with {self.process.returncode}"
        return self

    def _ready(self) -> bool:
        try:
            return self.ask(HEALTH_READY, {}).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, path: str, headers: Mapping[str, str] = NGINX, method: str = "GET") -> Answer:
        """One request, in the server's own protocol."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(DEADLINE)
        connection.connect(self.plan.run.socket)
        with connection:
            if servers.by_name(self.kind.server).protocol == "uwsgi":
                return _ask_uwsgi(connection, path, headers, method)
            return _ask_http(connection, path, headers, method)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.process.send_signal(signal.SIGTERM)

    def wait_end(self, deadline: float = DEADLINE) -> int:
        """Its exit code."""
        return self.process.wait(deadline)

    def report(self) -> dict[str, str]:
        """Why the app could not be loaded."""
        told: dict[str, str] = json.loads(Path(servers.report(self.plan)).read_text())
        return told

    def reported(self) -> bool:
        """Whether it has been said."""
        return Path(servers.report(self.plan)).exists()


def until(condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Wait for a condition; fails with its name."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        time.sleep(0.01)


def _ask_http(connection: socket.socket, path: str, headers: Mapping[str, str], method: str) -> Answer:
    client = http.client.HTTPConnection("localhost")
    client.sock = connection
    client.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        client.putheader(name, value)
    client.endheaders()
    response = client.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def _ask_uwsgi(connection: socket.socket, path: str, headers: Mapping[str, str], method: str) -> Answer:
    """As nginx asks with its `uwsgi_params`."""
    bare, _, query = path.partition("?")
    variables = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "PATH_INFO": bare,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": "",
    } | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    block = b"".join(_sized(name) + _sized(value) for name, value in variables.items())
    connection.sendall(struct.pack("<BHB", 0, len(block), 0) + block)
    raw = b""
    while chunk := connection.recv(65536):
        raw += chunk
    if not raw:
        raise ConnectionResetError("no answer")
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body)


def _sized(text: str) -> bytes:
    return struct.pack("<H", len(text.encode())) + text.encode()
