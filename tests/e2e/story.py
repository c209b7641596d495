"""The test helper that reads like a user story: a folder of files, a command, what came of it.

Rule: what a story starts is gone at its end, with every file of its run folder; a story that leaves something fails.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import processes
from asking import Answer, WebSocket, ask, ask_raw
from ports import free_port
from waiting import Stream, until

APPS = Path(__file__).parent.parent / "apps"
READY = "ready http"
PATIENCE = 60.0
"""Seconds for a start, or for a command: for what hangs, not for what is slow."""
STOPPED = 30.0
"""Seconds for a stop: less than the 40 after which porch kills, so that a stop that came to that is seen."""

# The user's own environment must not decide a test; these words are what any login shell has.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "USER", "SHELL")

# Started by this test process: whatever else becomes its child is an orphan that some porch left.
_OWN: set[int] = set()


def own(pid: int) -> None:
    """A process that the test itself has started, beside any porch."""
    _OWN.add(pid)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command that ran to its end."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.stdout)


class Project:
    """A user's folder, with a run folder and a port of its own."""

    def __init__(self, app: str | Path | None = None) -> None:
        # Short: the path of a unix socket has at most 107 bytes. Readable: the app runs as another user.
        self.home = Path(tempfile.mkdtemp(prefix="porch-", dir="/tmp"))
        self.home.chmod(0o755)
        self.folder = self.home / "project"
        self.run_folder = self.home / "run"
        self.port = free_port()
        self.python = Path(sys.executable)
        self.environment = {"PORCH_RUN_DIR": str(self.run_folder)}
        self.within: tuple[str, ...] = ()
        """Words before each porch command: what limits it, or a namespace of its own."""
        self._mark = f"STORY={secrets.token_hex(8)}"
        self._started: list[subprocess.Popen[str]] = []
        self._sites: list[Site] = []
        if app is None:
            self.folder.mkdir()
        else:
            shutil.copytree(APPS / app, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        open_to_all(self.folder)

    def write(self, name: str, text: str) -> Path:
        """Put a file into the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # At once: who reads it meanwhile, or watches it, sees the old or the new, and one change.
        written = self.home / "written"
        written.write_text(text)
        written.chmod(0o666 | (stat.S_IMODE(path.stat().st_mode) if path.exists() else 0))
        written.replace(path)
        open_to_all(self.folder)
        return path

    def porch(self, *words: str, **environment: str) -> Outcome:
        """Run a porch command to its end."""
        process = self._start(words, environment)
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=PATIENCE)
            raise AssertionError(f"porch {words} did not end in {PATIENCE:g} s:\n{stdout}\n{stderr}") from None
        return Outcome(process.returncode, stdout, stderr)

    def run_refused(self, *words: str, **environment: str) -> Outcome:
        """`porch run` that is expected to end by itself, leaving nothing."""
        outcome = self.porch("run", *self._with_defaults(words), **environment)
        self.assert_nothing_left()
        return outcome

    def run(self, *words: str, listen: bool = True, stdout: int = subprocess.PIPE, **environment: str) -> Site:
        """`porch run`, up to the moment when it says ready; its standard output may go where nobody reads it."""
        return self.add(self.run_later(*words, listen=listen, stdout=stdout, **environment))

    def run_later(self, *words: str, listen: bool = True, stdout: int = subprocess.PIPE, **environment: str) -> Site:
        """`porch run`, begun; to be handed to `add`."""
        return Site(self, self._start(("run", *self._with_defaults(words, listen=listen)), environment, stdout))

    def add(self, site: Site) -> Site:
        """Wait until the site is ready; it is stopped at the end of the story."""
        self._sites.append(site)
        site.wait_ready()
        return site

    def _with_defaults(self, words: tuple[str, ...], *, listen: bool = True) -> tuple[str, ...]:
        more: list[str] = ["--listen", f"127.0.0.1:{self.port}"] if listen and "--listen" not in words else []
        if "--log-format" not in words:
            more += ["--log-format", "text"]
        return (*words, *more)

    def _start(
        self, words: tuple[str, ...], environment: Mapping[str, str], stdout: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        argv = (*self.within, str(self.python), "-m", "porch", *words)
        return self.start(argv, self.environment | dict(environment), self.folder, stdout=stdout)

    def start(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        pass_fds: Sequence[int] = (),
        stdout: int = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        """Start any command as part of this story."""
        known = {name: os.environ[name] for name in KEPT if name in os.environ}
        mark = dict([self._mark.split("=")])
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            env={**known, "PYTHONDONTWRITEBYTECODE": "1", **mark, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self._started.append(process)
        _OWN.add(process.pid)
        return process

    def left_running(self) -> list[processes.Process]:
        """What still runs of all that this story started."""
        return processes.marked(self._mark, str(self.run_folder)) + processes.adopted(_OWN)

    def left_files(self) -> list[str]:
        """What still lies in the run folder."""
        files = (path for path in self.run_folder.rglob("*") if not path.is_dir())
        return sorted(str(path.relative_to(self.run_folder)) for path in files)

    def assert_nothing_left(self) -> None:
        """Fail when a process or a file outlives the command."""
        until(lambda: not self.left_running(), lambda: f"nothing is left running: {self.left_running()}")
        assert self.left_files() == [], "files are left in the run folder"

    def close(self) -> None:
        """Stop what runs, judge what is left, and clean up even when the judgement is bad."""
        try:
            for site in self._sites:
                if site.running:
                    site.stop()
            self.assert_nothing_left()
        finally:
            for process in self.left_running():
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            for started in self._started:
                started.wait(PATIENCE)
            shutil.rmtree(self.home, ignore_errors=True)


MakeProject = Callable[..., Project]
"""What the fixtures hand out: a project from a folder of tests/apps, or an empty one."""


class Site:
    """A running porch."""

    def __init__(self, project: Project, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.project = project
        self.process = process
        self.port = project.port
        # Where the test has taken standard output for itself, nothing is to be read here.
        self.stdout = Stream(process.stdout or io.StringIO())
        self.stderr = Stream(process.stderr)

    @property
    def running(self) -> bool:
        """Whether porch itself has not ended."""
        return self.process.poll() is None

    def wait_ready(self, deadline: float = PATIENCE) -> None:
        """Wait for the line that says so; fail at once when porch ends instead."""

        def ready() -> bool:
            return READY in self.stderr.text or not self.running

        until(ready, lambda: f"porch says ready; it says: {self.stderr.text}", deadline)
        if not self.running:
            self._close_streams()
            said = f"{self.stderr.text}\n--- stdout:\n{self.stdout.text}"
            raise AssertionError(f"porch ended with {self.process.returncode} before it was ready:\n{said}")

    def get(self, path: str, headers: Mapping[str, str] | None = None, by: str = "127.0.0.1") -> Answer:
        """Ask with GET, from that address of this machine."""
        return ask(self.port, "GET", path, headers, by=by)

    def post(self, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Ask with POST."""
        return ask(self.port, "POST", path, headers, body)

    def raw(self, request: bytes) -> Answer:
        """Send bytes as they are."""
        return ask_raw(self.port, request)

    def websocket(self, path: str) -> WebSocket:
        """Open a WebSocket."""
        return WebSocket(self.port, path)

    def status(self) -> Any:
        """What `porch status --json` says."""
        outcome = self.project.porch("status", "--json", "--run-dir", str(self.project.run_folder))
        assert outcome.code == 0, outcome.stderr
        return outcome.json()

    def find_pid(self, program: str) -> int | None:
        """Process id of the main process of `app` or `nginx`, as `status` tells it; None while it starts again."""
        return next((int(each["pid"]) for each in self.status()["processes"] if each["name"] == program), None)

    def pid_of(self, program: str) -> int:
        """The same, of one that is there."""
        found = self.find_pid(program)
        assert found is not None, f"{program} is not there"
        return found

    def workers_of(self, program: str) -> list[int]:
        """Process ids of the children of that program's main process; none while that starts again."""
        parent = self.find_pid(program)
        below = processes.below(parent) if parent is not None else []
        return [each.pid for each in below if each.parent == parent and each.state != "Z"]

    def wait_loaded(self, workers: int, *homes: str) -> None:
        """Wait until so many workers have loaded the app, of each of these generations, or of the first."""
        for home in homes or ("app-1",):
            folder = self.project.run_folder / home
            until(lambda folder=folder: len(list(folder.glob("pulse-*"))) == workers, f"all workers have loaded {home}")

    def stop(self, by: signal.Signals = signal.SIGTERM, deadline: float = STOPPED) -> int:
        """Ask porch to stop, and return its exit code; what it leaves behind fails the story."""
        self.process.send_signal(by)
        return self.wait_end(deadline)

    def wait_end(self, deadline: float = STOPPED) -> int:
        """Wait until porch has ended by itself."""
        try:
            code = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"porch did not stop in {deadline:g} s:\n{self.stderr.text}") from None
        self.project.assert_nothing_left()
        self._close_streams()
        return code

    def _close_streams(self) -> None:
        self.stdout.close()
        self.stderr.close()


def open_to_all(folder: Path) -> None:
    """Let the unprivileged user, whom porch runs the app as, read and write the project."""
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # what runs there may have files that come and go
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = mode | (0o777 if path.is_dir() else 0o666)
            if wanted != mode:
                path.chmod(wanted)
