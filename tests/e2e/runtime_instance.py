"""Starts a real instance with stand-ins: a tiny app server, and the machine's nginx with a small configuration.

Rule: the runtime is judged without the parts that decide and render; every wait is for a condition, with a deadline.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from ports import free_port

from porch.runtime.launch import Launch, Program
from porch.syntax.file import File, plain

NGINX = shutil.which("nginx", path=f"/usr/sbin:{os.environ['PATH']}")
PATIENCE = 40.0
"""Seconds for what must come true, however busy the machine is."""

NGINX_CONF = """\
{user}daemon off;
worker_processes 1;
pid {folder}/nginx/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log {access};
    client_body_temp_path {folder}/nginx/body_temp;
    proxy_temp_path {folder}/nginx/proxy_temp;
    fastcgi_temp_path {folder}/nginx/fastcgi_temp;
    uwsgi_temp_path {folder}/nginx/uwsgi_temp;
    scgi_temp_path {folder}/nginx/scgi_temp;
    upstream app {{ server unix:{upstream} max_fails=0; keepalive 8; }}
    server {{
{listens}
        location /-/porch/ready {{
            access_log off;
            if (-f {draining}) {{ return 503; }}
            proxy_pass http://app;
        }}
        location / {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://app; }}
    }}
}}
"""

# A master that forks one worker, as real servers do; the path decides what a request does.
APP = """\
import os, signal, socketserver, sys, time
from http.server import BaseHTTPRequestHandler

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def address_string(self): return "unix"
    def log_message(self, *_): pass
    def do_GET(self):
        if self.path.startswith("/until/"):
            while not os.path.exists(self.path.rpartition("/")[2]): time.sleep(0.02)
        if self.path.startswith("/say/"): print(self.path.rpartition("/")[2], flush=True)
        if self.path == "/flood": print(("x" * 999 + "\\n") * 200, end="", flush=True)
        body = f"{os.getpid()} {os.getuid()}".encode()
        self.send_response(500 if self.path == "/error" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128
    daemon_threads = False
    def get_request(self):
        request, _ = super().get_request()
        return request, ("unix", 0)

print("the app begins", flush=True)
print("a word on stderr", file=sys.stderr, flush=True)
server = Server(os.environ["APP_SOCKET"], Handler)
worker = os.fork()
if not worker:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()
server.socket.close()
signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))
os.waitpid(worker, 0)
print("the app ends", flush=True)
"""

STARTER = """\
import json, sys
from porch.errors import Refused
from porch.runtime.launch import from_json
from porch.runtime.start import start
from porch.syntax.file import plain
launch, files = json.load(open(sys.argv[1]))
try:
    start(from_json(json.dumps(launch)), {path: plain(path, text) for path, text in files.items()})
except Refused as refused:
    for problem in refused.problems:
        print(problem.what, "|", problem.fix, file=sys.stderr)
    sys.exit(int(refused.exit))
"""


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true value of the condition."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {patience:g} s: {what}")


def alive(pid: int) -> bool:
    """Whether a process of this number runs and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Instance:
    """One instance under test."""

    home: Path
    launch: Launch
    files: dict[str, File]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True, stdout: int | None = None, within: tuple[str, ...] = ()) -> Instance:
        """Start it, and wait until it says that it is ready."""
        order = self.home / "order.json"
        order.write_text(json.dumps([asdict(self.launch), {path: file.text for path, file in self.files.items()}]))
        with (self.home / "out").open("wb") as out, (self.home / "err").open("wb") as err:
            self.process = subprocess.Popen(
                (*within, sys.executable, "-P", "-c", STARTER, str(order)),
                stdout=out if stdout is None else stdout,
                stderr=err,
                cwd=self.home,
                env={**os.environ, **self.environment},
            )
        if ready:
            until(lambda: "ready " in self.err or self.process.poll() is not None, "ready")
            assert "ready " in self.err, self.err + self.out
        return self

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The process, once started."""
        assert self.process is not None
        return self.process

    @property
    def out(self) -> str:
        """Standard output up to now."""
        return (self.home / "out").read_text(errors="replace")

    @property
    def err(self) -> str:
        """Standard error up to now."""
        return (self.home / "err").read_text(errors="replace")

    @property
    def port(self) -> int:
        """The public port."""
        return int(self.launch.listen[0].rpartition(":")[2])

    def get(self, path: str = "/") -> tuple[int, str]:
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def works(self) -> bool:
        """Whether a request succeeds now."""
        try:
            return self.get()[0] == 200
        except OSError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; the exit code."""
        self.running.send_signal(number)
        return self.running.wait(PATIENCE)

    def end(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self.process is not None and self.process.poll() is None:
            self.stop()


def instance(home: Path, app: str = APP, **changes: Any) -> Instance:
    """An instance that is not started yet; `changes` are fields of its launch."""
    # Below /tmp and short: sockets have short paths, and pytest's folders are private to the caller.
    folder = str(home / "run")
    (home / "app.py").write_text(app)
    listen = changes.pop("listen", (f"127.0.0.1:{free_port()}",))
    launch = Launch(
        project=str(home),
        folder=folder,
        generation=1,
        server="stand-in",
        workers=1,
        user="",
        listen=listen,
        sockets=(),
        lock=-1,
        url=f"http://{listen[0]}",
        prestart=None,
        app=Program(
            "app",
            # -P, so that a test can put hostile modules beside it.
            (sys.executable, "-P", str(home / "app.py")),
            str(home),
            (("APP_SOCKET", f"{folder}/app-1/app.sock"),),
        ),
        nginx=Program("nginx", (str(NGINX), "-e", "stderr", "-p", folder, "-c", f"{folder}/nginx.conf"), str(home)),
        nginx_check=(str(NGINX), "-e", "stderr", "-t", "-q", "-p", folder, "-c", f"{folder}/nginx.conf"),
        socket=f"{folder}/app-1/app.sock",
        upstream=f"{folder}/app.sock",
        protocol="http",
        host="localhost",
        report=f"{folder}/app-1/report.json",
        draining=f"{folder}/draining",
        start_timeout=30.0,
        stop_timeout=20.0,
        kill_timeout=25.0,
        log_format="text",
        container=False,
        writable=(f"{folder}/nginx",),
    )
    launch = replace(launch, **changes)
    conf = NGINX_CONF.format(
        folder=folder,
        upstream=launch.upstream,
        draining=launch.draining,
        access="/dev/stdout",
        # As root, nginx would else run its workers as nobody, who may not enter the run folder.
        user="user root;\n" if os.geteuid() == 0 and not launch.user else "",
        listens="".join(f"        listen {address};\n" for address in launch.listen),
    )
    return Instance(home, launch, {f"{folder}/nginx.conf": plain(f"{folder}/nginx.conf", conf)})


def instances(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Instance]]:
    """A fixture: makes instances that are ended with the test."""
    made: list[Instance] = []

    def make(app: str = APP, **changes: Any) -> Instance:
        made.append(instance(tmp_path_factory.mktemp("i"), app, **changes))
        return made[-1]

    yield make
    for each in made:
        each.end()
