"""Targets: each turns a Plan into Files; one file a target, one line in the tuple.

Rule: a target describes; it reads nothing but the Plan and writes nothing. What renders it is imported when it is asked
to: the help of `porch render` tells all names, and is to be there at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from porch.records import dataclass

if TYPE_CHECKING:
    from porch.plan import Plan
    from porch.syntax.file import File


@dataclass(frozen=True, slots=True)
class Target:
    """What porch knows of every target."""

    name: str
    """The word that selects it."""
    files: Callable[[Plan], list[File]]
    """Its files, relative to the folder they are written to."""
    alone: bool = False
    """What it renders runs without porch, so that folders and sockets lie beside it."""
    of_image: bool = False
    """It describes an image, so that nothing of this machine is in it."""


def nginx_files(plan: Plan) -> list[File]:
    """What nginx reads: nginx.conf."""
    from porch.targets import nginx

    return [nginx.file(plan)]


def _own_configuration(server: str) -> Callable[[Plan], list[File]]:
    """What that server reads, for each app that it runs, and the wrapper beside it; it must run the main app."""
    return lambda plan: [*_own(plan, server), *_wrapper()]


def _supervisord(plan: Plan) -> list[File]:
    """The whole stack: supervisord.conf, what nginx and the server read, and the wrapper."""
    from porch.targets import supervisord

    return [supervisord.file(plan), *nginx_files(plan), *_own(plan), *_wrapper()]


def _systemd(plan: Plan) -> list[File]:
    """The service that starts porch, and a socket unit where a port needs it."""
    from porch.targets import systemd

    return systemd.files(plan)


def _docker(plan: Plan) -> list[File]:
    """How the image of the app, nginx and porch is built, and from what not."""
    from porch.targets import docker

    return docker.files(plan)


def _compose(plan: Plan) -> list[File]:
    """The image as services, what differs where code is written, and the image's own files."""
    from porch.targets import compose

    return [*compose.files(plan), *_docker(plan)]


def _kubernetes(plan: Plan) -> list[File]:
    """The image as pods: one file a subject, and one over them all."""
    from porch.targets import kubernetes

    return kubernetes.files(plan)


def _own(plan: Plan, only: str = "") -> list[File]:
    """What the servers of all apps read, or those of one kind; a further app's in a folder of its own."""
    from porch import servers
    from porch.plan.apps import apps

    return [
        replace(file, path=f"{each.run.inside}{file.path}")
        for each in apps(plan)
        if only in ("", each.server.name.value)
        for file in servers.by_name(each.server.name.value).files(each)
    ]


def _wrapper() -> list[File]:
    """The modules that run around the app, as they stand."""
    from porch import worker
    from porch.plan.run import WRAPPER
    from porch.syntax.file import plain

    return [plain(f"{WRAPPER}/{path}", text, aside=True) for path, text in worker.modules().items()]


TARGETS: tuple[Target, ...] = (
    Target("nginx", nginx_files, alone=True),
    Target("gunicorn", _own_configuration("gunicorn"), alone=True),
    Target("uwsgi", _own_configuration("uwsgi"), alone=True),
    Target("docker", _docker, of_image=True),
    Target("compose", _compose, of_image=True),
    Target("supervisord", _supervisord, alone=True),
    Target("systemd", _systemd),
    Target("kubernetes", _kubernetes, of_image=True),
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


def names() -> list[str]:
    """The words that select them."""
    return [target.name for target in TARGETS]


def by_name(name: str) -> Target | None:
    """The target of that name."""
    return next((target for target in TARGETS if target.name == name), None)
