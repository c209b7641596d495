"""Targets: each turns a Plan into Files; one file a target, one line in the tuple.

Rule: a target describes; it reads nothing but the Plan and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from porch import servers, worker
from porch.plan import WRAPPER, Plan
from porch.syntax.file import File, plain
from porch.targets import nginx, standalone, supervisord


class Target(Protocol):
    """What porch asks of every target."""

    @property
    def name(self) -> str:
        """The word that selects it."""
        ...

    def files(self, plan: Plan) -> list[File]:
        """Its files, relative to the folder they are written to."""
        ...


class Nginx:
    """nginx.conf."""

    name = "nginx"

    def files(self, plan: Plan) -> list[File]:
        """One file."""
        return [nginx.file(plan)]


class OwnConfiguration:
    """The app server's own configuration file."""

    def __init__(self, server: str) -> None:
        self.name = server

    def files(self, plan: Plan) -> list[File]:
        """What the server reads, and the wrapper beside it; the Plan must be one for this server."""
        return [*servers.by_name(self.name).files(plan), *_wrapper()]


class Supervisord:
    """The whole stack under supervisord."""

    name = "supervisord"

    def files(self, plan: Plan) -> list[File]:
        """supervisord.conf, what nginx and the server read, and the wrapper."""
        own = servers.by_name(plan.server.name.value).files(plan)
        return [supervisord.file(plan), nginx.file(plan), *own, *_wrapper()]


def _wrapper() -> list[File]:
    """The modules that run around the app, as they stand."""
    return [plain(f"{WRAPPER}/{path}", text, aside=True) for path, text in worker.modules().items()]


TARGETS: tuple[Target, ...] = (
    Nginx(),
    OwnConfiguration("gunicorn"),
    OwnConfiguration("uwsgi"),
    Supervisord(),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the stack that runs by itself: what it reads, and how it is started."""

    files: tuple[File, ...]
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: str
    user: str
    """Whom it is started as; empty: as the caller."""


def part(plan: Plan) -> Part:
    """The part that the Plan, one for files that are kept, is for."""
    if plan.run.part.value == "nginx":
        # Its master opens the ports, and gives its workers another user by itself.
        return Part((nginx.file(plan),), nginx.argv(plan), {}, plan.run.folder.value, "")
    own = servers.by_name(plan.server.name.value).files(plan)
    command, variables = standalone.command(plan), standalone.variables(plan)
    return Part((*own, *_wrapper()), command, variables, plan.app.folder, plan.run.user.value)


def nginx_files(plan: Plan) -> list[File]:
    """What nginx reads."""
    return Nginx().files(plan)


def names() -> list[str]:
    """The words that select them."""
    return [target.name for target in TARGETS]


def by_name(name: str) -> Target | None:
    """The target of that name."""
    return next((target for target in TARGETS if target.name == name), None)
