"""What Kubernetes is told: how many pods, what each may use, and how requests come to them.

Rule: nothing is decided from the machine that the files are rendered on; workers are counted when a pod starts, from
what it may use there.
"""

from __future__ import annotations

import re
from typing import cast

from porch import settings
from porch.decide.desk import Desk
from porch.decide.serving import kept_in_one
from porch.errors import counted
from porch.plan import HttpPlan
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.image import KubernetesPlan, Route, Shape

LOCAL = "local"
"""Tag of an image that no registry has."""
PRESTOP = 5
"""Seconds: the proxies and Ingresses of a cluster learn within them that a pod is on its way out."""
MORE = 4


def kubernetes(desk: Desk, title: str, http: HttpPlan) -> KubernetesPlan:
    """Everything about the pods; problems are noted."""
    told, title = desk.settings.kubernetes, named(title)
    name = desk.chosen("kubernetes.name", told.name or title, AS_SET if told.name else "the project's name")
    namespace = told.namespace or name.value
    single = told.shape == "single"
    _tell_of_the_proxies(desk)
    return KubernetesPlan(
        name=name,
        namespace=desk.chosen("kubernetes.namespace", namespace, AS_SET if told.namespace else "as the name"),
        image=_image(desk, title),
        shape=desk.chosen(
            "kubernetes.shape",
            cast("Shape", told.shape),
            "nginx and the app in one container" if single else "nginx beside the app, both from the same image",
        ),
        replicas=_least(desk),
        max_replicas=_most(desk),
        cpus=desk.chosen("kubernetes.cpus", told.cpus, "the workers of a pod are counted for it"),
        memory=desk.chosen("kubernetes.memory", told.memory, "a process that wants more than is left is ended"),
        route=desk.chosen("kubernetes.route", cast("Route", told.route), "leads requests from outside to the pods"),
        host=_host(desk, http),
        tls_secret=desk.chosen(
            "kubernetes.tls_secret", told.tls_secret, "holds the certificate" if told.tls_secret else "no certificate"
        ),
        gateway=desk.chosen("kubernetes.gateway", told.gateway, "the cluster's own"),
        prestop=PRESTOP,
    )


def named(title: str) -> str:
    """A title as a name that Kubernetes takes everywhere."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:53].strip("-")
    return name if name[:1].isalpha() else f"app-{name}".strip("-")


def _image(desk: Desk, title: str) -> Chosen[str]:
    key, wanted = "kubernetes.image", desk.settings.kubernetes.image
    if wanted:
        return desk.chosen(key, wanted, AS_SET)
    image = f"{title}:{LOCAL}"
    desk.warnings.append(f"no image is named, so the pods run {image}; say yours with {_flag(key)} REGISTRY/NAME:TAG")
    return desk.chosen(key, image, "built here, and in no registry")


def _flag(key: str) -> str:
    return settings.spec(key).flag


REPLICAS = "kubernetes.replicas"


def _in_one(desk: Desk) -> bool:
    """A client's next request must reach the process that knows it, and nothing leads it there."""
    return bool(desk.finding.sessions) and not desk.is_said(REPLICAS)


def _least(desk: Desk) -> Chosen[int]:
    told, kept = desk.settings.kubernetes.replicas, desk.finding.sessions
    if _in_one(desk):
        return desk.chosen(REPLICAS, 1, kept_in_one(desk))
    if kept and told > 1:
        lead = "have the Ingress lead each client to the same one"
        desk.warnings.append(f"{REPLICAS} is {told}, but {kept} keeps what it knows of its clients in one pod: {lead}")
    return desk.chosen(REPLICAS, told, "one may go while the others serve")


def _most(desk: Desk) -> Chosen[int]:
    key, told = "kubernetes.max_replicas", desk.settings.kubernetes
    if _in_one(desk) and not told.max_replicas:
        return desk.chosen(key, 1, "as many as without load")
    most = told.max_replicas or told.replicas * MORE
    if most < told.replicas:
        few = counted(most, "pod is", "pods are")
        desk.refuse(key, f"at most {few} fewer than the {told.replicas} that there are at least", "raise it")
    return desk.chosen(key, most, AS_SET if told.max_replicas else f"{MORE} times as many as without load")


def _host(desk: Desk, http: HttpPlan) -> Chosen[str]:
    key, told = "kubernetes.host", desk.settings.kubernetes
    domains = http.domains.value
    host = told.host or next(iter(domains), "")
    if told.host and domains and told.host not in domains:
        desk.refuse(key, f"{told.host} is not among the site's names: {', '.join(domains)}", "add it to http.domains")
    if told.tls_secret and told.route == "ingress" and not host:
        desk.refuse("kubernetes.tls_secret", "a certificate is for a name, and there is none", f"say {_flag(key)} too")
    why = AS_SET if told.host else "the first of the site's names" if host else "any host"
    return desk.chosen(key, host, why)


def _tell_of_the_proxies(desk: Desk) -> None:
    if desk.settings.kubernetes.route != "none" and not desk.settings.proxy.trusted:
        desk.warnings.append(
            "no proxy is trusted, so the app sees the address of the Ingress in place of the client's, and http for "
            f"https; name the network of the pods that lead here, such as {_flag('proxy.trusted')} 10.0.0.0/8"
        )
