"""What leads requests from outside to the pods: an Ingress, or an HTTPRoute of the Gateway API.

Rule: what lies in front decides on nothing that nginx in the pod decides on: it hands every path on as it came.
"""

from __future__ import annotations

from typing import Final

from porch.syntax.yaml import Entry, Table, entry, table
from porch.targets.kubernetes import words
from porch.targets.kubernetes.words import Pod

INGRESS: Final = (
    "Leads requests from outside to the Service. The controller's own limits come first: allow bodies of the size, and "
    "answers of the duration, that the app does."
)
ROUTE: Final = "Leads requests from outside to the Service, through a Gateway, whose listeners hold the certificates."


def ingress(pod: Pod) -> Table:
    """One rule for one host, or for any."""
    host, secret = pod.wanted.host, pod.wanted.tls_secret
    service = {"service": {"name": pod.name, "port": {"name": "http"}}}
    rule: dict[str, object] = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": service}]}}
    if host.value:
        rule = {"host": host.value, **rule}
    nodes: list[Entry] = []
    if secret.value:
        told = [{"hosts": [host.value], "secretName": secret.value}]
        nodes.append(entry("tls", told, "The Secret has the keys tls.crt and tls.key.", secret.setting))
    nodes.append(entry("rules", [rule], setting=host.setting))
    return table(
        entry("apiVersion", "networking.k8s.io/v1"),
        entry("kind", "Ingress"),
        words.metadata(pod),
        entry("spec", table(*nodes)),
    )


def route(pod: Pod) -> Table:
    """One rule, for the host if there is one."""
    host, gateway = pod.wanted.host, pod.wanted.gateway
    place, _, name = gateway.value.rpartition("/")
    parent = {"name": name, **({"namespace": place} if place else {})}
    nodes = [entry("parentRefs", [parent], setting=gateway.setting)]
    if host.value:
        nodes.append(entry("hostnames", [host.value], setting=host.setting))
    nodes.append(entry("rules", [{"backendRefs": [{"name": pod.name, "port": 80}]}]))
    return table(
        entry("apiVersion", "gateway.networking.k8s.io/v1"),
        entry("kind", "HTTPRoute"),
        words.metadata(pod),
        entry("spec", table(*nodes)),
    )
