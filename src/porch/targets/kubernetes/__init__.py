"""Manifests for Kubernetes: the image of `porch render docker`, as pods that come and go without a lost request.

Rule: one file a subject, each plain and to be kept; every time in them follows from the plan's one ladder, and what a
pod is allowed is what Kubernetes calls "restricted".
"""

from __future__ import annotations

from porch.errors import Problem, Refused
from porch.plan import Plan
from porch.plan.image import ImagePlan, KubernetesPlan, PlanOfImage
from porch.syntax import yaml
from porch.syntax.file import File
from porch.syntax.yaml import Entry, Gap, Table, entry, gap, item, listing, table
from porch.targets.kubernetes import around, beside, pods, routes
from porch.targets.kubernetes.words import Pod

WHOLE = "kustomization.yaml"


def files(plan: Plan) -> list[File]:
    """All of them; the plan is one of an image."""
    assert isinstance(plan, PlanOfImage)  # noqa: S101  # the command line decides it so for every target of images
    if plan.tls.on:
        what = "in Kubernetes the Ingress or the Gateway holds the certificate, and pods speak plain HTTP"
        where = f"{plan.tls.mode.setting} from {plan.tls.mode.origin}"
        raise Refused(Problem(what, where, "render with --tls off"))
    wanted = plan.kubernetes
    pod = Pod(plan, plan.image, wanted)
    found = [
        _file("namespace", around.namespace(pod), around.NAMESPACE),
        _file("configmap", around.variables(pod), around.VARIABLES),
        _file("deployment", pods.deployment(pod), pods.HEADER),
        _file("service", around.service(pod), around.SERVICE),
        _file("autoscaler", around.autoscaler(pod), around.AUTOSCALER),
        _file("disruption", around.disruption(pod), around.DISRUPTION),
        _file("network", around.network(pod), around.NETWORK),
    ]
    if wanted.route.value == "ingress":
        found.append(_file("ingress", routes.ingress(pod), routes.INGRESS))
    if wanted.route.value == "gateway":
        found.append(_file("route", routes.route(pod), routes.ROUTE))
    if plan.app.prestart.value:
        found.append(_file("prestart", beside.prestart(pod), beside.header(pod)))
    found += [_file(name, body, beside.PROCESS) for name, body in beside.processes(pod)]
    return [*found, _whole(pod, [file.path for file in found])]


def _file(name: str, body: Table | list[Table], header: str) -> File:
    return File(f"{name}.yaml", yaml.render(body, header))


def _whole(pod: Pod, names: list[str]) -> File:
    image = pod.wanted.image
    repository, _, tag = image.value.partition("@")[0].rpartition(":")
    nodes: list[Entry | Gap] = [
        entry("apiVersion", "kustomize.config.k8s.io/v1beta1"),
        entry("kind", "Kustomization"),
        entry("namespace", pod.namespace, setting=pod.wanted.namespace.setting),
        gap(),
        entry("resources", listing(*(item(name) for name in names))),
    ]
    # With a Job, whose name follows from the version, another version is rendered anew.
    if repository and "/" not in tag and "@" not in image.value and not pod.plan.app.prestart.value:
        nodes += [gap(), _images(repository, tag, image.setting)]
    return File(WHOLE, yaml.render(table(*nodes), _header(pod.plan, pod.image, pod.wanted)))


def _images(repository: str, tag: str, setting: str) -> Entry:
    return entry(
        "images", [{"name": repository, "newTag": tag}], "The one place to name another version of the image.", setting
    )


def _header(plan: Plan, image: ImagePlan, wanted: KubernetesPlan) -> str:
    app = f"{plan.app.target.value} ({plan.app.framework or plan.app.interface.value})"
    ports = ", ".join(map(str, image.ports))
    return (
        f"{app} behind nginx, port {ports}, in pods of Kubernetes. Written by porch; yours to keep.\n\n"
        f"    kubectl apply -k .\n"
        f"    kubectl -n {wanted.namespace.value} rollout status deployment/{wanted.name.value}"
    )
