"""compose.yaml, and compose.dev.yaml to lay over it: the image of `porch render docker`, as services.

Rule: a service runs hardened, within limits, and is given the time to stop that the plan says; no service is reached
from another machine unless that was said.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.image import ComposePlan, ImagePlan, PlanOfImage
from porch.syntax import yaml
from porch.syntax.file import File
from porch.syntax.yaml import Entry, Gap, entry, gap, table
from porch.targets.compose import services
from porch.targets.docker import tag

NAME, DEVELOPED = "compose.yaml", "compose.dev.yaml"

UP = "docker compose up --build --detach --wait"
WATCH = f"docker compose -f {NAME} -f {DEVELOPED} up --build --watch"


def files(plan: Plan) -> list[File]:
    """Both; the plan is one of an image."""
    assert isinstance(plan, PlanOfImage)  # noqa: S101  # the command line decides it so for every target of images
    image, compose = plan.image, plan.compose
    return [_file(plan, image, compose), _developed(plan, image, compose)]


def _file(plan: Plan, image: ImagePlan, compose: ComposePlan) -> File:
    nodes: list[Entry | Gap] = [
        entry("name", tag(image)),
        gap(),
        entry("services", table(*_parted(services.all_of(plan, image, compose)))),
    ]
    if services.split(compose):
        note = "Of these services alone."
        nodes += [gap(), entry("networks", table(entry(services.NETWORK, {"driver": "bridge"}, note)))]
    return File(NAME, yaml.render(table(*nodes), _header(plan, compose)))


def _header(plan: Plan, compose: ComposePlan) -> str:
    app = f"{plan.app.target.value} ({plan.app.framework or plan.app.interface.value})"
    shape = "nginx and the app in services of their own" if services.split(compose) else "nginx and the app in one"
    return (
        f"{app} behind nginx: {shape}, from the Dockerfile beside this file.\n"
        f"Written by porch; yours to keep.\n\n    {UP}\n    docker compose down"
    )


def _developed(plan: Plan, image: ImagePlan, compose: ComposePlan) -> File:
    nodes = [entry(services.name_of_app(plan, compose), services.developed(image))]
    if services.split(compose):
        nodes.append(entry(services.FRONT, table(services.mounted())))
    header = (
        f"Laid over {NAME} to develop: the code of this folder stands in place of the image's, and a change of it "
        f"starts the app anew, without a new image. Written by porch; yours to keep.\n\n    {WATCH}"
    )
    return File(DEVELOPED, yaml.render(table(entry("services", table(*_parted(nodes)))), header))


def _parted(nodes: list[Entry]) -> list[Entry | Gap]:
    """With an empty line between them."""
    return [each for node in nodes for each in (gap(), node)][1:]
