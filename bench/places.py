"""Where one contender runs: its folder, its ports, and the words that its commands and files leave open.

Rule: a word stands as `@name@` in commands and in configuration files alike, and is filled in here alone;
an open word that nobody fills is an error, not an empty place.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPEN = re.compile(r"@([a-z]+)@")


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs of this run."""

    wrk: str
    nginx: str
    python: str
    """The interpreter that has porch, the app servers and the apps."""
    bin: str
    """The folder of that interpreter's commands."""
    tools: str
    """The folder of the other contenders' commands."""
    packages: str
    """The folder of the other contenders' packages."""


@dataclass(frozen=True, slots=True)
class Site:
    """One contender's folder and the words for it."""

    folder: Path
    words: Mapping[str, str]

    @property
    def app(self) -> Path:
        """The working directory of the app."""
        return self.folder / "app"

    @property
    def log(self) -> Path:
        """Where the standard output and the standard error of its commands go."""
        return self.folder / "output.log"

    def fill(self, text: str) -> str:
        """Put the words in; KeyError for one that is not known."""
        return OPEN.sub(lambda found: self.words[found.group(1)], text)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def lay_out(folder: Path, app: str, files: str, tools: Tools) -> Site:
    """Copy the app and the contender's files to a fresh folder, with the words filled in.

    The folder can be read by any user, because some contenders give up root for `nobody`.
    """
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    site = Site(folder, _words(folder, tools))
    shutil.copytree(HERE / "apps" / app, site.app, ignore=shutil.ignore_patterns("__pycache__"))
    _write_static(site.app / "static")
    for source in (HERE / "nginx", HERE / files if files else HERE / "nginx"):
        for path in source.iterdir():
            (folder / path.name).write_text(site.fill(path.read_text()))
    return site


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def static_text() -> bytes:
    """The static file: 20 kB of text, the same in every run."""
    line = b"/* twenty thousand bytes, give or take none: the static file of the benchmark */\n"
    return (line * (20_000 // len(line) + 1))[:20_000]


def _write_static(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "20k.css").write_bytes(static_text())


def _words(folder: Path, tools: Tools) -> dict[str, str]:
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return {
        "run": str(folder),
        "app": str(folder / "app"),
        "port": str(free_port()),
        "inner": str(free_port()),
        "cores": str(cores()),
        "user": owner.pw_name,
        "group": grp.getgrgid(owner.pw_gid).gr_name,
        "here": str(HERE),
        "nginx": tools.nginx,
        "python": tools.python,
        "bin": tools.bin,
        "tools": tools.tools,
        "packages": tools.packages,
    }
