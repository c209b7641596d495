"""App servers: one file a server, one line in the tuple.

Rule: what differs between servers differs here; `if server.name == ...` anywhere else is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from porch.plan import Interface, Plan
from porch.syntax.file import File


class Server(Protocol):
    """What porch asks of every app server."""

    @property
    def name(self) -> str:
        """The word that selects it."""
        ...

    @property
    def package(self) -> str:
        """The PyPI package that brings it."""
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
    def cannot(self) -> Mapping[str, str]:
        """Setting -> what happens instead."""
        ...

    @property
    def config_name(self) -> str:
        """File name of the user's own configuration that is looked for beside the app; empty when it has none."""
        ...

    def taken_from(self, text: str) -> Mapping[str, tuple[object, int]]:
        """Setting -> (value or None when only the server can tell, line) that the user's own configuration decides."""
        ...

    def worker_class(self, interface: Interface, wanted: str) -> str:
        """The worker class for that kind of app; empty where the server has none, ValueError when they do not fit."""
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
