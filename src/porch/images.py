"""Variables of the images that people come from, with the meaning that they had there.

Rule: a variable of another tool is honoured or said, never half-read; they are weaker than PORCH_* and flags.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from typing import NoReturn

from porch import settings
from porch.records import dataclass

GUNICORN_ARGS = "GUNICORN_CMD_ARGS"


@dataclass(frozen=True, slots=True)
class Meant:
    """What the variables mean: (key, raw value, origin), and what must be said."""

    values: tuple[tuple[str, object, str], ...]
    notes: tuple[str, ...]


def read(environ: Mapping[str, str], *, django: bool = False) -> Meant:
    """Read every known variable; an empty one counts as not said, as in the shell scripts of those images.

    `django`: the project is one of Django, whose settings often read a variable STATIC_URL of their own.
    """
    said = {name: value for name, value in environ.items() if value != ""}
    url = said.get("STATIC_URL", "")
    if "//" in url or (django and "STATIC_PATH" not in said):
        # Those images had paths: a whole URL is of files on another host.
        said.pop("STATIC_URL", None)
    values: list[tuple[str, object, str]] = []
    for spec in settings.specs():
        for name in reversed(spec.images):
            # The first name is the strongest, so it is taken last.
            if name in said and name not in _JOINED:
                values.append((spec.key, _PLAIN.get(name, _as_it_is)(said[name]), f"${name}"))  # noqa: PERF401  # reads better
    values = _target(said) + values + _static(said)
    taken, notes = _gunicorn(said)
    return Meant(tuple(taken + values), notes)


def _as_it_is(raw: str) -> object:
    return raw


_PLAIN: Mapping[str, Callable[[str], object]] = {
    "LOG_LEVEL": str.lower,
    "NGINX_MAX_UPLOAD": str.upper,
    # The images sourced the script in sh; it need not be executable.
    "PRE_START_PATH": lambda raw: ["sh", raw],
}
_JOINED = frozenset({"STATIC_URL", "STATIC_PATH", "STATIC_INDEX", GUNICORN_ARGS})
"""Read together below."""


def _target(said: Mapping[str, str]) -> list[tuple[str, object, str]]:
    if "MODULE_NAME" not in said and "VARIABLE_NAME" not in said:
        return []
    module, variable = said.get("MODULE_NAME", "main"), said.get("VARIABLE_NAME", "app")
    named = "$MODULE_NAME" if "MODULE_NAME" in said else "$VARIABLE_NAME"
    return [("app.target", f"{module}:{variable}", named)]


def _static(said: Mapping[str, str]) -> list[tuple[str, object, str]]:
    found: list[tuple[str, object, str]] = []
    folder = said.get("STATIC_PATH", "/app/static")
    if "STATIC_URL" in said or "STATIC_PATH" in said:
        url = said.get("STATIC_URL", "/static").rstrip("/") + "/"
        named = "$STATIC_PATH" if "STATIC_PATH" in said else "$STATIC_URL"
        found.append(("static", {url: folder}, named))
    if said.get("STATIC_INDEX", "0") != "0":
        found.append(("files.home_page", f"{folder.rstrip('/')}/index.html", "$STATIC_INDEX"))
    return found


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


_GUNICORN = {
    ("-w", "--workers"): "server.workers",
    ("--threads",): "server.threads",
    ("-k", "--worker-class"): "server.worker_class",
    ("-t", "--timeout"): "limits.request_timeout",
    ("--graceful-timeout",): "limits.graceful_timeout",
    ("--keep-alive",): "server.keep_alive",
    ("--backlog",): "server.backlog",
    ("-c", "--config"): "server.config",
    ("--log-level",): "log.level",
    ("--max-requests",): "server.recycle_requests",
}
_JITTER = "--max-requests-jitter"
"""Left out: porch has one of its own."""
_OURS = ("-b", "--bind")
_UVICORN = "its uvicorn workers are replaced by gunicorn's own for ASGI"
_CLASSES: Mapping[str, tuple[str, str]] = {
    "aiohttp.GunicornWebWorker": ("aiohttp", ""),
    "aiohttp.worker.GunicornWebWorker": ("aiohttp", ""),
    "aiohttp.GunicornUVLoopWebWorker": ("aiohttp", "its workers run without uvloop"),
    "gunicorn.workers.sync.SyncWorker": ("sync", ""),
    "gunicorn.workers.gthread.ThreadWorker": ("gthread", ""),
    "gunicorn.workers.ggevent.GeventWorker": ("gevent", ""),
    "uvicorn.workers.UvicornWorker": ("asgi", _UVICORN),
    "uvicorn.workers.UvicornH11Worker": ("asgi", _UVICORN),
    "uvicorn_worker.UvicornWorker": ("asgi", _UVICORN),
}
"""Where gunicorn finds a worker -> its word here, and what must be said."""


def _gunicorn(said: Mapping[str, str]) -> tuple[list[tuple[str, object, str]], tuple[str, ...]]:
    """Take from gunicorn's own variable what porch decides, and hand on the rest as words for its command line."""
    origin, words = f"${GUNICORN_ARGS}", said.get(GUNICORN_ARGS, "")
    if not words:
        return [], ()
    parser = _Parser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    for flags, key in _GUNICORN.items():
        parser.add_argument(*flags, dest=key)
    parser.add_argument(*_OURS, dest="bind", action="append")
    parser.add_argument(_JITTER, dest="jitter")
    try:
        found, rest = parser.parse_known_args(shlex.split(words))
    except ValueError:
        # Whatever is wrong with it, gunicorn's own message is the better one: hand it on whole.
        return [("server.args", words, origin)], ()
    told: dict[str, str] = vars(found)
    told.pop("jitter", None)
    notes: list[str] = []
    if told.pop("bind", None):
        notes.append(f"{origin}: --bind is left out, nginx listens in its place; use --listen")
    kind = "server.worker_class"
    if kind in told:
        short = told[kind].removeprefix("egg:gunicorn#")
        told[kind], note = _CLASSES.get(short, (short, ""))
        notes += [f"{origin}: {note}"] if note else []
        if "." in told[kind]:
            # A class of the user's own: only gunicorn can load it, and its command line stands above its file.
            rest = ["--worker-class", told.pop(kind), *rest]
    # gunicorn takes its words for levels in any case.
    taken: list[tuple[str, object, str]] = [
        (key, raw.lower() if key == "log.level" else raw, origin) for key, raw in told.items()
    ]
    if rest:
        taken.append(("server.args", rest, origin))
    return taken, tuple(notes)
