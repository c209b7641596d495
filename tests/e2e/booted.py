"""A real systemd, booted for a test in namespaces and control groups of its own.

Rule: it shares the kernel and the network with the machine, and no file that it writes; what runs in it is gone with
it, and so are its control groups.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from story import Outcome, open_to_all
from waiting import until

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("boot.sh")
SYSTEMD = Path("/lib/systemd/systemd")
SHOP = "srv/shop"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    if os.geteuid() != 0:
        return "only root can boot a systemd"
    if not SYSTEMD.exists():
        return f"{SYSTEMD} is not here; on Debian: apt-get install systemd"
    if Path("/proc/1/comm").read_text().strip() != "systemd" and not os.access("/sys/fs/cgroup", os.W_OK):
        return "the control groups are read-only here, as in a container"
    return ""


class Machine:
    """One that has booted."""

    def __init__(self) -> None:
        self.group = f"porch-test-{secrets.token_hex(4)}"
        self._log = Path(f"/tmp/{self.group}.log")
        words = ("sh", str(SCRIPT), self.group, str(ROOT), sys.prefix)
        with self._log.open("w") as log:
            self._outside = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.pid = until(self._first, lambda: f"systemd is process 1: {self._log.read_text()}")
        until(lambda: self._state() in {"running", "degraded"}, self.said, 90)

    def _state(self) -> str:
        return self.run("systemctl", "is-system-running").stdout.strip()

    def _first(self) -> int:
        with suppress(OSError):  # what the script runs before may end while it is looked at
            children = Path(f"/proc/{self._outside.pid}/task/{self._outside.pid}/children").read_text().split()
            if children and Path(f"/proc/{children[0]}/comm").read_text() == "systemd\n":
                return int(children[0])
        return 0

    def said(self) -> str:
        """What systemd, and what runs in it, wrote."""
        services = [each.read_text() for each in (self.path("run")).glob("*.log")]
        return "\n".join((self._log.read_text(), *services))

    def path(self, inside: str) -> Path:
        """A path as the machine sees it, from outside."""
        return Path(f"/proc/{self.pid}/root/{inside}")

    def run(self, *words: str, folder: str = "/") -> Outcome:
        """A command in it, as root, to its end."""
        enter = ("nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--cgroup")
        done = subprocess.run(
            (*enter, f"--wdns={folder}", "--", *words),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": "/srv/porch/src"},
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def place(self, app: str, text: str) -> None:
        """Put a file into the project, which lies in /srv/shop."""
        (self.path(SHOP) / app).write_text(text)
        open_to_all(self.path(SHOP))

    def install(self, *words: str) -> None:
        """Render the units of the project and install them, as the comment in their head says."""
        deploy = self.path("run/deploy")
        shutil.rmtree(deploy, ignore_errors=True)
        rendered = self.run(
            "/srv/venv/bin/porch", "render", "systemd", "--out", "/run/deploy", *words, folder="/srv/shop"
        )
        assert rendered.code == 0, rendered.stderr
        units = self.path("run/systemd/system")
        for unit in deploy.iterdir():
            shutil.copy(unit, units)
            # The tests' porch lies in a folder of its own, and the machine has no other services to wait for.
            own = units / f"{unit.name}.d"
            own.mkdir(exist_ok=True)
            lines = ["[Unit]", "DefaultDependencies=no"]
            if unit.suffix == ".service":
                lines += ["[Service]", "Environment=PYTHONPATH=/srv/porch/src PYTHONDONTWRITEBYTECODE=1"]
                lines += ["StandardOutput=append:/run/shop.log", "StandardError=append:/run/shop.log"]
            (own / "test.conf").write_text("\n".join(lines) + "\n")
        assert self.run("systemctl", "daemon-reload").code == 0

    def systemctl(self, *words: str) -> Outcome:
        """systemctl, which must succeed."""
        done = self.run("systemctl", *words)
        assert done.code == 0, f"systemctl {words}: {done.stderr}\n{self.said()}"
        return done

    def shown(self, name: str) -> str:
        """A property of the service, as systemd has it."""
        return self.systemctl("show", "--value", "-p", name, "shop.service").stdout.strip()

    def close(self) -> None:
        """End it, with all that runs in it."""
        os.kill(self.pid, signal.SIGKILL)
        self._outside.wait(60)
        for where in Path("/sys/fs/cgroup").rglob(self.group):
            for folder in (*sorted((each for each in where.rglob("*") if each.is_dir()), reverse=True), where):
                until(lambda folder=folder: _removed(folder), f"nothing is left in {folder}")
        self._log.unlink()


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError:
        return not group.exists()
    return True
