"""The settings of one further app of the instance: `[mounts."/api"]`, one table for each, named by its URL prefix.

Rule: as in `settings`: a key of the table is declared here and nowhere else; where it means what a setting of the main
app means, it is read and described as that one is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from porch import values as v
from porch.records import dataclass
from porch.settings import tables
from porch.settings.app import App, Server
from porch.settings.dotted import hidden
from porch.settings.edge import Limits
from porch.settings.process import VARIABLES
from porch.spec import setting
from porch.values import Kind

OWN = "/-"
"""What begins so belongs to porch: health, error pages."""


def _like(section: type, name: str, says: str) -> Any:
    """The kind of value that this setting of the main app has; None where nothing was said."""
    told = {each.name: each for each in fields(section)}[name].metadata
    return setting(told["kind"], None, says, example=told["example"])


@dataclass(frozen=True, slots=True)
class Mount:
    """One further app; None where nothing was said, so that it is found, or as for the main app."""

    app: str | None = _like(App, "target", "which app, as `app.target`")
    folder: str | None = setting(v.PATH, None, "the app's own project folder; else the main app's", example="api")
    interface: str | None = _like(App, "interface", "how it is called")
    python: str | None = _like(App, "python", "interpreter that runs it")
    health: str | None = _like(App, "health", "path of it that must answer before it counts as ready")
    server: str | None = _like(Server, "name", "which app server")
    workers: int | str | None = _like(Server, "workers", "worker processes")
    threads: int | str | None = _like(Server, "threads", "threads in each worker")
    worker_class: str | None = _like(Server, "worker_class", "gunicorn's kind of worker")
    recycle_requests: int | None = _like(Server, "recycle_requests", "requests of a worker until a new generation")
    recycle_memory: int | None = _like(Server, "recycle_memory", "memory of a worker until a new generation")
    args: tuple[str, ...] | None = _like(Server, "args", "further words for its server's command line")
    timeout: int | None = _like(Limits, "request_timeout", "longest time a request may take")
    body: int | None = _like(Limits, "body", "largest request body")
    env: tuple[tuple[str, str], ...] | None = setting(VARIABLES, None, "variables of its own", example="SITE=api")


MEANS: Mapping[str, str] = {
    "app": "app.target",
    "interface": "app.interface",
    "python": "app.python",
    "health": "app.health",
    "server": "server.name",
    "workers": "server.workers",
    "threads": "server.threads",
    "worker_class": "server.worker_class",
    "recycle_requests": "server.recycle_requests",
    "recycle_memory": "server.recycle_memory",
    "args": "server.args",
    "timeout": "limits.request_timeout",
    "body": "limits.body",
}
"""Key of the table -> the setting of the main app that means the same."""

Mounts = tuple[tuple[str, Mount], ...]


def name(prefix: str) -> str:
    """`/v1/api` -> `v1-api`: how files, sockets and programs of that app are told from others."""
    return prefix.strip("/").replace("/", "-")


def _parse(raw: object) -> Mounts:
    found: dict[str, Mount] = {}
    for url, table in tables.by_name(raw).items():
        prefix = _prefix(url)
        if prefix in found:
            raise ValueError(f'"{prefix}" stands twice; join the two')
        found[prefix] = _one(prefix, table)
    names = {name(prefix): prefix for prefix in found}
    for prefix in found:
        if names[name(prefix)] != prefix:
            raise ValueError(f'"{prefix}" and "{names[name(prefix)]}" are too much alike: both are "{name(prefix)}"')
    return tuple(found.items())


def _prefix(url: str) -> str:
    prefix: str = v.PREFIX.parse(url)
    if not prefix:
        raise ValueError("the main app is at /, and its settings stand in [app] and [server]; write a prefix as /api")
    if prefix == OWN or prefix.startswith(OWN + "/"):
        raise ValueError(f'"{prefix}" is porch\'s own; choose another prefix')
    parts = hidden(prefix)
    if parts:
        raise ValueError(f'"{prefix}": {parts[0]} is hidden, and nginx answers 404; choose another prefix')
    return prefix


def _one(prefix: str, table: object) -> Mount:
    if not isinstance(table, Mapping):
        raise ValueError(f'each is a table: write [mounts."{prefix}"] and its app below it')  # noqa: TRY004  # one kind of error
    said = tables.read(prefix, cast("Mapping[str, object]", table), tables.kinds(Mount))
    if not said.get("app") and not said.get("folder"):
        raise ValueError(f'"{prefix}" names no app; add app = "api.main:app" or folder = "api" for example')
    return Mount(**said)


def _show(mounts: Mounts) -> str:
    return tables.show({prefix: tables.said(mount) for prefix, mount in mounts}, tables.kinds(Mount))


ONE = {"type": "object", "additionalProperties": False, "properties": tables.properties(Mount)}
MOUNTS = Kind(
    "tables by URL prefix",
    _parse,
    _show,
    {"type": "object", "additionalProperties": ONE},
    many=True,
    form="'PREFIX app=... KEY=VALUE ...'",
)
KEYS = tables.keys(Mount)
