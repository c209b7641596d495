"""Dockerfile and .dockerignore: the app behind nginx, with porch as process 1, in an image that runs hardened.

Rule: every builder reads it, BuildKit or not; nothing of the machine that it was rendered on is in it; what changes
most often is copied last; layers are dated so that the same input gives the same layers.
"""

from __future__ import annotations

import re

from porch.plan import Plan
from porch.plan.image import ImagePlan, PlanOfImage
from porch.syntax import dockerignore
from porch.syntax.dockerfile import render
from porch.syntax.file import File
from porch.targets.docker import final, ignored, installing, layers

__all__ = ["files"]

NAME = "Dockerfile"


def files(plan: Plan) -> list[File]:
    """Both files; the plan is one of an image."""
    assert isinstance(plan, PlanOfImage)  # noqa: S101  # the command line decides it so for every target of images
    image = plan.image
    nodes = (*installing.nodes(image), *layers.nodes(image), *final.nodes(plan, image))
    return [
        File(NAME, render(nodes, _header(plan, image))),
        File(".dockerignore", dockerignore.render(ignored.groups(plan), ignored.HEADER)),
    ]


def tag(image: ImagePlan) -> str:
    """What the image may be called: the project's name, as Docker takes names."""
    return re.sub(r"[^a-z0-9]+", "-", image.title.lower()).strip("-") or "app"


def _header(plan: Plan, image: ImagePlan) -> str:
    app = f"{plan.app.target.value} ({plan.app.framework or plan.app.interface.value})"
    published = " ".join(f"-p {port}:{port}" for port in image.ports or (8080,))
    return (
        f"{app} behind nginx, served by {plan.server.name.value}, with porch as process 1.\n"
        "Written by porch; yours to keep.\n\n"
        f"    docker build -t {tag(image)} .\n"
        f"    docker run {published} --stop-timeout {final.grace(plan)} {tag(image)}\n\n"
        "It also runs with --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges, and as any user."
    )
