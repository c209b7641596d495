"""App servers: one file a server, one line in the tuple.

Rule: what differs between servers differs here; `if server.name == ...` anywhere else is a fault.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, Protocol

from porch.plan import Interface, Plan
from porch.servers.granian import GRANIAN
from porch.servers.gunicorn import GUNICORN
from porch.servers.target import found_beside, report, shared_environment
from porch.servers.uvicorn import UVICORN
from porch.servers.uwsgi import UWSGI
from porch.syntax import words
from porch.syntax.file import File, Line

__all__ = ["SERVERS", "Server", "by_name", "command", "config_names", "environment", "report"]


class Server(Protocol):
    """What porch asks of every app server."""

    @property
    def name(self) -> str:
        """The word that selects it."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """The PyPI packages that bring it, the one to recommend first."""
        ...

    @property
    def quick_with(self) -> tuple[str, ...]:
        """Packages without which it is slower, or does less, than the next: `auto` then passes it over."""
        ...

    @property
    def worker_packages(self) -> Mapping[str, tuple[str, ...]]:
        """Kind of worker -> the packages that it comes from, beside the server's own."""
        ...

    @property
    def speaks(self) -> frozenset[Interface]:
        """The kinds of app that it can run."""
        ...

    @property
    def protocol(self) -> Literal["http", "uwsgi"]:
        """How nginx speaks to it."""
        ...

    @property
    def drops(self) -> tuple[str, ...]:
        """What the variables begin with that it would take for its options, and therefore must not see."""
        ...

    @property
    def dozes(self) -> bool:
        """Whether its master, told to stop, notices the end of its last worker late, unless a signal wakes it."""
        ...

    @property
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        ...

    @property
    def cannot_alone(self) -> Mapping[str, str]:
        """Setting that porch honours for it while it runs -> what happens instead where its files run without porch."""
        ...

    @property
    def most(self) -> Mapping[str, int]:
        """Setting -> the greatest number of it that can be honoured; what happens above it stands in `cannot`."""
        ...

    @property
    def flags(self) -> Mapping[str, str]:
        """Option of its command line -> the setting that it carries."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that keep others from configuring it behind the plan's back."""
        ...

    @property
    def config_name(self) -> str:
        """File name of the user's own configuration that is looked for beside the app; empty when it has none."""
        ...

    def taken_from(self, text: str) -> Mapping[str, tuple[object, int]]:
        """Setting -> (value or None when only the server can tell, line) that the user's own configuration decides."""
        ...

    def worker_class(self, interface: Interface, wanted: str, there: Collection[str]) -> str:
        """The worker class for that kind of app, among the packages that are there.

        Empty where the server has none; raises ValueError when the two do not fit.
        """
        ...

    def websockets(self, interface: Interface, worker_class: str) -> bool:
        """Whether apps of that kind can open them; an empty worker class stands for the one that would be taken."""
        ...

    def auto_workers(self, cores: int) -> int:
        """Processes that fit so many cores."""
        ...

    def auto_threads(self, interface: Interface, worker_class: str) -> int:
        """Threads a worker; 0 where threads are not used."""
        ...

    def argv(self, plan: Plan) -> tuple[str, ...]:
        """The command, word by word."""
        ...

    def files(self, plan: Plan) -> list[File]:
        """Its configuration, relative to `plan.run.home`; may be empty."""
        ...


SERVERS: tuple[Server, ...] = (UVICORN, GRANIAN, GUNICORN, UWSGI)
"""Of those that speak the app's interface and are installed, `auto` takes the first. In the order of what was measured,
but for uWSGI, which is in maintenance: last (decision record 20)."""


def by_name(name: str) -> Server:
    """The server of that name; raises KeyError."""
    return {server.name: server for server in SERVERS}[name]


def config_names() -> tuple[str, ...]:
    """File names of the users' own configuration, looked for beside the app."""
    return tuple(server.config_name for server in SERVERS if server.config_name)


def command(plan: Plan) -> tuple[Line, ...]:
    """The server's command line as a person reads it: a line for each option, with the setting that it comes from."""
    server = by_name(plan.server.name.value)
    return words.options(server.argv(plan), server.flags)


def environment(plan: Plan) -> dict[str, str]:
    """What a server's process is given on top of the environment that porch itself has."""
    server = by_name(plan.server.name.value)
    told_by_file = not plan.run.generation and server.files(plan)
    return (found_beside(plan) if told_by_file else shared_environment(plan)) | dict(server.environment)
