"""Targets: each turns a Plan into Files; one file a target, one line in the tuple.

Rule: a target describes; it reads nothing but the Plan and writes nothing.
"""

from __future__ import annotations

from typing import Protocol

from porch import servers
from porch.plan import Plan
from porch.syntax.file import File
from porch.targets import nginx


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
        """What the server reads; the Plan must be one for this server."""
        return servers.by_name(self.name).files(plan)


TARGETS: tuple[Target, ...] = (
    Nginx(),
    OwnConfiguration("gunicorn"),
    OwnConfiguration("uwsgi"),
)


def nginx_files(plan: Plan) -> list[File]:
    """What nginx reads."""
    return Nginx().files(plan)


def by_name(name: str) -> Target | None:
    """The target of that name."""
    return next((target for target in TARGETS if target.name == name), None)
