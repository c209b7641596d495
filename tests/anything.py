"""Anything that a user may say, about any machine and any app.

Rule: only values that their kinds read; whether they go together is for the decisions to say.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from decided import DEBIAN, FOLDER, PYTHON, SERVERS, WHEEL, Known, make_facts, make_finding, static
from porch.certificates import Pair
from porch.facts import MIB, Facts, Nginx
from porch.frameworks.finding import Finding
from porch.places import Place

SECONDS = st.sampled_from((0, 1, 2, 5, "30s", "2m", "1d", "3650d"))
AUTO = st.just("auto")
NUMBERS = st.integers(1, 512)
URLS = st.sampled_from(("/static", "/static/", "/media/", "/api", "/api/", "/favicon.ico", "/-/porch/live", "/a/b.c/"))
PATHS = st.sampled_from(("files", "files/", "page.html", "code", ".", "none", "/data", "x/../files", "odd name", "a$b"))
PATH_URLS = st.sampled_from(("/upload/", "/upload", "/a/b.c/", "/api/report", "/static/x", "/.env", "/.web/up/"))
CONFIGS = st.sampled_from(
    (
        "",
        "workers = 3\ntimeout = 9\nworker_class = 'gevent'\nkeepalive = 1\n",
        "import os\nworkers = os.cpu_count()\nthreads = 'x'\ntimeout = 0\ngraceful_timeout = None\n",
        "worker_class = 'aiohttp.GunicornWebWorker'\nkeepalive = -1\nif x:\n    workers = 3\n",
        "worker_class = 7\nworkers = 10**9\nthis is no python",
    )
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "app.target": st.sampled_from(("shop:app", "shop.wsgi:make()")),
    "app.interface": st.sampled_from(("auto", "wsgi", "asgi", "aiohttp")),
    "app.python": st.just(PYTHON),
    "app.mount": st.sampled_from(("", "/", "/api", "/a/b")),
    "app.prestart_on_reload": st.booleans(),
    "app.prestart_lock": st.sampled_from(
        ("", "lock", "/run/lock", "$URL", "postgresql://ada:a%40b@db/shop", "sqlite:///x")
    ),
    "run.watch": st.booleans(),
    "compose.topology": st.sampled_from(("single", "split")),
    "compose.publish": st.sampled_from(("80", "0.0.0.0:80 [::1]:81", "unix:/run/x.sock")),
    "compose.cpus": st.floats(0.1, 512),
    "compose.memory": st.sampled_from(("64M", "1G", "999G")),
    "compose.pids": st.integers(20, 100_000),
    "container.base": st.sampled_from(("auto", "python:3.12-slim-trixie", "Not an image")),
    "container.slim": st.booleans(),
    "container.lock": st.sampled_from(("auto", "requirements.txt", "none.txt")),
    "container.packages": st.lists(st.sampled_from(("libpq5", "ffmpeg")), unique=True),
    "container.stdlib_bytecode": st.booleans(),
    "container.porch": st.sampled_from(("auto", "porch", "x/none.whl", "a $b")),
    "run.drain_delay": st.integers(0, 30),
    "run.part": st.sampled_from(("all", "app", "nginx")),
    "run.address": st.sampled_from(("app:8000", "127.0.0.1:9000", "[::1]:1", "a$b:1", "app", "app:0", "x.org:70000")),
    "nginx.resolvers": st.sampled_from(((), ("127.0.0.11",), ("::1", "10.0.0.1"))),
    "process": st.lists(st.sampled_from(("q command=a", "s command='b c' count=3 essential=true")), unique=True).map(
        " ; ".join
    ),
    "kubernetes.name": st.sampled_from(("", "shop")),
    "kubernetes.namespace": st.sampled_from(("", "shops")),
    "kubernetes.image": st.sampled_from(("", "registry.example.org:5000/shop:1.2", f"shop@sha256:{'a' * 64}")),
    "kubernetes.shape": st.sampled_from(("single", "sidecar")),
    "kubernetes.replicas": st.integers(1, 1000),
    "kubernetes.max_replicas": st.integers(0, 10000),
    "kubernetes.cpus": st.floats(0.1, 512),
    "kubernetes.memory": st.sampled_from(("64M", "2G")),
    "kubernetes.route": st.sampled_from(("ingress", "gateway", "none")),
    "kubernetes.host": st.sampled_from(("", "example.org")),
    "kubernetes.tls_secret": st.sampled_from(("", "tls")),
    "kubernetes.gateway": st.sampled_from(("gateway", "infra/gateway")),
    "systemd.name": st.sampled_from(("", "shop", "a.b-c_d")),
    "systemd.memory": st.sampled_from((0, "512M", "2G")),
    "systemd.writable": st.sampled_from(("", "media", "media '/srv/a b'")),
    "mounts": st.lists(
        st.sampled_from(
            (
                "/api app=api:app",
                "/a/b app=b:app server=granian workers=2 timeout=10m body=1G env='A=b'",
                "/admin app=c:app interface=wsgi server=uwsgi timeout=1 health=/ok",
                "/shop app=d:app interface=asgi",
            )
        ),
        unique=True,
    ).map(" ; ".join),
    "app.health": st.sampled_from(("", "/", "/healthz")),
    "app.prestart": st.sampled_from(("", "sh none.sh", "sh page.html", "python manage.py migrate")),
    "server.name": st.sampled_from(("auto", "gunicorn", "uwsgi", "granian", "uvicorn")),
    "server.workers": AUTO | NUMBERS,
    "server.min_workers": st.integers(0, 512),
    "server.max_workers": st.integers(0, 512),
    "server.workers_per_core": st.floats(0, 64),
    "server.threads": AUTO | NUMBERS,
    "server.worker_class": st.sampled_from(("auto", "sync", "gthread", "gevent", "asgi", "aiohttp")),
    "server.keep_alive": SECONDS,
    "server.backlog": st.integers(1, 65535),
    "server.recycle_requests": st.integers(0, 10**9),
    "server.recycle_memory": st.sampled_from((0, 1, "16M", "1G")),
    "server.config": st.sampled_from(("auto", "", "own.py", "none.py")),
    "server.args": st.sampled_from(("", "--x", "--a 'b c'")),
    "http.listen": st.sampled_from(("8080", "80 81", "[::1]:8443", "unix:/run/x.sock", "0.0.0.0:80,80")),
    "http.domains": st.sampled_from(((), ("shop.org",), ("*.shop.org", "shop.org"))),
    "static": st.dictionaries(URLS, PATHS, max_size=3),
    "files.expires": SECONDS,
    "files.found": st.booleans(),
    "files.hashed": st.booleans(),
    "files.protected": st.dictionaries(st.sampled_from(("/protected/", "/private/x")), PATHS, max_size=1),
    "app.routes": st.sampled_from(("", "/api/", "/api /login /api/", "/files/ /upload/x /a/b/")),
    "app.dotted": st.sampled_from(("", "/.web/", "/.status /api/.x/", "/.web/ /.web")),
    "files.single_page": st.sampled_from(("", "page.html", "none", "files", "files/index.html", "code.py")),
    "files.maintenance": st.sampled_from(("", "page.html", "none", "code.py")),
    "files.home_page": st.sampled_from(("", "page.html", "none", "files", "code.py")),
    "limits.body": st.sampled_from((0, 1, 1025, "10M", "1G", 2**63 - 1)),
    "limits.request_timeout": SECONDS,
    "limits.graceful_timeout": AUTO | SECONDS,
    "limits.start_timeout": SECONDS,
    "limits.header": st.sampled_from(("1K", "8K", "16K", "32K")),
    "limits.header_timeout": SECONDS,
    "limits.body_timeout": SECONDS,
    "tls.mode": st.sampled_from(("auto", "off", "files", "self-signed", "acme")),
    "tls.certificate": st.sampled_from(("", "tls.pem", "broken.pem")),
    "tls.key": st.sampled_from(("", "key.pem")),
    "tls.profile": st.sampled_from(("intermediate", "modern")),
    "tls.redirect": st.sampled_from(("auto", "off", "80", "127.0.0.1:8080 [::1]:80")),
    "tls.hsts": AUTO | st.sampled_from((0, "30d")),
    "tls.hsts_subdomains": st.booleans(),
    "tls.acme_directory": st.sampled_from(("https://acme-v02.api.letsencrypt.org/directory", "ftp://x")),
    "tls.acme_email": st.sampled_from(("", "ada@example.org")),
    "tls.acme_roots": st.sampled_from(("", "page.html", "none.pem")),
    "tls.folder": st.sampled_from(("auto", "state")),
    "limits.connections": AUTO | st.integers(0, 65535),
    "limits.rate": st.sampled_from(("", "off", "1/s", "10/s", "1/m", "999999/m")),
    "limits.websocket_idle": SECONDS,
    "path": st.lists(
        st.fixed_dictionaries(
            {
                "url": st.sampled_from(("/upload/", "/upload", "/a/b.c/", "/api/report", "/static/x", "/.env")),
                "body": st.just("1G"),
            },
            optional={
                "timeout": st.sampled_from((0, 1, "10m")),
                "buffering": st.booleans(),
                "request_buffering": st.booleans(),
                "rate": st.sampled_from(("off", "5/m", "1/s")),
            },
        ),
        max_size=3,
        unique_by=lambda each: each["url"],
    ),
    "answers.security": st.sampled_from(("safe", "strict", "off")),
    "answers.compression": st.sampled_from(("auto", "files", "all", "off")),
    "proxy.trusted": st.sampled_from(((), ("10.0.0.0/8",), ("10.0.0.0/8", "fd00::/8", "192.0.2.1"))),
    "nginx.binary": st.sampled_from(("auto", "/x/nginx")),
    "nginx.workers": AUTO | NUMBERS,
    "nginx.connections": st.integers(64, 100_000),
    "nginx.open_files": AUTO | st.integers(64, 200_000),
    "log.format": st.sampled_from(("auto", "text", "json")),
    "log.level": st.sampled_from(("debug", "info", "warning", "error", "critical")),
    "log.access": st.booleans(),
    "run.dir": st.sampled_from(("auto", "/run/x", "below", "/with space", "/" + "deep/" * 30)),
    "run.user": st.sampled_from(("auto", "root", "nobody", "ada", "bob")),
}
"""Key -> values as a file would hold them."""

PLACES = {
    f"{FOLDER}/files": Place(True, folder=True),
    f"{FOLDER}/odd name": Place(True, folder=True),
    f"{FOLDER}/a$b": Place(True, folder=True),
    f"{FOLDER}/code": Place(True, folder=True, exposed="app.py"),
    f"{FOLDER}/page.html": Place(True),
    f"{FOLDER}/files/index.html": Place(True),
    f"{FOLDER}/own.py": Place(True, text="workers = 9\n"),
    "/data": Place(True, folder=True),
    FOLDER: Place(True, folder=True, exposed="shop.py"),
}
PAIRS = Known(
    {
        (f"{FOLDER}/tls.pem", f"{FOLDER}/key.pem"): Pair(names=("shop.org", "*.shop.org"), days=9, public=True),
        (f"{FOLDER}/broken.pem", f"{FOLDER}/key.pem"): Pair("the certificate has ended", "renew it"),
    }
)
OLD = Nginx("/old/nginx", (1, 14, 2), DEBIAN.modules)
BARE = Nginx("/bare/nginx", (1, 28, 0), frozenset({"http_proxy"}))


def said() -> st.SearchStrategy[dict[str, Any]]:
    """Any few settings, with any of their values."""
    few = st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=8)
    return few.flatmap(lambda keys: st.fixed_dictionaries({key: VALUES[key] for key in keys}))


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Any machine."""
    config = draw(st.none() | CONFIGS)
    theirs = {} if config is None else {f"{FOLDER}/gunicorn.conf.py": Place(True, text=config)}
    some = st.sets(st.sampled_from(sorted(SERVERS)))
    nginxes = ((DEBIAN, WHEEL), (DEBIAN,), (WHEEL,), (OLD, WHEEL), (BARE,), ())
    return make_facts(
        {**PLACES, **theirs},
        nginx=draw(st.sampled_from(nginxes)),
        servers={name: SERVERS[name] for name in draw(st.just(set(SERVERS)) | some)},
        barred={"www-data": draw(st.sampled_from(("", "/root"))), "nobody": draw(st.sampled_from(("", "/srv")))},
        cores=draw(st.sampled_from((0.1, 1, 1.5, 2, 64))),
        memory=draw(st.sampled_from((16 * MIB, 512 * MIB, 64 * 1024 * MIB))),
        container=draw(st.booleans()),
        root=draw(st.booleans()),
        terminal=draw(st.booleans()),
        pairs=PAIRS,
        can_certify=draw(st.booleans()),
        low_ports=draw(st.booleans()),
        somaxconn=draw(st.sampled_from((128, 4096))),
        resolvers=draw(st.sampled_from(((), ("127.0.0.11", "[::1]")))),
    )


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Any app."""
    urls = draw(st.lists(st.sampled_from(("/static/", "/", "/a$b/", "/media/")), unique=True, max_size=2))
    folders = ("files", "code", "a$b")
    return make_finding(
        interface=draw(st.sampled_from(("wsgi", "asgi", "aiohttp", None))),
        framework=draw(st.sampled_from(("", "flask"))),
        statics=tuple(static(url, f"{FOLDER}/{draw(st.sampled_from(folders))}") for url in urls),
    )
