"""Services started by the real Compose from a folder with rendered files.

Rule: the rendered file is taken as it stands; what a test lays over it is the port, which the engine chooses, and the
name of an image that was built before, as a build here needs the network of the host.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Any

from asking import Answer, ask
from engine import docker
from waiting import until

COMPOSE = Path(sys.executable).with_name("docker-compose")
PATIENCE = 300.0
CONNECTED = """
import sys, time
end = time.monotonic() + 60
while time.monotonic() < end:
    lines = [line.split() for line in open("/proc/net/tcp").read().splitlines()[1:]]
    if any(line[1].endswith(sys.argv[1]) and line[3] == "01" for line in lines):
        sys.exit(0)
    time.sleep(0.01)
sys.exit(1)
"""
"""As the kernel tells them (proc_net_tcp): the local address, and state 01, established."""


class Composed:
    """The services of one folder, gone at the end of the test."""

    def __init__(self, folder: Path, image: str, project: str, over: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.project = project
        self.services = sorted(self._config("compose.yaml")["services"])
        self.front = "nginx" if "nginx" in self.services else self.services[0]
        laid_over = folder / "compose.test.yaml"
        images = "".join(f"  {name}:\n    image: {image}\n" for name in self.services if name != self.front)
        front = f'  {self.front}:\n    image: {image}\n    ports: !override ["127.0.0.1::8080"]\n'
        laid_over.write_text(f"services:\n{images}{front}")
        self._files = [folder / "compose.yaml", *over, laid_over]

    def _config(self, *names: str) -> Any:
        words = [word for name in names for word in ("-f", str(self.folder / name))]
        done = subprocess.run(
            (str(COMPOSE), *words, "config", "--format", "json"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, *words: str, check: bool = True, patience: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """A command of Compose, to its end."""
        files = [word for path in self._files for word in ("-f", str(path))]
        done = subprocess.run(
            (str(COMPOSE), "-p", self.project, *files, *words),
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            cwd=self.folder,
            env=os.environ,
        )
        if check and done.returncode:
            raise AssertionError(f"compose {' '.join(words)} exited {done.returncode}:\n{done.stderr}\n{self.log()}")
        return done

    def up(self, *services: str) -> Composed:
        """Start them, and wait until each is healthy."""
        self.run("up", "--detach", "--wait", "--no-build", *services)
        return self

    @property
    def port(self) -> int:
        """The loopback port that leads to nginx."""
        return int(self.run("port", self.front, "8080").stdout.strip().rpartition(":")[2])

    def ask(self, path: str = "/", headers: dict[str, str] | None = None) -> Answer:
        """One request from outside."""
        return ask(self.port, "GET", path, headers)

    def log(self, *services: str) -> str:
        """What they wrote."""
        return self.run("logs", "--no-color", "--no-log-prefix", *services, check=False).stdout

    def wait_for_line(self, text: str) -> None:
        """Return when some service has written it."""
        until(lambda: text in self.log(), lambda: f"{text!r} is in the log:\n{self.log()}", 60)

    def container(self, service: str) -> str:
        """The id of its container, running or not."""
        return self.run("ps", "--all", "--quiet", service).stdout.strip()

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine knows of it."""
        found: dict[str, Any] = json.loads(docker("inspect", self.container(service)).stdout)[0]
        return found

    def begin(self, path: str, service: str, port: int, pool: Executor) -> Future[Answer]:
        """Ask, and return when the question is at that port of the service: asked again if it was over before that.

        The engine needs a second or two to begin anything in a container, which is as long as the question may take.
        """
        words = ("exec", self.container(service), "python", "-c", CONNECTED, f":{port:04X}")
        front = self.port
        seen, asked = pool.submit(docker, *words), pool.submit(ask, front, "GET", path)
        while not seen.done():
            wait((seen, asked), return_when=FIRST_COMPLETED)
            if asked.done() and not seen.done():
                asked = pool.submit(ask, front, "GET", path)
        seen.result()
        return asked

    def stop(self) -> dict[str, int]:
        """Stop them in order; each service's exit code."""
        self.run("stop")
        return {name: int(self.inspect(name)["State"]["ExitCode"]) for name in self.services}

    def down(self) -> None:
        """Remove all."""
        self.run("down", "--volumes", "--timeout", "5", check=False)
