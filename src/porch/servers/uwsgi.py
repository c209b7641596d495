"""uWSGI: WSGI by the uwsgi protocol over a unix socket.

Rule: whoever reaches the socket can run code, by the protocol's own design: a unix socket in a private folder, never
an address; at an address it speaks HTTP. No variable of the environment changes what the file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from porch import worker
from porch.plan import Interface, Plan
from porch.records import dataclass
from porch.servers.target import application, header, last_resort, numbers, worker_settings
from porch.servers.usual import Usual
from porch.syntax import ini
from porch.syntax.file import File

CONFIG = "uwsgi.ini"

THREADS = 2

Option = ini.Option | ini.Comment | ini.Gap

FILES_MOST = 65536
"""uWSGI makes tables for as many open files as it may have: in a container with no limit they take 8 GB."""
PACKET = 65535
"""The longest that the protocol knows: all headers and variables of a request. Its own limit is 4096."""
BODY_IN_MEMORY = 65536
MIB = 1024**2
BEYOND_NGINX = 5
"""Seconds after which uWSGI gives up a client that nginx should have given up."""
GRACEFUL_HARAKIRI_SINCE = (2, 0, 22)


@dataclass(frozen=True)
class Uwsgi(Usual):
    """uWSGI, as porch runs it."""

    name: str = "uwsgi"
    packages: tuple[str, ...] = ("pyuwsgi", "uwsgi")
    speaks: frozenset[Interface] = frozenset(("wsgi",))
    protocol: Literal["http", "uwsgi"] = "uwsgi"
    drops: tuple[str, ...] = ("UWSGI_",)
    """It takes each variable UWSGI_X for an option, and the images that people come from set UWSGI_INI."""
    dozes: bool = True

    @property
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        return {
            "server.worker_class": "it has one kind of worker",
            "server.config": "no file of yours is read; give its options as server.args",
            "server.keep_alive": "its protocol opens a connection for each request",
            "limits.graceful_timeout": "at a stop it waits for the requests in work without a limit of its own; the "
            "supervisor ends it 10 s after this time",
            "log.level": "it has no levels, and says little",
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing that could be emptied: its command starts without its variables."""
        return {}

    def auto_workers(self, cores: int) -> int:
        """One more than there are cores."""
        return cores + 1

    def auto_threads(self, interface: Interface, worker_class: str) -> int:  # noqa: ARG002  # it has one kind
        """A few in each of its processes."""
        return THREADS

    def argv(self, plan: Plan) -> tuple[str, ...]:
        """The command; all but the further words is in its file."""
        return _command(plan)

    def files(self, plan: Plan) -> list[File]:
        """`uwsgi.ini`."""
        sizes = [*_sizes(plan), *_recycling(plan)]
        options = [*_app(plan), *_beside(plan), *sizes, *_stopping(plan), *_requests(plan), *_logs()]
        return [File(CONFIG, ini.render([ini.section("uwsgi", options)], header("uWSGI", plan, _command(plan))))]


UWSGI = Uwsgi()


def _command(plan: Plan) -> tuple[str, ...]:
    binary = str(Path(plan.app.python.value).parent / "uwsgi")
    return (binary, "--ini", f"{plan.run.home}/{CONFIG}", *plan.server.args.value)


def _app(plan: Plan) -> Iterator[Option]:
    yield ini.option("strict", True, "A misspelt option is an error.")
    note = "The app, wrapped so that it sees each client as nginx saw it."
    yield ini.option("module", application(plan), note, plan.app.interface.setting)
    yield ini.option("need-app", True, "Without the app there is nothing to serve.")
    yield ini.option("single-interpreter", True)
    yield ini.option("lazy-apps", True, "Each process loads the app itself: no connection is shared by accident.")
    yield ini.gap()
    run = plan.run
    if run.bound:
        note = "In HTTP, as nginx is on another machine: whoever speaks uWSGI's own protocol can run code."
        yield ini.option("http-socket", run.bound, note, run.part.setting)
        note = "It closes after each answer without a word, and nginx would send the next request to nobody."
        yield ini.option("add-header", "Connection: close", note)
    else:
        note = "Only nginx reaches this socket: whoever speaks this protocol can run code."
        yield ini.option("socket", run.socket, note, run.folder.setting)
        yield ini.option("chmod-socket", "660")
    yield ini.option("listen", plan.server.backlog.value, plan.server.backlog.note, plan.server.backlog.setting)


def _beside(plan: Plan) -> Iterator[Option]:
    """What porch's supervisor gives by the environment, for a file that is kept."""
    if plan.run.generation:
        return
    yield ini.gap()
    yield ini.option("chdir", plan.app.folder, "The app's own folder.", plan.app.target.setting)
    yield ini.option("pythonpath", plan.run.wrapper, "Where the wrapper around the app lies.")
    note = "Which app the wrapper loads, and where it is mounted."
    yield ini.option("env", f"PORCH_WORKER={worker_settings(plan)}", note, plan.app.target.setting)
    yield ini.option("no-orphans", True, "Processes whose master was killed do not stay.")


def _sizes(plan: Plan) -> Iterator[Option]:
    workers, fewest, threads = plan.server.workers, plan.server.min_workers, plan.server.threads
    most = max(1, workers.value)
    yield ini.gap()
    yield ini.option("master", True)
    yield ini.option("processes", most, workers.note, workers.setting)
    if 0 < fewest.value < most:
        yield ini.option("cheaper", fewest.value, "Kept when there is little to do.", fewest.setting)
        yield ini.option("cheaper-initial", fewest.value)
    yield ini.option("enable-threads", True, "Without it, threads that the app starts never run.")
    if threads.value:
        yield ini.option("threads", threads.value, threads.note, threads.setting)
    yield ini.option("max-fd", FILES_MOST, "Its tables grow with this: unlimited, they take gigabytes.")


def _recycling(plan: Plan) -> Iterator[Option]:
    """Where no supervisor of porch's counts."""
    requests, memory = plan.server.recycle_requests, plan.server.recycle_memory
    if plan.run.generation:
        return
    if requests.value:
        yield ini.option("max-requests", requests.value, requests.note, requests.setting)
        yield ini.option("max-requests-delta", max(1, requests.value // 10), "Not all processes at once.")
    if memory.value:
        yield ini.option("reload-on-rss", max(1, memory.value // MIB), memory.note, memory.setting)


def _stopping(plan: Plan) -> Iterator[Option]:
    graceful = plan.limits.graceful
    yield ini.gap()
    if plan.run.generation:
        # A worker has the master's own handlers until it has set its own: that of HUP would have it reload, alone.
        note = "A worker that has only just begun, in the place of one that died, ends at once."
        yield ini.option("hook-master-start", "unix_signal:1 _exit", note)
    yield ini.option("die-on-term", True, "TERM stops it; by itself it would reload.")
    note = "And stops it only when the requests in work are done."
    yield ini.option("hook-master-start", "unix_signal:15 gracefully_kill_them_all", note)
    yield ini.option("worker-reload-mercy", graceful.value, graceful.note, graceful.setting)
    yield ini.option("shared-pyimport", "porch_worker.hup", "And reaches those that still load the app.")
    yield ini.option("vacuum", True, "The socket goes with it.")


def _requests(plan: Plan) -> Iterator[Option]:
    request = plan.limits.request
    yield ini.gap()
    if request.value:
        yield from _harakiri(plan)
    yield ini.option("buffer-size", PACKET, "Room for all headers that nginx lets through.")
    yield ini.option("post-buffering", BODY_IN_MEMORY, "A larger body waits on disk, not in the process.")
    silence = plan.clients.body_timeout
    note = "Longer than nginx waits for a client that takes nothing: uWSGI would end its answer as if it were whole."
    yield ini.option("socket-timeout", silence.value + BEYOND_NGINX, note, silence.setting)
    yield ini.option("ignore-sigpipe", True, "A client that has left is no error.")
    yield ini.option("ignore-write-errors", True)
    yield ini.option("disable-write-exception", True)


def _harakiri(plan: Plan) -> Iterator[Option]:
    request = plan.limits.request
    if plan.run.generation:
        note = "A worker that hangs is ended by the supervisor, after nginx has answered 504. This is the last resort."
        yield ini.option("harakiri", last_resort(plan), note, request.setting)
    else:
        yield ini.option("harakiri", request.value, request.note, request.setting)
    yield ini.option("harakiri-verbose", True, "Say what the process was doing.")
    if numbers(plan.server.version) >= GRACEFUL_HARAKIRI_SINCE:
        note = "Before it is killed, it writes the stack of each thread to the log."
        yield ini.option("harakiri-graceful-signal", worker.STACKS, note)
        yield ini.option("harakiri-graceful-timeout", 1)


def _logs() -> Iterator[Option]:
    yield ini.gap()
    yield ini.option("disable-logging", True, "nginx writes the access lines.")
