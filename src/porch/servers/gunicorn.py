"""gunicorn: WSGI by threads or gevent, ASGI by its own worker, aiohttp by aiohttp's.

Rule: the user's own `gunicorn.conf.py` is run first, and what it decides stays; what nginx and the supervisor rely on
is set after it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import LiteralString

from porch.plan import Interface, Plan
from porch.plan.chosen import Chosen
from porch.records import dataclass
from porch.servers.target import application, header, last_resort, numbers, worker_settings
from porch.servers.usual import Usual
from porch.syntax import python
from porch.syntax.file import File

CONFIG = "gunicorn.conf.py"

THREADS = 4
"""In each worker: one slow request does not hold up the next, and the GIL makes more of little use."""

CLASSES: Mapping[Interface, tuple[str, ...]] = {
    "wsgi": ("gthread", "gevent", "sync"),
    "asgi": ("asgi",),
    "aiohttp": ("aiohttp-uvloop", "aiohttp"),
}
"""What each kind of app can run on; the first whose packages are there is taken by itself."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "gevent": ("gevent", "packaging"),
    "aiohttp": ("aiohttp",),
    "aiohttp-uvloop": ("aiohttp", "uvloop"),
}
"""Kinds of worker that come with packages of their own; `packaging` is what reads the version of gevent."""

PATHS: Mapping[str, str] = {
    "aiohttp": "aiohttp.GunicornWebWorker",
    "aiohttp-uvloop": "aiohttp.GunicornUVLoopWebWorker",
}
"""Where gunicorn finds a worker that is not its own."""

THEIRS: Mapping[str, str] = {
    "workers": "server.workers",
    "threads": "server.threads",
    "worker_class": "server.worker_class",
    "keepalive": "server.keep_alive",
    "max_requests": "server.recycle_requests",
    "timeout": "limits.request_timeout",
    "graceful_timeout": "limits.graceful_timeout",
    "bind": "http.listen",
}
"""Names in the user's own file -> the setting that each decides."""

LONGEST_LINE = 8190
"""The most that gunicorn can be told."""
FIELDS = 150

LOOPS = frozenset(("gevent", "asgi", "aiohttp", "aiohttp-uvloop"))
"""Kinds of worker whose sign of life is their event loop's, not a request's end."""

CONTROL_SOCKET_SINCE = (25, 1)

SHARED_MEMORY = "/dev/shm"  # noqa: S108  # a file system in memory is what is wanted


@dataclass(frozen=True)
class Gunicorn(Usual):
    """gunicorn, as porch runs it."""

    name: str = "gunicorn"
    packages: tuple[str, ...] = ("gunicorn",)
    speaks: frozenset[Interface] = frozenset(("wsgi", "asgi", "aiohttp"))
    config_name: str = CONFIG

    @property
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        return {
            "server.min_workers": "all workers are kept, busy or idle",
            "limits.request_timeout": "nginx answers 504 in time, but only a worker that hangs is ended, by "
            "`porch run`, and a sync worker in any case; any other goes on with the request",
        }

    @property
    def cannot_alone(self) -> Mapping[str, str]:
        """Setting -> what happens instead where its files run without porch."""
        return {"server.recycle_memory": "its workers grow as they like"}

    @property
    def worker_packages(self) -> Mapping[str, tuple[str, ...]]:
        """Kind of worker -> the packages that it comes from."""
        return NEEDS

    @property
    def environment(self) -> Mapping[str, str]:
        """Its own variable of options stands above its file, so it is emptied: the plan has read it already."""
        return {"GUNICORN_CMD_ARGS": ""}

    def taken_from(self, text: str) -> Mapping[str, tuple[object, int]]:
        """Setting -> (value, or None when only gunicorn can tell it, and line)."""
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):
            return {}  # gunicorn itself will name the line
        return dict(_decided(body, sure=True))

    def worker_class(self, interface: Interface, wanted: str, there: Collection[str]) -> str:
        """The worker class for that kind of app; ValueError when the two do not fit."""
        able = CLASSES[interface]
        if wanted in ("", "auto"):
            return next((kind for kind in able if set(NEEDS.get(kind, ())) <= set(there)), able[-1])
        if wanted not in able:
            raise ValueError(
                f"gunicorn's {wanted} workers cannot run {interface} apps, but these can: {', '.join(able)}"
            )
        return wanted

    def websockets(self, interface: Interface, worker_class: str) -> bool:
        """It hands its connection to a WSGI app (`gunicorn.socket`); but a sync worker would serve nobody else."""
        return interface != "wsgi" or worker_class != "sync"

    def auto_threads(self, interface: Interface, worker_class: str) -> int:
        """Only its threaded worker has any."""
        return THREADS if interface == "wsgi" and worker_class == "gthread" else 0

    def argv(self, plan: Plan) -> tuple[str, ...]:
        """The command; all but the further words is in its file."""
        words = (plan.app.python.value, "-m", "gunicorn", "-c", f"{plan.run.home}/{CONFIG}")
        return (*words, *plan.server.args.value)

    def files(self, plan: Plan) -> list[File]:
        """`gunicorn.conf.py`."""
        nodes = [
            *_beside(plan),
            *_users(plan),
            *_owned(plan),
            *_told(plan),
            *_sizes(plan),
            *_times(plan),
            *_rest(plan),
            *_early_stop(),
            *_prompt_stop(plan),
        ]
        return [File(CONFIG, python.render(nodes, header("gunicorn", plan, self.argv(plan))))]


GUNICORN = Gunicorn()


def _beside(plan: Plan) -> Iterator[python.Node]:
    """What porch's supervisor gives by the environment, for a file that is kept; your own settings stand above it."""
    if plan.run.generation:
        return
    yield python.source("import sys", "")
    yield python.assign("chdir", plan.app.folder, "The app's own folder.", plan.app.target.setting)
    yield python.assign("_wrapper", plan.run.wrapper, "Where the wrapper around the app lies.")
    yield python.source("sys.path.insert(0, _wrapper)")
    yield python.gap()


def _told(plan: Plan) -> Iterator[python.Node]:
    """What the wrapper is told, beside the variables of your own file."""
    if plan.run.generation:
        return
    note = "Which app the wrapper loads, and where it is mounted."
    yield python.assign("_told", f"PORCH_WORKER={worker_settings(plan)}", note, plan.app.target.setting)
    yield python.source('raw_env = [*globals().get("raw_env", ()), _told]')


def _users(plan: Plan) -> Iterator[python.Node]:
    config = plan.server.config
    if config.value:
        yield python.load(config.value, "Your own settings come first; what follows stands above them.", config.setting)
        yield python.gap()


def _owned(plan: Plan) -> Iterator[python.Node]:
    """What nginx and the supervisor rely on."""
    note = "The app, wrapped so that it sees each client as nginx saw it."
    yield python.assign("wsgi_app", application(plan), note, plan.app.interface.setting)
    run = plan.run
    if run.bound:
        note = "Meant for nginx, on a network that nobody else is on."
        yield python.assign("bind", run.bound, note, run.part.setting)
    else:
        yield python.assign("bind", f"unix:{run.socket}", "Only nginx reaches this socket.", run.folder.setting)
        yield python.assign("umask", 0o007, "Owner and group may connect to the socket, nobody else.")
    if plan.server.config.value:
        yield python.assign("daemon", False, "The supervisor holds the process in the foreground.")
        yield python.assign("certfile", None, "nginx is where TLS ends.")
        yield python.assign("keyfile", None)


def _early_stop() -> Iterator[python.Node]:
    """gunicorn's master says TERM once; a worker that still has the master's handlers would not hear it.

    Measured: gevent patches the standard library for 0.2 s before its worker listens, and a stop then took the whole
    graceful timeout. Between the fork and `post_fork` TERM has to wait: on a busy machine that is long enough for it
    to come, and Python forgets at a fork what has come (`_PySignal_AfterFork`).
    """
    yield python.gap()
    yield python.source(
        "import os",
        "import signal",
        "",
        "_master = os.getpid()",
        '_before_fork = globals().get("pre_fork", lambda server, worker: None)',
        '_after_fork = globals().get("post_fork", lambda server, worker: None)',
        "",
        "",
        "def pre_fork(server, worker):",
        "    _before_fork(server, worker)",
        "    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})",
        "",
        "",
        "def _heed():",
        "    if os.getpid() == _master:",
        "        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})",
        "",
        "",
        "os.register_at_fork(after_in_parent=_heed)",
        "",
        "",
        "def post_fork(server, worker):",
        "    signal.signal(signal.SIGTERM, signal.SIG_DFL)",
        "    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})",
        "    _after_fork(server, worker)",
        note="A stop that comes before a worker listens to signals ends it all the same: until then TERM waits.",
    )


def _prompt_stop(plan: Plan) -> Iterator[python.Node]:
    if plan.server.worker_class.value not in LOOPS:
        return
    yield python.gap()
    yield python.gap()
    yield python.source(
        '_after_load = globals().get("post_worker_init", lambda worker: None)',
        "_after_early_stop = post_fork",
        "",
        "",
        "def post_fork(server, worker):",
        "    from porch_worker import prompt",
        "",
        "    prompt.begin(worker)",
        "    _after_early_stop(server, worker)",
        "",
        "",
        "def post_worker_init(worker):",
        "    from porch_worker import prompt",
        "",
        "    prompt.stop(worker)",
        "    _after_load(worker)",
        note="And one that comes later is heard at once: by itself, such a worker looks once a second.",
    )


def _sizes(plan: Plan) -> Iterator[python.Node]:
    server = plan.server
    yield python.gap()
    yield from _number("workers", server.workers, plan)
    yield from _number("threads", server.threads, plan)
    kind = server.worker_class
    if kind.value and not _theirs(kind, plan):
        yield python.assign("worker_class", PATHS.get(kind.value, kind.value), kind.note, kind.setting)
    yield python.assign("backlog", server.backlog.value, server.backlog.note, server.backlog.setting)
    yield from _recycling(server.recycle_requests, plan)


def _recycling(requests: Chosen[int], plan: Plan) -> Iterator[python.Node]:
    if not requests.value:
        return
    if plan.run.generation:
        if _theirs(requests, plan):
            note = "The supervisor counts them: a worker that ends by itself drops what nginx sends at that moment."
            yield python.assign("max_requests", 0, note, requests.setting)
    elif not _theirs(requests, plan):
        yield python.assign("max_requests", requests.value, requests.note, requests.setting)
        note = "Not all of them at once."
        yield python.assign("max_requests_jitter", max(1, requests.value // 10), note, requests.setting)


def _times(plan: Plan) -> Iterator[python.Node]:
    limits, keep_alive = plan.limits, plan.server.keep_alive
    yield python.gap()
    if plan.run.generation:
        note = "A worker that hangs is ended by the supervisor, its stack in the log, after nginx has answered 504."
        yield python.assign("timeout", last_resort(plan), f"{note} This is the last resort.", limits.request.setting)
    elif plan.server.worker_class.value in LOOPS:
        note = "A worker whose event loop stands still is ended; nginx bounds each request, and answers sooner."
        yield python.assign("timeout", limits.read.value + 5, note, limits.read.setting)
    else:
        yield python.assign("timeout", limits.request.value, limits.request.note, limits.request.setting)
    yield python.assign("graceful_timeout", limits.graceful.value, limits.graceful.note, limits.graceful.setting)
    if not _theirs(keep_alive, plan):
        yield python.assign("keepalive", keep_alive.value, keep_alive.note, keep_alive.setting)


def _rest(plan: Plan) -> Iterator[python.Node]:
    yield python.gap()
    note = "Heartbeat files in memory: on a slow disk a worker seems to hang."
    yield python.assign("worker_tmp_dir", SHARED_MEMORY if Path(SHARED_MEMORY).is_dir() else plan.run.home, note)
    if numbers(plan.server.version) >= CONTROL_SOCKET_SINCE:
        yield python.assign("control_socket_disable", True, "The supervisor controls it, by signals.")
    yield python.gap()
    yield python.assign("forwarded_allow_ips", "127.0.0.1,::1", "Nothing is forwarded but by nginx.")
    yield python.assign("forwarder_headers", "", "No header may set SCRIPT_NAME, PATH_INFO or REMOTE_USER.")
    yield python.assign("header_map", "drop", "A header with an underscore could pass for another one.")
    yield from _sizes_of_requests(plan)
    yield python.gap()
    yield python.assign("accesslog", None, "nginx writes the access lines.")
    yield python.assign("errorlog", "-", "To standard error, for the one stream of logs.")
    yield python.assign("loglevel", plan.log.level.value, plan.log.level.note, plan.log.level.setting)


def _sizes_of_requests(plan: Plan) -> Iterator[python.Node]:
    header = plan.clients.header
    line = header.value - len("\r\n")
    note = "As much as nginx lets through; 0 is no limit of its own."
    yield python.assign("limit_request_line", line if line <= LONGEST_LINE else 0, note, header.setting)
    yield python.assign("limit_request_field_size", 2 * header.value, setting=header.setting)
    yield python.assign("limit_request_fields", FIELDS, "nginx counts them, and adds its own.")


def _number(name: LiteralString, chosen: Chosen[int], plan: Plan) -> Iterator[python.Node]:
    """0 is no number: the user's own file decides, or the kind of worker has none."""
    if chosen.value and not _theirs(chosen, plan):
        yield python.assign(name, chosen.value, chosen.note, chosen.setting)


def _theirs(chosen: Chosen[int] | Chosen[str], plan: Plan) -> bool:
    """Whether the value was read in the user's own file, where it stays."""
    config = plan.server.config.value
    return bool(config) and chosen.origin.startswith(f"{Path(config).name}:")


def _decided(body: list[ast.stmt], *, sure: bool) -> Iterator[tuple[str, tuple[object, int]]]:
    """Each assignment of a name that decides a setting; below a condition its value cannot be read."""
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            value = statement.value.value if sure and isinstance(statement.value, ast.Constant) else None
            yield from ((THEIRS[name], (value, statement.lineno)) for name in names if name in THEIRS)
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For):
            yield from _decided([*statement.body, *getattr(statement, "orelse", [])], sure=False)
