"""Every contender, as a table: which app, which commands, which files, and the answer it must give.

Rule: one row of the report is one entry here. Words between `@` are filled in by `places.py`.
Everyone writes an access line for each request, to a file; a row that does not says so in its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from places import static_text

Group = Literal["wsgi", "asgi", "aiohttp", "static"]
Role = Literal["porch", "article", "tuned", "bare", "other", "app"]

BODIES = {"wsgi": b"Hello Flask!", "asgi": b"Hello Starlette!", "aiohttp": b"hello from aiohttp"}
APPS = {"wsgi": "flask", "asgi": "starlette", "aiohttp": "aiohttp", "static": "flask"}


@dataclass(frozen=True, slots=True)
class Contender:
    """One row."""

    key: str
    label: str
    group: Group
    role: Role
    commands: tuple[tuple[str, ...], ...]
    """Each the words of one program, in the order of their start."""
    expect: bytes
    path: str = "/"
    files: str = ""
    """Folder below `bench/` whose files are filled in and laid beside the app."""
    environment: tuple[tuple[str, str], ...] = ()
    must_say: str = ""
    """A word that its output must hold, so that a row cannot be another than its label tells."""

    @property
    def app(self) -> str:
        """Folder of the app below `bench/apps`."""
        return APPS[self.group]


NGINX = ("@nginx@", "-p", "@run@", "-e", "@run@/error.log", "-c", "@run@/nginx.conf", "-g", "daemon off;")
NGINX_UWSGI = tuple(word.replace("nginx.conf", "nginx-uwsgi.conf") for word in NGINX)
GUNICORN = ("@bin@/gunicorn", "--no-control-socket")
SUPERVISORD = ("@tools@/supervisord", "--nodaemon", "--configuration", "@run@/supervisord.conf")
GRANIAN = ("@bin@/granian", "--workers", "@cores@")
UWSGI = ("@bin@/uwsgi", "--master", "--die-on-term", "--processes", "@cores@", "--max-fd", "65536", "-w", "hello:app")
ALONE = ("--host", "127.0.0.1", "--port", "@port@")
BIND = ("--bind", "127.0.0.1:@port@")
LOGGED = ("--access-logfile", "-")
SOCKET = "@run@/app.sock"
MOD_WSGI = (
    *("@tools@/mod_wsgi-express", "start-server", "hello.py", "--application-type", "script"),
    *("--callable-object", "app", "--host", "127.0.0.1", "--port", "@port@", "--user", "@user@"),
    *("--group", "@group@", "--server-root", "@run@/mod_wsgi", "--access-log", "--log-to-terminal"),
    # As it comes it takes 20 connections, and its event MPM cuts kept-alive connections off when the threads of one
    # Apache process are all busy. The client has 32: so there is a thread for each from the start. It is no slower.
    *("--max-clients", "100", "--initial-workers", "1.0", "--server-mpm", "worker"),
)
# caddysnake's own interpreter does not look into the environment that it is installed in.
PACKAGES = (("PYTHONPATH", "@packages@"),)
AIOHTTP_WORKER = ("-k", "aiohttp.GunicornWebWorker")


def porch(key: str, label: str, group: Group, *words: str, must_say: str = "") -> Contender:
    """`porch run` as a user would start it, on the same nginx as the others."""
    start = ("@bin@/porch", "run", "hello:app", "--listen", "127.0.0.1:@port@", "--run-dir", "@run@/porch")
    command = (*start, "--log-format", "text", "--nginx-binary", "@nginx@", *words)
    return Contender(f"porch-{key}", label, group, "porch", (command,), BODIES[group], must_say=must_say)


def contender(
    key: str,
    label: str,
    group: Group,
    *commands: tuple[str, ...],
    files: str = "",
    environment: tuple[tuple[str, str], ...] = (),
) -> Contender:
    """Anyone else; the role is the first part of the key."""
    roles: dict[str, Role] = {"article": "article", "tuned": "tuned", "bare": "bare", "app": "app"}
    role = roles.get(key.partition("-")[0], "other")
    return Contender(key, label, group, role, commands, BODIES[group], files=files, environment=environment)


WSGI = (
    porch("wsgi", "porch run (as it comes: granian)", "wsgi", must_say="granian"),
    porch("gthread", "porch run --server gunicorn", "wsgi", "--server", "gunicorn"),
    porch("gevent", "porch run, gunicorn gevent", "wsgi", "--server", "gunicorn", "--server-worker-class", "gevent"),
    porch("uwsgi", "porch run --server uwsgi", "wsgi", "--server", "uwsgi"),
    contender(
        "article-gunicorn",
        "article: nginx + gunicorn sync, 4 workers",
        "wsgi",
        (*GUNICORN, "-w", "4", "-b", "127.0.0.1:@inner@", "hello:app"),
        NGINX,
        files="articles/gunicorn-sync",
    ),
    contender(
        "article-gevent",
        "article: nginx + gunicorn gevent, 5 workers",
        "wsgi",
        (*GUNICORN, "hello:app", "-c", "@run@/gunicorn.conf.py"),
        NGINX,
        files="articles/gunicorn-gevent",
    ),
    contender(
        "article-uwsgi",
        "article: supervisord, nginx + uWSGI cheaper",
        "wsgi",
        SUPERVISORD,
        files="articles/uwsgi-cheaper",
    ),
    contender(
        "article-uwsgi-bare",
        "article: nginx + uWSGI, no supervisord",
        "wsgi",
        ("@bin@/uwsgi", "--ini", "@run@/uwsgi.ini", "--die-on-term"),
        NGINX,
        files="articles/uwsgi-cheaper",
    ),
    contender(
        "tuned-granian",
        "by hand: nginx + granian",
        "wsgi",
        (*GRANIAN, "--interface", "wsgi", "--uds", SOCKET, "--uds-permissions", "666", "hello:app"),
        NGINX,
        files="tuned",
    ),
    contender(
        "tuned-uwsgi",
        "by hand: nginx + uWSGI",
        "wsgi",
        (*UWSGI, "--disable-logging", "--socket", SOCKET, "--chmod-socket=666"),
        NGINX_UWSGI,
        files="tuned",
    ),
    contender(
        "bare-granian",
        "granian alone",
        "wsgi",
        (*GRANIAN, "--interface", "wsgi", "--access-log", *ALONE, "hello:app"),
    ),
    contender(
        "bare-gthread",
        "gunicorn gthread alone",
        "wsgi",
        (*GUNICORN, "-k", "gthread", "-w", "@cores@", "--threads", "4", *LOGGED, *BIND, "hello:app"),
    ),
    contender(
        "bare-gevent",
        "gunicorn gevent alone",
        "wsgi",
        (*GUNICORN, "-k", "gevent", "-w", "@cores@", *LOGGED, *BIND, "hello:app"),
    ),
    contender(
        "bare-uwsgi",
        "uWSGI alone",
        "wsgi",
        (*UWSGI, "--http", "127.0.0.1:@port@", "--http-keepalive"),
    ),
    contender(
        "mod-wsgi",
        "mod_wsgi-express (1 process, 5 threads)",
        "wsgi",
        MOD_WSGI,
    ),
    contender(
        "mod-wsgi-cores",
        "mod_wsgi-express --processes, one a core",
        "wsgi",
        (*MOD_WSGI, "--processes", "@cores@"),
    ),
    contender(
        "caddysnake",
        "caddysnake",
        "wsgi",
        ("@tools@/caddysnake", "-t", "wsgi", "-a", "hello:app", "-l", "127.0.0.1:@port@", "--access-logs"),
        environment=PACKAGES,
    ),
    contender("app-wsgi", "the app alone, in process, one core", "wsgi"),
)

ASGI = (
    porch("asgi", "porch run (as it comes: uvicorn)", "asgi", must_say="uvicorn"),
    porch("granian-asgi", "porch run --server granian", "asgi", "--server", "granian"),
    porch("gunicorn-asgi", "porch run --server gunicorn", "asgi", "--server", "gunicorn"),
    contender(
        "tuned-granian-asgi",
        "by hand: nginx + granian",
        "asgi",
        (*GRANIAN, "--interface", "asgi", "--uds", SOCKET, "--uds-permissions", "666", "hello:app"),
        NGINX,
        files="tuned",
    ),
    contender(
        "bare-granian-asgi",
        "granian alone",
        "asgi",
        (*GRANIAN, "--interface", "asgi", "--access-log", *ALONE, "hello:app"),
    ),
    contender(
        "bare-uvicorn",
        "uvicorn alone",
        "asgi",
        ("@bin@/uvicorn", "--workers", "@cores@", *ALONE, "hello:app"),
    ),
    contender(
        "bare-uvicorn-quiet",
        "uvicorn alone, no access lines",
        "asgi",
        ("@bin@/uvicorn", "--workers", "@cores@", "--no-access-log", *ALONE, "hello:app"),
    ),
    contender(
        "bare-gunicorn-asgi",
        "gunicorn's ASGI worker alone",
        "asgi",
        (*GUNICORN, "-k", "asgi", "-w", "@cores@", *LOGGED, *BIND, "hello:app"),
    ),
    contender(
        "caddysnake-asgi",
        "caddysnake",
        "asgi",
        ("@tools@/caddysnake", "-t", "asgi", "-a", "hello:app", "-l", "127.0.0.1:@port@", "--access-logs"),
        environment=PACKAGES,
    ),
    contender("app-asgi", "the app alone, in process, one core", "asgi"),
)

AIOHTTP = (
    porch("aiohttp", "porch run (as it comes: gunicorn)", "aiohttp", must_say="gunicorn"),
    contender(
        "article-aiohttp",
        "article: nginx + gunicorn, 1 aiohttp worker",
        "aiohttp",
        (*GUNICORN, "hello:app", "-c", "@run@/gunicorn_conf.py"),
        NGINX,
        files="articles/aiohttp",
    ),
    contender(
        "tuned-aiohttp",
        "by hand: nginx + gunicorn, a worker a core",
        "aiohttp",
        (*GUNICORN, *AIOHTTP_WORKER, "-w", "@cores@", "--umask", "0", "-b", f"unix:{SOCKET}", "hello:app"),
        NGINX,
        files="tuned",
    ),
    contender(
        "bare-aiohttp",
        "gunicorn's aiohttp worker alone",
        "aiohttp",
        (*GUNICORN, *AIOHTTP_WORKER, "-w", "@cores@", *LOGGED, *BIND, "hello:app"),
    ),
    contender("app-aiohttp", "the app alone, in process, one core", "aiohttp"),
)

CSS = "/static/20k.css"


def static(key: str, label: str, role: Role, command: tuple[str, ...], files: str = "") -> Contender:
    """The 20 kB file instead of the app's greeting."""
    return Contender(key, label, "static", role, (command,), static_text(), path=CSS, files=files)


STATIC = (
    static(
        "porch-static",
        "porch run, 20 kB static file",
        "porch",
        (*porch("", "", "wsgi").commands[0], "--static", "/static/=@app@/static"),
    ),
    static("tuned-static", "by hand: nginx, 20 kB static file", "tuned", NGINX, files="tuned"),
)

# Time to the first answer: the same server with the same number of workers, behind porch and alone.
STARTS = (
    porch("start-granian", "porch run, granian", "wsgi", "--server", "granian", "--workers", "@cores@"),
    porch("start-gunicorn", "porch run, gunicorn", "wsgi", "--server", "gunicorn", "--workers", "@cores@"),
    porch("start-uwsgi", "porch run, uWSGI", "wsgi", "--server", "uwsgi", "--workers", "@cores@"),
    porch("start-uvicorn", "porch run, uvicorn", "asgi", "--server", "uvicorn", "--workers", "@cores@"),
    *(row for row in WSGI + ASGI if row.key in {"bare-granian", "bare-gthread", "bare-uwsgi", "bare-uvicorn"}),
)

# The resident memory of what stands over nginx and granian.
MEMORY = (
    porch("resident", "porch's resident process", "wsgi", "--server", "granian", "--workers", "@cores@"),
    contender(
        "supervisord",
        "supervisord",
        "wsgi",
        SUPERVISORD,
        files="memory",
    ),
)

THROUGHPUT = WSGI + ASGI + AIOHTTP + STATIC
