"""What an image is made of, beside the Plan that it will run.

Rule: as in the whole: frozen data, each value beside its reason and its origin.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Literal

from porch.plan import Plan
from porch.plan.chosen import Chosen
from porch.records import dataclass

Shape = Literal["single", "sidecar"]
Route = Literal["ingress", "gateway", "none"]
Topology = Literal["single", "split"]


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """What the image is made of."""

    title: str
    base: Chosen[str]
    """Name of the image that the stages start from."""
    slim: Chosen[bool]
    tool: str
    """What installs the dependencies: `uv`, `poetry`, `pdm`, `pipenv`, `pip`, `pyproject`; empty: there are none."""
    lock: Chosen[str]
    """The file that they come from, relative to the project."""
    files: tuple[str, ...]
    """All that the installation reads."""
    whole: bool
    """It needs the whole project."""
    own: bool
    """The project is installed too: a package with metadata and commands of its own."""
    added: tuple[str, ...]
    """What pip is told to add to them, for porch: the app servers, as `name==version`."""
    porch: Chosen[str]
    packages: Chosen[tuple[str, ...]]
    """Debian packages that the app needs when it runs."""
    building: tuple[str, ...]
    """Debian packages that its dependencies are compiled with."""
    bytecode: Chosen[bool]
    """Compile the standard library too."""
    collect: tuple[str, ...]
    """Words of the command that collects static files; empty for none."""
    secrets: tuple[str, ...]
    """Variables that this command is given throw-away values in."""
    environment: tuple[tuple[str, str], ...]
    """Variables of the image: what was typed, and what no file may say of another machine."""
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ComposePlan:
    """What the services of an image are."""

    topology: Chosen[Topology]
    publish: Chosen[tuple[str, ...]]
    """`127.0.0.1:8080`: for each port of the container, in their order."""
    cpus: Chosen[float]
    memory: Chosen[int]
    """Bytes."""
    pids: Chosen[int]
    warnings: tuple[str, ...] = ()

    @property
    def temporary(self) -> int:
        """Bytes of /tmp, which is memory: the other half is left for what runs."""
        return self.memory.value // 2


@dataclass(frozen=True, slots=True)
class KubernetesPlan:
    """How the image runs in a cluster."""

    name: Chosen[str]
    namespace: Chosen[str]
    image: Chosen[str]
    """As the cluster pulls it."""
    shape: Chosen[Shape]
    replicas: Chosen[int]
    max_replicas: Chosen[int]
    cpus: Chosen[float]
    memory: Chosen[int]
    """Bytes."""
    route: Chosen[Route]
    host: Chosen[str]
    """Empty: any."""
    tls_secret: Chosen[str]
    """Empty: none."""
    gateway: Chosen[str]
    """`name`, or `namespace/name`."""
    prestop: int
    """Seconds that a pod goes on serving when it is to go, before anything in it is told to stop."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanOfImage(Plan):
    """Everything that was decided as it will be in the image, the image, and how it runs."""

    image: ImagePlan
    compose: ComposePlan
    kubernetes: KubernetesPlan

    def warnings_for(self, target: str) -> tuple[str, ...]:
        """What is said when that target is rendered: only it is told of how it runs."""
        own = {"compose": self.compose.warnings, "kubernetes": self.kubernetes.warnings}
        return (*self.warnings, *own.get(target, ()))


def with_image(plan: Plan, image: ImagePlan, compose: ComposePlan, kubernetes: KubernetesPlan) -> PlanOfImage:
    """The Plan and the image together, with how it runs."""
    told = {each.name: getattr(plan, each.name) for each in fields(plan)}
    return PlanOfImage(**told, image=image, compose=compose, kubernetes=kubernetes)
