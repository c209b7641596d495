"""What stands around the pods: namespace, variables, address, number, and who may reach them.

Rule: what is not needed is not opened; nothing here names a machine, an address or a cluster.
"""

from __future__ import annotations

from typing import Final

from porch.syntax.yaml import Table, entry, table
from porch.targets.kubernetes import words
from porch.targets.kubernetes.words import Pod

NAMESPACE: Final = "Where everything lives. Kubernetes refuses any pod in it that wants more than these have."
VARIABLES: Final = "Settings of the app and of porch, one variable each. What is secret belongs into a Secret."
SERVICE: Final = "The one address of all pods that are ready."
AUTOSCALER: Final = "How many pods there are. It needs the metrics server, which most clusters have."
DISRUPTION: Final = "When machines are emptied for maintenance, the pods go one at a time."
NETWORK: Final = "Who may connect to the pods: anyone, but to the port of nginx alone. Where they connect to is open."
POLICY: Final = "pod-security.kubernetes.io"


def namespace(pod: Pod) -> Table:
    """One that allows restricted pods only."""
    kinds = {f"{POLICY}/{mode}": "restricted" for mode in ("enforce", "warn")}
    return table(
        entry("apiVersion", "v1"),
        entry("kind", "Namespace"),
        entry(
            "metadata",
            table(
                entry("name", pod.namespace, setting=pod.wanted.namespace.setting),
                entry("labels", kinds),
            ),
        ),
    )


def variables(pod: Pod) -> Table:
    """The ConfigMap."""
    return table(
        entry("apiVersion", "v1"), entry("kind", "ConfigMap"), words.metadata(pod), entry("data", words.settled(pod))
    )


def service(pod: Pod) -> Table:
    """Port 80 of the Service is nginx's in a pod."""
    return table(
        entry("apiVersion", "v1"),
        entry("kind", "Service"),
        words.metadata(pod),
        entry(
            "spec",
            {
                "type": "ClusterIP",
                "selector": words.labels(pod),
                "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            },
        ),
    )


def autoscaler(pod: Pod) -> Table:
    """By CPU time."""
    least, most = pod.wanted.replicas, pod.wanted.max_replicas
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    spec = table(
        entry("scaleTargetRef", {"apiVersion": "apps/v1", "kind": "Deployment", "name": pod.name}),
        entry("minReplicas", least.value, least.note, least.setting),
        entry("maxReplicas", most.value, setting=most.setting),
        entry("metrics", [{"type": "Resource", "resource": cpu}], "More pods before the CPU time is used up."),
        entry("behavior", {"scaleDown": {"stabilizationWindowSeconds": 300}}, "Not at once fewer when load ends."),
    )
    return table(
        entry("apiVersion", "autoscaling/v2"),
        entry("kind", "HorizontalPodAutoscaler"),
        words.metadata(pod),
        entry("spec", spec),
    )


def disruption(pod: Pod) -> Table:
    """One pod at a time."""
    return table(
        entry("apiVersion", "policy/v1"),
        entry("kind", "PodDisruptionBudget"),
        words.metadata(pod),
        entry("spec", {"maxUnavailable": 1, "selector": {"matchLabels": words.labels(pod)}}),
    )


def network(pod: Pod) -> list[Table]:
    """To nginx's port only; to what runs beside the app not at all."""
    port: list[object] = [{"ports": [{"port": "http", "protocol": "TCP"}]}]
    found = [_policy(pod, pod.name, words.labels(pod), port)]
    if pod.plan.app.prestart.value or (pod.apart and pod.plan.processes.value):
        found.append(_policy(pod, f"{pod.name}-beside", {words.PART_OF: pod.name}, []))
    return found


def _policy(pod: Pod, name: str, selected: dict[str, str], allowed: list[object]) -> Table:
    spec: dict[str, object] = {"podSelector": {"matchLabels": selected}, "policyTypes": ["Ingress"], "ingress": allowed}
    return table(
        entry("apiVersion", "networking.k8s.io/v1"),
        entry("kind", "NetworkPolicy"),
        words.metadata(pod, name),
        entry("spec", spec),
    )
