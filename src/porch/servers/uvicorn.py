"""uvicorn: ASGI on asyncio, with uvloop and httptools where they are installed.

Rule: each option is given on the command line. Its socket is open to all (0666, and no option changes that): the
folder that holds it is what keeps others out.
"""

from __future__ import annotations

from collections.abc import Mapping

from porch.plan import Interface, Plan
from porch.records import dataclass
from porch.servers.target import application
from porch.servers.usual import GOES_ON, Usual

WITHOUT_CLIENTS = 2
"""Seconds for requests that nobody waits for any more; five after the stop it would be killed."""


@dataclass(frozen=True)
class Uvicorn(Usual):
    """uvicorn, as porch runs it."""

    name: str = "uvicorn"
    packages: tuple[str, ...] = ("uvicorn",)
    quick_with: tuple[str, ...] = ("httptools", "uvloop", "websockets")
    speaks: frozenset[Interface] = frozenset(("asgi",))

    @property
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        return {
            "server.min_workers": "all workers are kept, busy or idle",
            "server.threads": "the app runs in one event loop a worker",
            "server.worker_class": "it has one kind of worker",
            "server.config": "it reads no file; give its options as server.args",
            "limits.request_timeout": GOES_ON,
        }

    @property
    def cannot_alone(self) -> Mapping[str, str]:
        """Setting -> what happens instead where its files run without porch."""
        return {"server.recycle_memory": "its workers grow as they like"}

    @property
    def flags(self) -> Mapping[str, str]:
        """Option of its command line -> the setting that it carries."""
        return {
            "--uds": "run.dir",
            "--workers": "server.workers",
            "--backlog": "server.backlog",
            "--timeout-keep-alive": "server.keep_alive",
            "--timeout-graceful-shutdown": "limits.graceful_timeout",
            "--log-level": "log.level",
            "--limit-max-requests": "server.recycle_requests",
            "--limit-max-requests-jitter": "server.recycle_requests",
        }

    def argv(self, plan: Plan) -> tuple[str, ...]:
        """The command."""
        server = plan.server
        return (
            *(plan.app.python.value, "-m", "uvicorn", application(plan)),
            *_where(plan),
            *("--workers", str(max(1, server.workers.value))),
            *("--backlog", str(server.backlog.value)),
            *("--timeout-keep-alive", str(server.keep_alive.value)),
            *("--timeout-graceful-shutdown", str(_graceful(plan))),
            *("--no-proxy-headers", "--no-server-header", "--no-access-log"),
            *("--log-level", plan.log.level.value),
            *_recycling(plan),
            *server.args.value,
        )


def _where(plan: Plan) -> tuple[str, ...]:
    host, _, port = plan.run.bound.rpartition(":")
    return ("--host", host.strip("[]"), "--port", port) if port else ("--uds", plan.run.socket)


UVICORN = Uvicorn()


def _graceful(plan: Plan) -> int:
    """porch's supervisor tells it to stop when all clients have had their time; what it takes more, the app's own end
    would be short of before it is killed."""
    graceful = plan.limits.graceful.value
    return min(graceful, WITHOUT_CLIENTS) if plan.run.generation else graceful


def _recycling(plan: Plan) -> tuple[str, ...]:
    """Where no supervisor of porch's counts the requests."""
    requests = plan.server.recycle_requests.value
    if plan.run.generation or not requests:
        return ()
    return ("--limit-max-requests", str(requests), "--limit-max-requests-jitter", str(max(1, requests // 10)))
