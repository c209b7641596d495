"""A real Docker engine for the tests: the one that is there, or the one that `../shared/containers/engine` brings up.

Rule: what a test builds or starts has a name of this test run's own, and is gone at its end; every container is asked
through a port that the engine publishes on loopback.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asking import Answer, ask
from waiting import until

ROOT = Path(__file__).parents[2]
BRINGER = ROOT.parent / "shared/containers/engine"
LOCK = Path(tempfile.gettempdir()) / "porch-tests-engine.lock"
BASE = "python:3.13-slim-trixie"
BUILD_PATIENCE = 600.0
PAUSES = (5, 30)
"""Seconds until a build is tried again that a mirror of packages had no answer for."""
AWAY = re.compile(
    "Temporary failure|Could not connect|Connection (timed out|failed|refused|reset)|Connection broken|Failed to fetch"
    "|ReadTimeoutError|Read timed out|NewConnectionError|ProtocolError|IncompleteRead|Hash Sum mismatch"
    r"|\b(50[234]|429) (Service Unavailable|Bad Gateway|Gateway Time-?out|Too Many Requests|Server Error)"
)
"""What apt and pip say then; a build that fails for a fault of ours says none of it."""


def docker(
    *words: str, patience: float = 300.0, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One command of the client, to its end."""
    done = subprocess.run(
        (client(), *words),
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
        env={**os.environ, **environment},
    )
    if check and done.returncode:
        raise AssertionError(
            f"docker {' '.join(words)} exited {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
    return done


def client() -> str:
    """Debian's client before others on the PATH, which may lack what builds images."""
    return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"


def missing() -> str:
    """Bring the engine up and return nothing, or say why there is none."""
    with LOCK.open("w") as lock:
        # Several workers of the tests may come here at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if BRINGER.is_file() and os.geteuid() == 0:
            brought = subprocess.run(("bash", str(BRINGER)), capture_output=True, text=True, timeout=580, check=False)
            return "" if brought.returncode == 0 else f"{BRINGER} failed: {brought.stderr[-2000:]}"
    if shutil.which(client()) is None:
        return f"no docker here, and {BRINGER} is not there to bring one"
    answered = docker("info", check=False)
    return "" if answered.returncode == 0 else f"docker does not answer: {answered.stderr.strip()[-500:]}"


@dataclass
class Container:
    """One that was started, and is removed at the end of its test."""

    name: str
    port: int = 8080
    _published: dict[int, int] = field(default_factory=dict[int, int])

    def published(self, port: int = 0) -> int:
        """The loopback port that stands for the container's."""
        wanted = port or self.port
        if wanted not in self._published:
            told = docker("port", self.name, str(wanted)).stdout.split()[0]
            self._published[wanted] = int(told.rpartition(":")[2])
        return self._published[wanted]

    def ask(self, path: str = "/", method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """One request from outside."""
        return ask(self.published(), method, path, headers)

    def wait_ready(self, deadline: float = 90.0) -> Container:
        """Return when it has said that it is ready; fail at once when it has ended."""

        def said() -> bool:
            if not self.state()["Running"]:
                raise AssertionError(f"the container ended:\n{self.log()}")
            return "ready http" in self.log()

        until(said, lambda: f"the container is ready; its log:\n{self.log()}", deadline)
        return self

    def log(self) -> str:
        """Both streams of all it wrote."""
        done = docker("logs", self.name, check=False)
        return done.stdout + done.stderr

    def said(self, pattern: str) -> list[str]:
        """The messages of its log that match."""
        return [each["message"] for each in self.lines() if re.search(pattern, str(each.get("message", "")))]

    def lines(self) -> list[dict[str, Any]]:
        """Its lines as objects; what is none is left out."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def inspect(self) -> dict[str, Any]:
        """What the engine knows of it."""
        found: dict[str, Any] = json.loads(docker("inspect", self.name).stdout)[0]
        return found

    def state(self) -> dict[str, Any]:
        """Whether it runs, its exit code, its health."""
        found: dict[str, Any] = self.inspect()["State"]
        return found

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command inside it."""
        return docker("exec", self.name, *words, check=check)

    def inside(self, *options: str, command: Sequence[str]) -> str:
        """The output of a command in it, with options of `docker exec`."""
        return docker("exec", *options, self.name, *command).stdout

    def send(self, path: str, body: bytes) -> Answer:
        """A POST with a body."""
        return ask(self.published(), "POST", path, body=body)

    def status(self) -> dict[str, Any]:
        """What the instance says of itself."""
        found: dict[str, Any] = json.loads(self.run("porch", "status", "--json").stdout)
        return found

    def stop(self, grace: int = 45) -> int:
        """`docker stop`; the exit code."""
        docker("stop", "--time", str(grace), self.name, patience=grace + 30)
        return int(self.state()["ExitCode"])


class Engine:
    """The engine, and what one test run has made with it."""

    def __init__(self, index: str) -> None:
        self.index = index
        self.mark = f"porch-test-{secrets.token_hex(4)}"
        self._containers: list[str] = []
        self._images: list[str] = []

    def build(self, folder: Path, *words: str, buildkit: bool = True, check: bool = True) -> str:
        """Build the folder's Dockerfile as a user would; the image's name."""
        name = f"{self.mark}-image-{len(self._images)}"
        self._images.append(name)
        # The network of RUN is the host's, and base images are those that are here.
        options = ("--network=host", "--pull=false", "--build-arg", f"PIP_EXTRA_INDEX_URL={self.index}", *words)
        words = ("build", *options, "-t", name, str(folder))
        for pause in PAUSES if check else ():
            done = docker(*words, patience=BUILD_PATIENCE, check=False, DOCKER_BUILDKIT=str(int(buildkit)))
            if not done.returncode:
                return name
            if not AWAY.search(done.stdout + done.stderr):
                break
            time.sleep(pause)
        docker(*words, patience=BUILD_PATIENCE, check=check, DOCKER_BUILDKIT=str(int(buildkit)))
        return name

    def render(self, folder: Path, *words: str) -> str:
        """`porch render docker` in that folder; what it wrote and said."""
        done = subprocess.run(
            (sys.executable, "-m", "porch", "render", "docker", "--out", ".", *words),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def start(
        self,
        image: str,
        *options: str,
        command: Sequence[str] = (),
        port: int = 8080,
        env: Mapping[str, str] | None = None,
    ) -> Container:
        """`docker run` in the background, its port published on loopback; 0: none is."""
        name = f"{self.mark}-{len(self._containers)}"
        self._containers.append(name)
        variables = [word for key, value in (env or {}).items() for word in ("-e", f"{key}={value}")]
        published = ("-p", f"127.0.0.1::{port}") if port else ()
        docker("run", "-d", "--name", name, *published, *variables, *options, image, *command)
        return Container(name, port)

    def close(self) -> None:
        """Remove all that was made."""
        if self._containers:
            docker("rm", "--force", "--volumes", *self._containers, check=False)
        if self._images:
            docker("rmi", "--force", *self._images, check=False)
