"""The Plan: every decision resolved, each value beside its reason and its origin.

Rule: frozen data that any renderer can read and JSON can hold; no behaviour beyond names of paths, and a
reason as a sentence.
"""

from __future__ import annotations

from typing import Literal

from porch.plan.chosen import Chosen
from porch.plan.run import RunPlan
from porch.plan.tls import TlsPlan
from porch.records import dataclass

Interface = Literal["wsgi", "asgi", "aiohttp"]
Protocol = Literal["http", "uwsgi"]
KEEPS_AT_RELOAD = (1, 27, 4)
"""nginx that lets a connection live on at a reload for a request that is on its way: `keepalive_min_timeout`."""


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What is run."""

    folder: str
    """The project's folder, absolute; the app's working directory."""
    import_from: str
    """Folder that the target's module is imported from, absolute."""
    target: Chosen[str]
    """`module:attribute`, or `module:factory()`; the attribute may be dotted."""
    interface: Chosen[Interface]
    framework: str
    """`flask`, `django`, ...; empty when none was recognised."""
    evidence: tuple[str, ...]
    """What was read to find it, such as `shop/settings.py:74 WSGI_APPLICATION`."""
    python: Chosen[str]
    """The interpreter that runs the app, absolute."""
    mount: Chosen[str]
    """URL prefix, `/api`; empty for none."""
    routes: Chosen[tuple[str, ...]]
    """`/api/` for all below it, `/login` for itself alone; empty: every URL, or those below the prefix."""
    dotted: Chosen[tuple[str, ...]]
    """The same, with one hidden part each, which nginx would answer 404."""
    health: Chosen[str]
    """Path that the app is asked at when readiness is; empty: a worker that answers is ready."""
    prestart: Chosen[tuple[str, ...]]
    """Words of the command that runs before the app; empty for none."""
    prestart_on_reload: Chosen[bool]
    prestart_lock: Chosen[str]
    """File, URL, or `$NAME`; empty for none."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables of its own."""


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """What runs it."""

    name: Chosen[str]
    version: str
    protocol: Protocol
    workers: Chosen[int]
    """Processes; 0 when the server's own configuration file of the user decides."""
    min_workers: Chosen[int]
    """Processes kept when idle (uWSGI's cheaper); 0 for all of them."""
    threads: Chosen[int]
    """Threads a worker; 0 when the server or worker class has none, or the user's own file decides."""
    worker_class: Chosen[str]
    """gunicorn's worker class; empty where the server has none."""
    keep_alive: Chosen[int]
    """Seconds that an idle connection from nginx is kept open."""
    idle: Chosen[int]
    """Seconds that nginx keeps an idle connection to it, always below `keep_alive`; 0: none is kept."""
    backlog: Chosen[int]
    recycle_requests: Chosen[int]
    """Requests of one worker after which a new generation takes over; 0: never."""
    recycle_memory: Chosen[int]
    """Bytes of one worker above which one does; 0: never."""
    config: Chosen[str]
    """The user's own configuration file for the server, absolute; empty for none."""
    args: Chosen[tuple[str, ...]]
    """Further words for the server's command line."""
    websockets: bool
    """Handshakes are handed on to the app."""


@dataclass(frozen=True, slots=True)
class NginxPlan:
    """What stands in front."""

    binary: Chosen[str]
    version: tuple[int, int, int]
    modules: tuple[str, ...]
    """Names without `ngx_` and `_module`, such as `http_realip`; sorted."""
    counts_headers: bool
    """It knows `max_headers`."""
    workers: Chosen[int]
    connections: Chosen[int]
    open_files: Chosen[int]
    resolvers: Chosen[tuple[str, ...]]
    """Name servers to ask for the app server's name; empty where it has none."""
    openssl: tuple[int, int] = (0, 0)
    """Zeros when its TLS library is another one."""


@dataclass(frozen=True, slots=True)
class HttpPlan:
    """Where it listens, and to whom."""

    listen: Chosen[tuple[str, ...]]
    """`127.0.0.1:8080`, `[::1]:8443` or `unix:/path`."""
    passed: tuple[str, ...]
    """Those of them whose sockets systemd has passed."""
    domains: Chosen[tuple[str, ...]]
    """Empty: any host."""

    @property
    def probed(self) -> str:
        """Host header of porch's own questions: a name that the app will know."""
        return next((name for name in self.domains.value if not name.startswith("*")), "localhost")


@dataclass(frozen=True, slots=True)
class Static:
    """A folder, or a single file, that nginx answers for by itself."""

    url: str
    """`/static/` with both slashes for a folder, `/favicon.ico` for a file."""
    path: str
    """Absolute; a folder ends with `/`."""
    collected: bool = False
    """Django's manifest lies in it, which tells that each file has a name with a hash."""
    of_app: bool = False
    """It was found in an app, which answers for what is no file there: another route of it may begin alike."""


@dataclass(frozen=True, slots=True)
class FilesPlan:
    """How files are answered for, and which stand where the app does not."""

    found: Chosen[bool]
    """Whether folders that are found in the app are among those that nginx answers for."""
    hashed: Chosen[bool]
    protected: Chosen[tuple[Static, ...]]
    expires: Chosen[int]
    """Seconds that a client may keep static files; 0: it must ask each time."""
    home_page: Chosen[str]
    """File that nginx answers `/` with, absolute; empty for none."""
    maintenance: Chosen[str]
    """Page that stands in place of the app while `RunPlan.maintenance` is there, absolute; empty for none."""
    single_page: Chosen[str]
    """File that nginx answers all else with that is no file beside it and not the app's, absolute; empty for none."""


@dataclass(frozen=True, slots=True)
class LimitsPlan:
    """What one request may take, and the one ladder of timeouts, all in seconds."""

    body: Chosen[int]
    """Bytes; 0 for no limit."""
    request: Chosen[int]
    """Longest request in the app server."""
    read: Chosen[int]
    """nginx waits this long for the app: request + 2."""
    graceful: Chosen[int]
    """What is in work at a stop may take this long."""
    stop: Chosen[int]
    """The whole ordered stop of one process: graceful + 5."""
    kill: Chosen[int]
    """After this the supervisor kills: graceful + 10."""
    start: Chosen[int]
    """The app must be healthy within this."""
    websocket: Chosen[int]
    """Longest silence on a WebSocket."""


@dataclass(frozen=True, slots=True)
class ClientsPlan:
    """What one client may take; seconds and bytes."""

    header: Chosen[int]
    """Longest request line, longest header."""
    header_timeout: Chosen[int]
    body_timeout: Chosen[int]
    connections: Chosen[int]
    """Requests in work at once; 0: no limit."""
    private_counted: bool
    """Private addresses are held to `connections` as well."""
    rate: Chosen[str]
    """`10/s` or `600/m`; empty: no limit."""


@dataclass(frozen=True, slots=True)
class PathPlan:
    """What differs at one URL; None: as everywhere."""

    url: str
    """`/upload/` for all below it, `/report` for itself alone."""
    body: int | None
    read: int | None
    """Seconds that nginx waits for the app."""
    buffering: bool | None
    request_buffering: bool | None
    rate: str | None
    """Empty: none."""


@dataclass(frozen=True, slots=True)
class AnswersPlan:
    """What nginx adds to answers."""

    security: Chosen[str]
    """`safe`, `strict` or `off`."""
    compression: Chosen[str]
    """`files`, `all` or `off`."""


@dataclass(frozen=True, slots=True)
class LogPlan:
    """What is written to standard output."""

    format: Chosen[str]
    """`text` or `json`."""
    level: Chosen[str]
    """`debug`, `info`, `warning`, `error` or `critical`."""
    access: Chosen[bool]


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """A process beside the app."""

    name: str
    """Its own among all: `queue`, or `queue.2` for the second of several."""
    command: tuple[str, ...]
    essential: bool
    """Its failure ends the instance."""
    restart: Literal["always", "on-failure", "never"]
    stop_signal: str
    """Without `SIG`."""
    environment: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SystemdPlan:
    """The service that starts porch under systemd."""

    name: Chosen[str]
    """Of the units, without `.service`."""
    command: tuple[str, ...]
    """The words that start porch, absolute."""
    words: tuple[str, ...]
    """Flags for what was said in no file that is read at the start."""
    user: str
    folder: Chosen[str]
    """The run folder, absolute."""
    memory: Chosen[int]
    """Bytes; 0: nine tenths of the machine's."""
    writable: Chosen[tuple[str, ...]]
    """Folders of the app's, absolute."""
    home: str
    """Something below /home or /root that the service needs; empty for nothing."""
    tmp: str
    """The same below /tmp."""
    warnings: tuple[str, ...] = ()
    """What is only worth knowing where the units are rendered."""


@dataclass(frozen=True, slots=True)
class MountPlan:
    """A further app of the instance, with a server of its own."""

    name: str
    """`api`, `v1-api`: its own among all."""
    app: AppPlan
    """Its `mount` is the prefix."""
    server: ServerPlan
    limits: LimitsPlan


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was decided."""

    app: AppPlan
    server: ServerPlan
    nginx: NginxPlan
    http: HttpPlan
    tls: TlsPlan
    static: Chosen[tuple[Static, ...]]
    files: FilesPlan
    limits: LimitsPlan
    clients: ClientsPlan
    paths: Chosen[tuple[PathPlan, ...]]
    answers: AnswersPlan
    trusted: Chosen[tuple[str, ...]]
    """CIDRs of the proxies in front whose word on the client is taken."""
    log: LogPlan
    run: RunPlan
    processes: Chosen[tuple[ProcessPlan, ...]]
    systemd: SystemdPlan
    mounts: Chosen[tuple[MountPlan, ...]]
    """The further apps."""
    warnings: tuple[str, ...]
    """Said at start: what a server cannot honour, what the found nginx lacks, what was assumed."""

    @property
    def renews_by_file(self) -> bool:
        """This nginx would lose requests at a reload, so it reads a certificate that is renewed at each handshake."""
        return self.tls.mode.value == "acme" and self.nginx.version < KEEPS_AT_RELOAD

    def warnings_for(self, target: str) -> tuple[str, ...]:
        """What is said when that target is rendered: only it is told of how it runs."""
        return (*self.warnings, *(self.systemd.warnings if target == "systemd" else ()))


HEALTH_LIVE = "/-/porch/live"
HEALTH_READY = "/-/porch/ready"
