"""Targets: each turns a Plan into Files; one file a target, one line in the tuple.

Rule: a target describes; it reads nothing but the Plan and writes nothing. What renders it is imported when it is asked
to: the help of `porch render` tells all names, and is to be there at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from porch.plan import Plan
    from porch.syntax.file import File


class Target(Protocol):
    """What porch asks of every target."""

    @property
    def name(self) -> str:
        """The word that selects it."""
        ...

    @property
    def alone(self) -> bool:
        """What it renders runs without porch, so that folders and sockets lie beside it."""
        ...

    @property
    def of_image(self) -> bool:
        """It describes an image, so that nothing of this machine is in it."""
        ...

    def files(self, plan: Plan) -> list[File]:
        """Its files, relative to the folder they are written to."""
        ...


class Nginx:
    """nginx.conf."""

    name = "nginx"
    alone = True
    of_image = False

    def files(self, plan: Plan) -> list[File]:
        """One file."""
        from porch.targets import nginx

        return [nginx.file(plan)]


class OwnConfiguration:
    """The app server's own configuration file."""

    alone = True
    of_image = False

    def __init__(self, server: str) -> None:
        self.name = server

    def files(self, plan: Plan) -> list[File]:
        """What the server reads, for each app that it runs, and the wrapper beside it; it must run the main app."""
        return [*_own(plan, self.name), *_wrapper()]


class Supervisord:
    """The whole stack under supervisord."""

    name = "supervisord"
    alone = True
    of_image = False

    def files(self, plan: Plan) -> list[File]:
        """supervisord.conf, what nginx and the server read, and the wrapper."""
        from porch.targets import nginx, supervisord

        return [supervisord.file(plan), nginx.file(plan), *_own(plan), *_wrapper()]


def _own(plan: Plan, only: str = "") -> list[File]:
    """What the servers of all apps read, or those of one kind; a further app's in a folder of its own."""
    from porch import servers
    from porch.apps import apps

    return [
        replace(file, path=f"{each.run.inside}{file.path}")
        for each in apps(plan)
        if only in ("", each.server.name.value)
        for file in servers.by_name(each.server.name.value).files(each)
    ]


class Systemd:
    """The service that starts porch."""

    name = "systemd"
    alone = False
    of_image = False

    def files(self, plan: Plan) -> list[File]:
        """The service, and a socket unit where a port needs it."""
        from porch.targets import systemd

        return systemd.files(plan)


class Docker:
    """The image of the app, nginx and porch."""

    name = "docker"
    alone = False
    of_image = True

    def files(self, plan: Plan) -> list[File]:
        """How it is built, and from what not."""
        from porch.targets import docker

        return docker.files(plan)


class Compose:
    """The image as services."""

    name = "compose"
    alone = False
    of_image = True

    def files(self, plan: Plan) -> list[File]:
        """The services, what differs where code is written, and the image's own files."""
        from porch.targets import compose, docker

        return [*compose.files(plan), *docker.files(plan)]


class Kubernetes:
    """The image as pods."""

    name = "kubernetes"
    alone = False
    of_image = True

    def files(self, plan: Plan) -> list[File]:
        """One file a subject, and one over them all."""
        from porch.targets import kubernetes

        return kubernetes.files(plan)


def _wrapper() -> list[File]:
    """The modules that run around the app, as they stand."""
    from porch import worker
    from porch.plan import WRAPPER
    from porch.syntax.file import plain

    return [plain(f"{WRAPPER}/{path}", text, aside=True) for path, text in worker.modules().items()]


TARGETS: tuple[Target, ...] = (
    Nginx(),
    OwnConfiguration("gunicorn"),
    OwnConfiguration("uwsgi"),
    Docker(),
    Compose(),
    Supervisord(),
    Systemd(),
    Kubernetes(),
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
    from porch import servers
    from porch.targets import nginx, standalone

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
