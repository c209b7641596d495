"""granian: WSGI and ASGI on a Rust HTTP core.

Rule: each option is given on the command line, since it has no file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from porch.plan import Interface, Plan
from porch.records import dataclass
from porch.servers.target import application
from porch.servers.usual import GOES_ON, Usual

THREADS = 4
"""In each worker: one slow request does not hold up the next, and the GIL makes more of little use."""

BACKLOG_LEAST = 128
CONNECTIONS_LEAST = 1024
"""nginx holds idle connections open, and each takes a place: too few of them, and requests wait for no reason."""
MIB = 1024**2
KEEP_ALIVE_MOST = 60
GRACEFUL_MOST = 1800
"""granian's options for them end there."""


@dataclass(frozen=True)
class Granian(Usual):
    """granian, as porch runs it."""

    name: str = "granian"
    packages: tuple[str, ...] = ("granian",)
    speaks: frozenset[Interface] = frozenset(("wsgi", "asgi"))

    @property
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        return {
            "server.min_workers": "all workers are kept, busy or idle",
            "server.worker_class": "it has one kind of worker",
            "server.config": "it reads no file; give its options as server.args",
            "server.keep_alive": "an idle connection is closed after a minute at most",
            "limits.graceful_timeout": "requests in work at a stop have half an hour at most",
            "limits.request_timeout": GOES_ON,
        }

    @property
    def cannot_alone(self) -> Mapping[str, str]:
        """Setting -> what happens instead where its files run without porch."""
        return {"server.recycle_requests": "its workers live as long as the app"}

    @property
    def most(self) -> Mapping[str, int]:
        """Setting -> the greatest number of it."""
        return {"server.keep_alive": KEEP_ALIVE_MOST, "limits.graceful_timeout": GRACEFUL_MOST}

    @property
    def flags(self) -> Mapping[str, str]:
        """Option of its command line -> the setting that it carries."""
        return {
            "--interface": "app.interface",
            "--uds": "run.dir",
            "--workers": "server.workers",
            "--blocking-threads": "server.threads",
            "--backlog": "server.backlog",
            "--backpressure": "server.backlog",
            "--http1-header-read-timeout": "server.keep_alive",
            "--workers-kill-timeout": "limits.graceful_timeout",
            "--log-level": "log.level",
            "--workers-max-rss": "server.recycle_memory",
        }

    def auto_threads(self, interface: Interface, worker_class: str) -> int:  # noqa: ARG002  # it has one
        """Only for WSGI: an ASGI app runs in the event loop."""
        return THREADS if interface == "wsgi" else 0

    def argv(self, plan: Plan) -> tuple[str, ...]:
        """The command."""
        server, limits = plan.server, plan.limits
        threads = ("--blocking-threads", str(server.threads.value)) if self._has_threads(plan) else ()
        # granian takes the name for a path from the current folder. Where that folder is a package (it holds an
        # `__init__.py`) it would look for the wrapper inside of it; these folders never are one.
        name = f"{plan.run.home if plan.run.generation else plan.run.wrapper}/{application(plan)}"
        return (
            *(plan.app.python.value, "-m", "granian", name),
            *("--interface", plan.app.interface.value),
            *_where(plan),
            *("--http", "1"),
            *(("--no-ws",) if plan.app.interface.value == "wsgi" else ()),
            *("--workers", str(max(1, server.workers.value)), *threads),
            *("--backlog", str(max(BACKLOG_LEAST, server.backlog.value))),
            *("--backpressure", str(max(CONNECTIONS_LEAST, server.backlog.value))),
            *("--http1-header-read-timeout", str(min(KEEP_ALIVE_MOST, max(1, server.keep_alive.value)) * 1000)),
            *("--respawn-failed-workers", "--respawn-interval", "0.1"),
            *("--workers-kill-timeout", str(min(GRACEFUL_MOST, max(1, limits.graceful.value)))),
            *("--no-access-log", "--log-level", plan.log.level.value),
            *_recycling(plan),
            *server.args.value,
        )

    def _has_threads(self, plan: Plan) -> bool:
        return plan.app.interface.value == "wsgi" and plan.server.threads.value > 0


def _where(plan: Plan) -> tuple[str, ...]:
    host, _, port = plan.run.bound.rpartition(":")
    if port:
        return ("--host", host.strip("[]"), "--port", port)
    return ("--uds", plan.run.socket, "--uds-permissions", "0o660")


GRANIAN = Granian()


def _recycling(plan: Plan) -> tuple[str, ...]:
    """Where no supervisor of porch's looks at the memory."""
    memory = plan.server.recycle_memory.value
    return ("--workers-max-rss", str(max(1, memory // MIB))) if memory and not plan.run.generation else ()
