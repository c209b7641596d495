"""Every setting, declared once: flags, variables, TOML keys, reference and schema are derived from here.

Rule: no name and no default of a setting is typed anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Any, cast

from porch import values as v
from porch.spec import Spec, setting


@dataclass(frozen=True, slots=True)
class App:
    """Which app, and how it is started."""

    target: str = setting(
        v.TEXT,
        v.AUTO,
        "The app: `module:attribute`, `module:factory()` or a file; found by reading the project when left out.",
        example="shop.wsgi:application",
        images=("APP_MODULE",),
    )
    interface: str = setting(
        v.choice(v.AUTO, "wsgi", "asgi", "aiohttp"),
        v.AUTO,
        "How the app is called.",
        example="asgi",
    )
    python: str = setting(
        v.PATH,
        v.AUTO,
        "Interpreter that runs the app; the project's `.venv` where there is one, else porch's own.",
        example=".venv/bin/python",
    )
    mount: str = setting(
        v.PREFIX,
        "",
        "URL prefix that the app is served under; the app's routes stay as they are.",
        example="/api",
        short=("--mount",),
    )
    prestart: tuple[str, ...] = setting(
        v.WORDS,
        (),
        "Command that runs to its end before the app starts; a `prestart.sh` beside the app is found.",
        example="python manage.py migrate --noinput",
        images=("PRE_START_PATH",),
    )


@dataclass(frozen=True, slots=True)
class Server:
    """The app server behind nginx."""

    name: str = setting(
        v.choice(v.AUTO, "gunicorn", "uwsgi", "granian", "uvicorn"),
        v.AUTO,
        "Which app server; `auto`: granian for WSGI and ASGI, gunicorn for aiohttp.",
        example="gunicorn",
        short=("-s", "--server"),
    )
    workers: int | str = setting(
        v.count(1, 512, auto=True),
        v.AUTO,
        "Worker processes; `auto` reads the CPU and memory limits of the container or machine.",
        example="3",
        short=("-w", "--workers"),
        images=("WEB_CONCURRENCY", "UWSGI_PROCESSES"),
    )
    min_workers: int = setting(
        v.count(0, 512),
        0,
        "Workers kept when idle, more are started under load; 0 keeps all of them (uWSGI's `cheaper`).",
        example="1",
        images=("UWSGI_CHEAPER",),
    )
    max_workers: int = setting(
        v.count(0, 512),
        0,
        "Ceiling for `auto` workers; 0 is none.",
        example="1",
        images=("MAX_WORKERS",),
    )
    workers_per_core: float = setting(
        v.ratio(0, 64),
        0.0,
        "Worker processes for each core when `workers` is `auto`; 0 leaves it to the server.",
        example="3",
        images=("WORKERS_PER_CORE",),
    )
    threads: int | str = setting(
        v.count(1, 512, auto=True),
        v.AUTO,
        "Threads in each worker, for WSGI apps.",
        example="8",
        short=("-t", "--threads"),
    )
    worker_class: str = setting(
        v.choice(v.AUTO, "sync", "gthread", "gevent", "asgi", "aiohttp"),
        v.AUTO,
        "gunicorn's kind of worker.",
        example="gevent",
    )
    keep_alive: int = setting(
        v.SECONDS,
        75,
        "How long an idle connection from nginx is kept; nginx itself closes it sooner.",
        example="120",
        images=("KEEP_ALIVE",),
    )
    backlog: int = setting(
        v.count(1, 65535),
        2048,
        "Connections that may wait for a worker; the kernel's limit caps it, and that is said.",
        example="64",
    )
    config: str = setting(
        v.PATH,
        v.AUTO,
        "The server's own configuration file; a `gunicorn.conf.py` beside the app is found.",
        example="conf/gunicorn.conf.py",
    )
    args: tuple[str, ...] = setting(
        v.WORDS,
        (),
        "Further words for the server's command line.",
        example="--max-requests 1000",
        images=("GUNICORN_CMD_ARGS",),
    )


@dataclass(frozen=True, slots=True)
class Http:
    """Where the site is reached."""

    listen: tuple[str, ...] = setting(
        v.ADDRESSES,
        (),
        "Addresses to listen on: `8080`, `127.0.0.1:8080`, `[::1]:8443`, `unix:/path`; "
        "when left out 127.0.0.1:8080, in a container 0.0.0.0:8080.",
        example="127.0.0.1:9090",
        short=("-l", "--listen"),
        images=("LISTEN_PORT", "PORT"),
    )
    domains: tuple[str, ...] = setting(
        v.DOMAINS,
        (),
        "Names of the site; with them any other Host is answered 421, without them any host is accepted.",
        example="shop.example.org",
        short=("--domain",),
    )


@dataclass(frozen=True, slots=True)
class Files:
    """Static files, answered by nginx."""

    expires: int = setting(
        v.SECONDS,
        3600,
        "How long browsers may keep static files without asking; 0: they ask each time.",
        example="30d",
    )
    home_page: str = setting(
        v.PATH,
        "",
        "File that nginx answers `/` with, instead of the app.",
        example="static/index.html",
        images=("STATIC_INDEX",),
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, and for how long."""

    body: int = setting(
        v.SIZE, 10 * 1024**2, "Largest request body; 0 is no limit.", example="200M", images=("NGINX_MAX_UPLOAD",)
    )
    request_timeout: int = setting(
        v.SECONDS,
        30,
        "Longest time one request may take; then it is answered 504. All other timeouts follow from it.",
        example="2m",
        images=("TIMEOUT",),
    )
    graceful_timeout: int | str = setting(
        v.SECONDS_OR_AUTO,
        v.AUTO,
        "How long requests in work may take to finish at a stop; `auto` is the request timeout.",
        example="10s",
        images=("GRACEFUL_TIMEOUT",),
    )
    start_timeout: int = setting(
        v.SECONDS, 60, "The app must answer its first health probe within this time.", example="10s"
    )


@dataclass(frozen=True, slots=True)
class Proxy:
    """Load balancers in front of this machine."""

    trusted: tuple[str, ...] = setting(
        v.NETWORKS,
        (),
        "Networks of the proxies in front whose word on client, scheme and host is taken; none by default.",
        example="10.0.0.0/8",
        short=("--trust",),
    )


@dataclass(frozen=True, slots=True)
class Nginx:
    """The nginx in front."""

    binary: str = setting(
        v.PATH,
        v.AUTO,
        "Which nginx; the machine's own where it will do, else the embedded one.",
        example="/usr/sbin/nginx",
    )
    workers: int | str = setting(
        v.count(1, 512, auto=True),
        v.AUTO,
        "nginx worker processes; `auto` is one for each core within the limits.",
        example="3",
        images=("NGINX_WORKER_PROCESSES",),
    )
    connections: int = setting(
        v.count(64, 1_000_000),
        4096,
        "Connections that each nginx worker can hold.",
        example="1024",
        images=("NGINX_WORKER_CONNECTIONS",),
    )
    open_files: int | str = setting(
        v.count(64, 10_000_000, auto=True),
        v.AUTO,
        "Open files that each nginx worker may have; `auto` is twice the connections.",
        example="20000",
        images=("NGINX_WORKER_OPEN_FILES",),
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to standard output."""

    format: str = setting(
        v.choice(v.AUTO, "text", "json"),
        v.AUTO,
        "`text` for people, `json` for machines; `auto`: text on a terminal, else json.",
        example="json",
        short=("--log-format",),
    )
    level: str = setting(
        v.choice("debug", "info", "warning", "error", "critical"),
        "info",
        "What the app server says of itself; the app's own logging is not touched.",
        example="debug",
        images=("LOG_LEVEL",),
    )
    access: bool = setting(v.FLAG, True, "Write a line for each request.", example="false")


@dataclass(frozen=True, slots=True)
class Run:
    """The instance on this machine."""

    dir: str = setting(
        v.PATH, v.AUTO, "Folder for sockets and rendered files; one for each project by default.", example="/run/shop"
    )
    user: str = setting(
        v.TEXT,
        v.AUTO,
        "User that nginx and the app run as when porch is started by root; `auto` is www-data or nobody.",
        example="nobody",
        short=("--user",),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a user may say."""

    app: App = App()
    server: Server = Server()
    http: Http = Http()
    static: tuple[tuple[str, str], ...] = setting(
        v.PAIRS,
        (),
        "URL = folder (or a single file) that nginx answers for; added to what is found in the app.",
        example="/media/=media",
        short=("--static",),
        images=("STATIC_URL", "STATIC_PATH"),
    )
    files: Files = Files()
    limits: Limits = Limits()
    proxy: Proxy = Proxy()
    nginx: Nginx = Nginx()
    log: Log = Log()
    run: Run = Run()


@cache
def specs() -> tuple[Spec, ...]:
    """Every setting in the order of the declaration."""
    found: list[Spec] = []
    for section in fields(Settings):
        if "kind" in section.metadata:
            found.append(_spec(section.name, "", section))
        else:
            found += [_spec(section.name, each.name, each) for each in fields(cast("Any", section.default))]
    return tuple(found)


@cache
def sections() -> Mapping[str, str]:
    """Section -> what it is about."""
    return {
        each.name: _SECTION_OF_ONE if "kind" in each.metadata else (type(each.default).__doc__ or "")
        for each in fields(Settings)
    }


_SECTION_OF_ONE = "A table of its own: each key is a URL."


def spec(key: str) -> Spec:
    """The setting of that key; raises KeyError."""
    return {each.key: each for each in specs()}[key]


def build(given: Mapping[str, Any]) -> Settings:
    """Settings from `key -> value`; what is not given has its default."""
    parts: dict[str, Any] = {}
    for section in fields(Settings):
        if "kind" in section.metadata:
            parts[section.name] = given.get(section.name, section.default)
        else:
            prefix = section.name + "."
            said = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
            parts[section.name] = cast("Any", type(section.default))(**said)
    return Settings(**parts)


def _spec(section: str, name: str, declared: Field[Any]) -> Spec:
    told = cast("Mapping[str, Any]", declared.metadata)
    assert declared.default is not MISSING  # noqa: S101  # `setting` always gives one
    return Spec(section=section, name=name, default=declared.default, **told)
