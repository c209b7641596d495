"""The settings of the app and of the server that runs it.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.settings.dotted import DOTTED
from porch.spec import setting


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
        elsewhere=("--root-path", "--url-path-prefix", "--mount-prefix"),
    )
    routes: tuple[str, ...] = setting(
        v.URLS,
        (),
        "URLs that are the app's, where it is not mounted below one prefix: `/api/` for all below it, `/login` for "
        "itself alone; nginx answers all others. Every URL when left out.",
        example="/api/",
    )
    dotted: tuple[str, ...] = setting(
        DOTTED,
        (),
        "URLs with a part that begins with a dot which are the app's: `/.web/` for all below it, `/.status` for itself "
        "alone; nginx answers all others 404, but for `/.well-known/`.",
        example="/.web/",
    )
    health: str = setting(
        v.ROUTE,
        "",
        "Path of the app that must answer below 400 before a start or a reload goes on, and at each look at readiness; "
        "by itself a worker that has loaded the app is ready.",
        example="/healthz",
    )
    prestart: tuple[str, ...] = setting(
        v.WORDS,
        (),
        "Command that runs to its end before the app starts; a `prestart.sh` beside the app is found.",
        example="python manage.py migrate --noinput",
        images=("PRE_START_PATH",),
    )
    prestart_on_reload: bool = setting(
        v.FLAG, False, "Run `app.prestart` at each reload too, before the next generation starts.", example="true"
    )
    prestart_lock: str = setting(
        v.TEXT,
        "",
        "Lock that `app.prestart` holds while it runs, so that of several instances one runs it at a time: a file, "
        "a database's URL (`postgresql://`, `mysql://`), or `$NAME` of a variable that holds either.",
        example="$DATABASE_URL",
    )


@dataclass(frozen=True, slots=True)
class Server:
    """The app server behind nginx."""

    name: str = setting(
        v.choice(v.AUTO, "gunicorn", "uwsgi", "granian", "uvicorn"),
        v.AUTO,
        "Which app server; `auto`: granian for WSGI, uvicorn for ASGI, gunicorn for aiohttp.",
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
        elsewhere=("--processes", "--worker-processes"),
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
        elsewhere=("--blocking-threads",),
    )
    worker_class: str = setting(
        v.choice(v.AUTO, "sync", "gthread", "gevent", "asgi", "aiohttp", "aiohttp-uvloop"),
        v.AUTO,
        "gunicorn's kind of worker.",
        example="gevent",
        elsewhere=("-k", "--worker-class"),
    )
    keep_alive: int = setting(
        v.SECONDS,
        75,
        "How long an idle connection from nginx is kept; nginx itself closes it sooner.",
        example="120",
        images=("KEEP_ALIVE",),
        elsewhere=("--keep-alive", "--timeout-keep-alive"),
    )
    backlog: int = setting(
        v.count(1, 65535),
        2048,
        "Connections that may wait for a worker; the kernel's limit caps it, and that is said.",
        example="64",
    )
    recycle_requests: int = setting(
        v.count(0, 1_000_000_000),
        0,
        "Requests of one worker after which a new generation takes over, up to a tenth sooner by chance; 0 is none.",
        example="10000",
        elsewhere=("--max-requests", "--limit-max-requests"),
    )
    recycle_memory: int = setting(
        v.SIZE,
        0,
        "Memory of one worker above which a new generation takes over; 0 is no limit.",
        example="400M",
        elsewhere=("--reload-on-rss", "--workers-max-rss"),
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
        example="--preload",
        images=("GUNICORN_CMD_ARGS",),
    )
