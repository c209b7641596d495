"""The settings of what nginx does in front.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


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
        elsewhere=("--bind", "-b", "--host", "--port", "-p", "--http", "--http-socket", "--socket", "--uds"),
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
    found: bool = setting(
        v.FLAG,
        True,
        "nginx answers for the folders of static files that are found in the app; false: the app does, where it asks "
        "who may see them.",
        example="false",
    )
    hashed: bool = setting(
        v.FLAG,
        True,
        "Static files with a hash in their name, such as `site.1f2e3d4c5b6a.css`, are kept for a year: "
        "another content has another name.",
        example="false",
    )
    protected: tuple[tuple[str, str], ...] = setting(
        v.PAIRS,
        (),
        "URL = folder whose files nginx sends where the app's answer names them in `X-Accel-Redirect`, and to nobody "
        "who asks for that URL; without it the header is ignored.",
        example="/protected/=media",
    )
    home_page: str = setting(
        v.PATH,
        "",
        "File that nginx answers `/` with, instead of the app.",
        example="static/index.html",
        images=("STATIC_INDEX",),
    )
    maintenance: str = setting(
        v.PATH,
        "",
        "Page that nginx answers all URLs of the app with, as 503, from `porch maintenance on` until `off`; files and "
        "health go on.",
        example="maintenance.html",
    )
    single_page: str = setting(
        v.PATH,
        "",
        "Page of a single-page app, or the folder of its `index.html`: nginx answers with it each URL that is no file "
        "beside the page and not the app's. Needs `app.mount` or `app.routes`.",
        example="dist/index.html",
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
        elsewhere=("--timeout", "--harakiri"),
    )
    graceful_timeout: int | str = setting(
        v.SECONDS_OR_AUTO,
        v.AUTO,
        "How long requests in work may take to finish at a stop; `auto` is the request timeout.",
        example="10s",
        images=("GRACEFUL_TIMEOUT",),
        elsewhere=("--graceful-timeout", "--timeout-graceful-shutdown", "--workers-kill-timeout"),
    )
    header: int = setting(
        v.size_between(1024, 32 * 1024),
        8 * 1024,
        "Longest request line, and longest header; all headers together may be four times as long.",
        example="16K",
    )
    header_timeout: int = setting(
        v.SECONDS, 10, "How long a client may take to send the headers of its request.", example="30s"
    )
    body_timeout: int = setting(
        v.SECONDS, 10, "Longest silence of a client that sends a body, or receives an answer.", example="1m"
    )
    connections: int | str = setting(
        v.count(0, 65535, auto=True),
        v.AUTO,
        "Requests of one client that are in work at the same time; more are answered 429, 0 is no limit. "
        "`auto`: 256 of one public address; a private one may be a proxy or a gateway that stands for many.",
        example="50",
    )
    rate: str = setting(
        v.RATE,
        "",
        "Requests that one client may send to the app, such as `10/s` or `600/m`; more are answered 429.",
        example="10/s",
    )
    websocket_idle: int = setting(
        v.SECONDS, 3600, "Longest silence on a WebSocket, in both directions, before it is closed.", example="10m"
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
        "Networks of the proxies in front whose word on client and scheme is taken; none by default.",
        example="10.0.0.0/8",
        short=("--trust",),
        elsewhere=("--forwarded-allow-ips", "--proxy-headers"),
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
    resolvers: tuple[str, ...] = setting(
        v.NAMES,
        (),
        "Name servers that nginx asks where the app server is, when that runs elsewhere; those of the machine when "
        "none is set.",
        example="127.0.0.11",
    )
