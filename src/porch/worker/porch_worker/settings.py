"""What the worker is told: one environment variable, read once.

Rule: the app and its subprocesses find the environment as the user left it; what porch put there is taken out again.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "PORCH_WORKER"


@dataclass(frozen=True)
class Settings:
    """Which app to load, and how it is to see itself."""

    target: str
    """`module:attribute` or `module:factory()`; the attribute may be dotted."""
    interface: str
    """`wsgi`, `asgi` or `aiohttp`; empty when it is to be found out."""
    mount: str
    """URL prefix without a slash at its end; empty for none."""
    folder: str
    """The project, absolute."""
    report: str
    """Where a failure to load is written for the supervisor; empty: to standard error, for a person."""
    pulse: str = ""
    """Folder in which the worker tells the supervisor how it is; empty: nobody would read it."""
    counted: bool = False
    """The supervisor wants to know how many requests are done."""
    health: str = ""
    """Path that the app is asked at when readiness is; empty: a worker that answers is ready."""
    host: str = "localhost"
    """Host header of that question."""


def read(environ: MutableMapping[str, str]) -> Settings:
    """Take the settings out of the environment, and all else that porch put there."""
    raw: dict[str, str] = json.loads(environ.pop(VARIABLE, "") or _set_late(VARIABLE))
    _forget_path(environ)
    environ.pop("PYTHONSAFEPATH", None)
    return Settings(
        target=raw["target"],
        interface=raw.get("interface", ""),
        mount=raw.get("mount", "").rstrip("/"),
        folder=raw.get("folder", "") or str(Path.cwd()),
        report=raw.get("report", ""),
        pulse=raw.get("pulse", ""),
        counted=bool(raw.get("counted", "")),
        health=raw.get("health", ""),
        host=raw.get("host", "localhost"),
    )


def _set_late(name: str) -> str:
    """A variable that Python has not seen: uWSGI, as a module of a running Python, sets those of its file later."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    found: bytes | None = getenv(name.encode())
    if found is None:
        raise KeyError(name)
    os.unsetenv(name)
    return found.decode()


def _forget_path(environ: MutableMapping[str, str]) -> None:
    """Remove the entry that led to this package, and keep the user's own."""
    own = str(Path(__file__).resolve().parent.parent)
    entries = [entry for entry in environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    kept = [entry for entry in entries if str(Path(entry).resolve()) != own]
    if kept:
        environ["PYTHONPATH"] = os.pathsep.join(kept)
    else:
        environ.pop("PYTHONPATH", None)
