"""What several manifests say alike: names, labels, rights, limits, variables, times.

Rule: whatever two files must agree on is made here, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from porch import settings
from porch.plan import Plan
from porch.plan.chosen import Chosen
from porch.plan.image import ImagePlan, KubernetesPlan
from porch.records import dataclass
from porch.syntax.yaml import Entry, Table, entry, table
from porch.targets.docker.final import MARGIN, grace

USER: Final = 10001
"""Of the image; any other does as well."""
NGINX_CPUS, NGINX_MEMORY = 0.25, 128 * 1024**2
"""Enough for thousands of connections."""
TEMPORARY: Final = "/tmp"  # noqa: S108  # of the pod alone
PART_OF: Final = "app.kubernetes.io/part-of"
MIB: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Pod:
    """The three plans that every manifest is written from."""

    plan: Plan
    image: ImagePlan
    wanted: KubernetesPlan

    @property
    def name(self) -> str:
        """Of everything."""
        return self.wanted.name.value

    @property
    def namespace(self) -> str:
        """Of everything."""
        return self.wanted.namespace.value

    @property
    def port(self) -> int:
        """Where nginx listens in the pod."""
        return min(self.image.ports, default=8080)

    @property
    def apart(self) -> bool:
        """nginx has a container of its own."""
        return self.wanted.shape.value == "sidecar"

    @property
    def grace(self) -> int:
        """Seconds from the moment that a pod is to go until it is killed."""
        limits = self.plan.limits
        if self.apart:
            # nginx goes first, and then the app.
            return self.wanted.prestop + limits.stop.value + limits.kill.value + MARGIN
        return self.wanted.prestop + grace(self.plan)


def labels(pod: Pod) -> dict[str, str]:
    """By these the pods that serve are found."""
    return {"app.kubernetes.io/name": pod.name}


def marked(pod: Pod, component: str) -> dict[str, str]:
    """By these everything is found that belongs together."""
    return {"app.kubernetes.io/name": f"{pod.name}-{component}", PART_OF: pod.name}


def metadata(pod: Pod, name: str = "", found: Mapping[str, str] | None = None) -> Entry:
    """Name, namespace and labels."""
    return entry(
        "metadata",
        table(
            entry("name", name or pod.name, setting=pod.wanted.name.setting),
            entry("namespace", pod.namespace, setting=pod.wanted.namespace.setting),
            entry("labels", dict(found or labels(pod))),
        ),
    )


def rights(*, first: bool = True) -> Entry:
    """What Kubernetes calls "restricted", and a read-only root."""
    why = "No right of root's, none to be got, and nothing to write to but /tmp."
    return entry(
        "securityContext",
        {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        why * first,
    )


def user(pod: Pod) -> Entry:
    """Whom all containers of a pod run as."""
    told: dict[str, object] = {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if any(port < 1024 for port in pod.image.ports):
        told["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    return entry("securityContext", told, "Nobody's number, with the kernel's calls that a service needs.")


def limits(pod: Pod, cpus: float, memory: int, why: str = "") -> Entry:
    """What is reserved is what may be used, so that no neighbour can take it, and workers are counted for it."""
    told = {"cpu": f"{round(cpus * 1000)}m", "memory": f"{memory // MIB}Mi"}
    return entry("resources", table(entry("requests", told), entry("limits", told)), why, pod.wanted.memory.setting)


def given(pod: Pod, *, first: bool = True) -> Entry:
    """Variables from the ConfigMap, and from the Secret where there is one."""
    secret = f"kubectl -n {pod.namespace} create secret generic {pod.name} --from-env-file=.env"
    why = f"Settings; then what is secret, where there is any, from a Secret that is made like this:\n    {secret}"
    return entry(
        "envFrom",
        [{"configMapRef": {"name": pod.name}}, {"secretRef": {"name": pod.name, "optional": True}}],
        why * first,
    )


def variable(decided: Chosen[Any], value: str) -> dict[str, object]:
    """A setting of porch's that is other in one container."""
    return {"name": settings.spec(decided.setting).variable, "value": value}


def mounts(volume: str = "tmp") -> Entry:
    """The one place to write to, of this container alone: two would take one run folder for each other's."""
    return entry("volumeMounts", [{"name": volume, "mountPath": TEMPORARY}])


def volumes(names: tuple[str, ...] = ("tmp",)) -> Entry:
    """The same, for the pod."""
    note = "Sockets, and bodies that are too large for memory."
    return entry("volumes", [{"name": name, "emptyDir": {"sizeLimit": "1Gi"}} for name in names], note)


def settled(pod: Pod) -> dict[str, str]:
    """Variable -> value, of the ConfigMap."""
    log = pod.plan.log.level
    found = {settings.spec(log.setting).variable: log.value, **dict(pod.image.environment)}
    trusted = pod.plan.trusted
    if trusted.value:
        found[settings.spec(trusted.setting).variable] = settings.spec(trusted.setting).kind.show(trusted.value)
    return found


def digest(pod: Pod) -> str:
    """Of the variables: pods with others are other pods, so that a change of them is rolled out."""
    return hashlib.sha256(repr(sorted(settled(pod).items())).encode()).hexdigest()[:16]


def pulled(pod: Pod) -> list[Entry]:
    """The image, and when the cluster asks the registry for it anew."""
    image = pod.wanted.image
    policy = "Always" if image.value.endswith(":latest") else "IfNotPresent"
    return [entry("image", image.value, setting=image.setting), entry("imagePullPolicy", policy)]


def template(
    pod: Pod, found: Mapping[str, str], *nodes: Entry, written: tuple[str, ...] = ("tmp",), rolled: bool = True
) -> Entry:
    """The pods of a Deployment or Job: whose they are, and what no container of theirs is given.

    Those of a Job are not `rolled` out anew: it cannot be changed.
    """
    own = table(
        entry("automountServiceAccountToken", False, "The app does not speak to Kubernetes."),
        entry("enableServiceLinks", False, "Nor does it need a variable for each Service there is."),
        user(pod),
        *nodes,
        volumes(written),
    )
    note = "Of the ConfigMap: a change of it makes new pods."
    annotations = [entry("annotations", {"porch/settings": digest(pod)}, note)] if rolled else []
    metadata = table(entry("labels", dict(found)), *annotations)
    return entry("template", table(entry("metadata", metadata), entry("spec", own)))


def container(*nodes: Entry) -> Table:
    """One container."""
    return table(*nodes)
