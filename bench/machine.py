"""Describes the machine and the versions, generally: nothing that tells whose machine it is.

Rule: no host name, no path and no user goes into a report.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from places import Tools, cores
from results import Machine

HERE = ("porch", "granian", "gunicorn", "pyuwsgi", "uvicorn", "gevent", "aiohttp", "flask", "starlette")
OTHERS = ("mod-wsgi-standalone", "caddysnake", "supervisor")


def describe(tools: Tools) -> Machine:
    """Cores, memory, kernel, and the version of everything that was measured."""
    return Machine(
        cores=cores(),
        memory_gb=_memory(),
        kernel=".".join(platform.release().split(".")[:2]),
        versions={
            "Python": platform.python_version(),
            "nginx": _said((tools.nginx, "-v"), r"nginx/([\d.]+)"),
            "wrk": _said((tools.wrk, "-v"), r"wrk (?:debian/)?([\d.]+)"),
            **{name: _version(name) for name in HERE},
            **_others(tools),
        },
    )


def _memory() -> int:
    total = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return round(int(total.group(1)) / 1024 / 1024) if total else 0


def _said(words: tuple[str, ...], pattern: str) -> str:
    """A version that a program tells on either stream; wrk tells it with exit code 1."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _others(tools: Tools) -> dict[str, str]:
    known = {found.metadata["Name"].lower(): found.version for found in distributions(path=[tools.packages, *sys.path])}
    return {name: known.get(name, "not installed") for name in OTHERS}
