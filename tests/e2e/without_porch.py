"""The ways to run an app: by porch, and by the files that porch rendered, where nobody can import porch.

Rule: each way gives a Site that is asked and stopped like any other, and is judged by what it leaves behind.
"""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ports import free_port
from story import PATIENCE, STOPPED, Project, Site
from waiting import until

READY = "/-/porch/ready"
SUPERVISORD = Path(sys.executable).with_name("supervisord")
UWSGI = "#!{python}\nfrom pyuwsgi import run\n\nrun()\n"
Start = Callable[[Project, tuple[str, ...]], Site]


def python_without_porch(home: Path) -> Path:
    """An interpreter in an environment that has all that this one has, but porch."""
    own = Path(sys.executable).parent.parent
    (site_packages,) = own.glob("lib/python3*/site-packages")
    there = home / "venv" / site_packages.relative_to(own)
    there.mkdir(parents=True)
    for entry in site_packages.iterdir():
        if "porch" not in entry.name:
            (there / entry.name).symlink_to(entry)
    shutil.copy(own / "pyvenv.cfg", home / "venv")
    python = home / "venv/bin/python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    uwsgi = python.with_name("uwsgi")
    uwsgi.write_text(UWSGI.format(python=python))
    uwsgi.chmod(0o755)
    found = subprocess.run((python, "-c", "import porch"), capture_output=True, text=True, check=False)
    assert "No module named 'porch'" in found.stderr
    return python


class Kept(Site):
    """Programs that were started from rendered files; the first of them is told to stop last."""

    def __init__(self, project: Project, *programs: subprocess.Popen[str], stop_by: tuple[signal.Signals, ...]) -> None:
        super().__init__(project, programs[0])
        self._more = [(each, Site(project, each)) for each in programs[1:]]
        self._stop_by = stop_by

    def wait_ready(self, deadline: float = PATIENCE) -> None:
        """Wait until a worker answers through nginx; fail at once when a program ends instead."""

        def ready() -> bool:
            assert self.running, f"it ended: {self.stdout.text}\n{self.stderr.text}"
            try:
                return self.get(READY).status == 200
            except OSError:  # nobody listens yet
                return False

        until(ready, lambda: f"it is ready; it says: {self.stdout.text}\n{self.stderr.text}", deadline)

    def stop(self, by: signal.Signals = signal.SIGTERM, deadline: float = STOPPED) -> int:
        """Tell each program to stop, the last started first, as the heads of the files say."""
        for (program, site), number in zip(reversed(self._more), self._stop_by, strict=True):
            program.send_signal(number)
            assert program.wait(deadline) == 0
            site.stdout.close()
            site.stderr.close()
        return super().stop(by, deadline)

    def wait_end(self, deadline: float = STOPPED) -> int:
        """Wait until it has ended; uvicorn leaves its socket, which the next start removes."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(deadline)
        (self.project.run_folder / "app/app.sock").unlink(missing_ok=True)
        return super().wait_end(deadline)


def rendered(project: Project, target: str, words: tuple[str, ...]) -> Path:
    """The folder with the files of that target, planned for an interpreter that has no porch."""
    if not (project.home / "venv").exists():
        python_without_porch(project.home)
    python = str(project.home / "venv/bin/python")
    folder = project.home / "deploy"
    told = project.porch(
        *("render", target, "app:app", "--out", str(folder), "--listen", f"127.0.0.1:{project.port}"),
        *("--app-python", python, *words),
    )
    assert told.code == 0, told.stderr
    return folder


def commands(file: Path) -> list[str]:
    """The commands in the head of a rendered file: those that stand indented."""
    head = [line for line in file.read_text().splitlines() if line.startswith("#")]
    return [line.removeprefix("#     ") for line in head if line.startswith("#     ")]


def by_porch(project: Project, words: tuple[str, ...]) -> Site:
    """`porch run`."""
    return project.run("app:app", *words)


def by_supervisord(project: Project, words: tuple[str, ...]) -> Site:
    """A real supervisord."""
    folder = rendered(project, "supervisord", words)
    return supervised(project, folder)


def supervised(project: Project, folder: Path) -> Site:
    """Start supervisord with the files in that folder."""
    process = project.start((str(SUPERVISORD), "-c", str(folder / "supervisord.conf")), {}, Path("/"))
    return project.add(Kept(project, process, stop_by=()))


def by_hand(project: Project, words: tuple[str, ...]) -> Site:
    """The commands in the heads of the files, typed as they stand there."""
    server = words[words.index("--server") + 1]
    own = {"gunicorn": "gunicorn.conf.py", "uwsgi": "uwsgi.ini"}[server]
    folder = rendered(project, server, words)
    rendered(project, "nginx", words)
    shutil.rmtree(project.run_folder)
    *making, starting = commands(folder / own)
    for command in making:
        subprocess.run(shlex.split(command), check=True)
    app = project.start(shlex.split(starting), {}, Path("/"))
    nginx = project.start(shlex.split(commands(folder / "nginx.conf")[-1]), {}, Path("/"))
    return project.add(Kept(project, app, nginx, stop_by=(signal.SIGQUIT,)))


def by_parts(project: Project, words: tuple[str, ...]) -> Site:
    """`porch run` for each part, as containers of their own would do it."""
    where = ("--run-address", f"127.0.0.1:{free_port()}", "--log-format", "text")
    parts: list[subprocess.Popen[str]] = []
    for part in ("app", "nginx"):
        own = ("--run-part", part, "--run-dir", str(project.home / part), "--listen", f"127.0.0.1:{project.port}")
        argv = (str(project.python), "-m", "porch", "run", "app:app", *words, *own, *where)
        parts.append(project.start(argv, project.environment, project.folder))
    return project.add(Kept(project, *parts, stop_by=(signal.SIGQUIT,)))
