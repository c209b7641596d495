"""Everything that the resident process needs to know, as JSON: the Plan cut down to words, paths and seconds.

Rule: the resident process reads this and nothing else; it imports no settings, no server, no renderer.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import Any, Literal

from porch.records import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """One process to start."""

    name: str
    """Tag in the logs and in `status`: `app`, `nginx`, `prestart`."""
    argv: tuple[str, ...]
    folder: str
    """Working directory."""
    environment: tuple[tuple[str, str], ...] = ()
    """Added to the supervisor's own environment."""
    stop_signal: str = "TERM"
    drops: tuple[str, ...] = ()
    """Variables that begin so are not passed on to it."""
    dozes: bool = False
    """A master that notices the end of its last worker late, unless a signal wakes it."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A process beside the app."""

    program: Program
    essential: bool
    """Its failure ends the instance."""
    restart: Literal["always", "on-failure", "never"]
    as_user: bool = True
    """As the user that the app runs as; else as the supervisor."""


@dataclass(frozen=True, slots=True)
class Recycle:
    """When one worker is a reason for the next generation."""

    requests: int = 0
    """When it has done about so many; 0: never."""
    memory: int = 0
    """When it takes more bytes; 0: never."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """A further app: what differs from the main one."""

    prefix: str
    server: str
    workers: int
    app: Program
    socket: str
    upstream: str
    protocol: Literal["http", "uwsgi"]
    report: str
    stuck_after: float
    recycle: Recycle
    elastic: bool


@dataclass(frozen=True, slots=True)
class Launch:
    """One instance, as it is to be brought up."""

    project: str
    folder: str
    """The run folder, absolute."""
    generation: int
    server: str
    """Name of the app server, for `status`."""
    workers: int
    user: str
    """Run the children as this user; empty: as the supervisor."""
    listen: tuple[str, ...]
    """Addresses as in the Plan; the sockets are bound before the resident process starts."""
    sockets: tuple[int, ...]
    """Inherited descriptors of the listening sockets, in the order of `listen`."""
    lock: int
    """Inherited descriptor of the locked file `lock` in the run folder."""
    url: str
    """Said when ready."""
    prestart: Program | None
    app: Program
    nginx: Program
    nginx_check: tuple[str, ...]
    """Words that let nginx judge the configuration."""
    socket: str
    """Where the app server listens."""
    upstream: str
    """Link to `socket` that nginx connects to."""
    protocol: Literal["http", "uwsgi"]
    host: str
    """Host header for probes: a configured domain, or `localhost`."""
    report: str
    """Written by a worker that cannot load the app: JSON with `what` and `traceback`."""
    draining: str
    """While this file exists, readiness is refused."""
    start_timeout: float
    stop_timeout: float
    kill_timeout: float
    log_format: Literal["text", "json"]
    container: bool
    maintenance: str = ""
    """While this file exists, nginx answers with the page for that in place of the app; empty: there is no page."""
    prestart_on_reload: bool = False
    prestart_words: tuple[str, ...] = ()
    """The command as the user wrote it, for messages."""
    passed: tuple[str, ...] = ()
    """Addresses whose sockets systemd has passed, and keeps."""
    processes: tuple[Extra, ...] = ()
    """Started when the app is ready, and ended before it."""
    drain_delay: float = 0.0
    """Seconds that a stop goes on serving while readiness is refused."""
    replan: Program | None = None
    """Reads settings and code anew and writes the next generation's files; None: there can be no reload."""
    graceful_timeout: float = 30.0
    """Seconds that a replaced generation may finish in what it has, before what has no end of its own is ended."""
    stuck_after: float = 0.0
    """A worker that has hung for so long, in seconds, is replaced; 0: never."""
    recycle: Recycle = Recycle()
    elastic: bool = False
    """The app server keeps fewer workers when there is little to do."""
    certify: Program | None = None
    """Looks whether the certificate is due, and fetches it; None: it comes from elsewhere."""
    handed_for_good: bool = False
    """nginx reads what it is handed at each handshake, not at its start alone."""
    handed: tuple[tuple[str, str], ...] = ()
    """Files that are the supervisor's alone, and where nginx finds each of them while it reads its configuration."""
    writable: tuple[str, ...] = ()
    """Folders in the run folder that belong to the children's user, and are made before anything starts."""

    prefix: str = ""
    """URL prefix of a further app; empty for the main one."""
    mounts: tuple[Mounted, ...] = ()

    @property
    def tls(self) -> bool:
        """The first address speaks TLS, and so do all that are not for plain HTTP."""
        return bool(self.handed)

    @property
    def apps(self) -> tuple[Launch, ...]:
        """The same as each app has it, the main one's first: a further app's program, socket and server."""
        return (self, *(replace(self, mounts=(), **_parts(each)) for each in self.mounts))

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(asdict(self), indent=1)


def from_json(text: str) -> Launch:
    """Read back what `to_json` wrote."""
    raw: dict[str, Any] = json.loads(text)
    for name in ("prestart", "app", "nginx", "replan", "certify"):
        if raw.get(name) is not None:
            raw[name] = _program(raw[name])
    for name in ("listen", "sockets", "nginx_check", "writable", "prestart_words", "passed"):
        raw[name] = tuple(raw.get(name, ()))
    raw["recycle"] = Recycle(**raw.get("recycle", {}))
    raw["handed"] = tuple((source, place) for source, place in raw.get("handed", ()))
    raw["processes"] = tuple(
        Extra(**(each | {"program": _program(each["program"])})) for each in raw.get("processes", ())
    )
    raw["mounts"] = tuple(
        Mounted(**(each | {"app": _program(each["app"]), "recycle": Recycle(**each["recycle"])}))
        for each in raw.get("mounts", ())
    )
    return Launch(**raw)


def _parts(mounted: Mounted) -> dict[str, Any]:
    return {each.name: getattr(mounted, each.name) for each in fields(mounted)}


def _program(raw: dict[str, Any]) -> Program:
    return Program(
        name=raw["name"],
        argv=tuple(raw["argv"]),
        folder=raw["folder"],
        environment=tuple((key, value) for key, value in raw["environment"]),
        stop_signal=raw["stop_signal"],
        drops=tuple(raw.get("drops", ())),
        dozes=raw["dozes"],
    )
