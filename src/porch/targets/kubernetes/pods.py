"""The Deployment: how the pods are started, asked, rolled over and ended.

Rule: a pod is sent requests only while it answers; one that is to go is served to its end, in the order in which
requests pass: the cluster's proxies, nginx, the app.
"""

from __future__ import annotations

from typing import Final

from porch.plan import HEALTH_LIVE, HEALTH_READY
from porch.syntax.yaml import Entry, Table, entry, item, listing, table
from porch.targets.docker.final import HEALTH
from porch.targets.kubernetes import words
from porch.targets.kubernetes.words import Pod

HEADER: Final = "The pods that serve. Each is nginx and the app; any of them may go while the others answer."
EVERY: Final = 2
"""Seconds between two looks at a pod that starts."""
HANGS: Final = {"periodSeconds": 30, "timeoutSeconds": 5, "failureThreshold": 20}
"""Ten minutes without one answer: long after readiness has kept all requests away, so load alone is never why."""
LEAVING: Final = ("python", "-m", "porch.runtime.leave")


def deployment(pod: Pod) -> Table:
    """One."""
    start = pod.plan.limits.start
    spec = table(
        # The autoscaler counts them: a number here would undo its work with each apply.
        entry("revisionHistoryLimit", 5),
        entry("progressDeadlineSeconds", max(600, 2 * start.value), setting=start.setting),
        entry("strategy", _rolling(), "A new pod serves before an old one goes."),
        entry("selector", {"matchLabels": words.labels(pod)}),
        words.template(pod, words.labels(pod), *_pod(pod), written=("tmp", "tmp-nginx") if pod.apart else ("tmp",)),
    )
    return table(entry("apiVersion", "apps/v1"), entry("kind", "Deployment"), words.metadata(pod), entry("spec", spec))


def _rolling() -> dict[str, object]:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def _pod(pod: Pod) -> list[Entry]:
    limits = pod.plan.limits
    before = f"{pod.wanted.prestop} s until no proxy sends requests"
    after = f"{pod.grace - pod.wanted.prestop} s"
    common = [
        entry(
            "terminationGracePeriodSeconds",
            pod.grace,
            f"{before}, and {after} in which those in work end, each within {limits.graceful.value} s.",
            limits.graceful.setting,
        ),
        _spread(pod),
    ]
    if not pod.apart:
        return [*common, entry("containers", listing(item(_whole(pod), setting=pod.wanted.shape.setting)))]
    setting = pod.wanted.shape.setting
    note = "The app begins before nginx, and ends after it: Kubernetes keeps this order for such a container."
    return [
        *common,
        entry("initContainers", listing(item(_app(pod), setting=setting)), note),
        entry("containers", listing(item(_nginx(pod), setting=setting))),
    ]


def _spread(pod: Pod) -> Entry:
    def over(key: str) -> dict[str, object]:
        return {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": words.labels(pod)},
        }

    note = "On different machines, and in different zones, where there are several."
    keys = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    return entry("topologySpreadConstraints", [over(key) for key in keys], note)


def _named(pod: Pod, name: str) -> list[Entry]:
    return [entry("name", name), *words.pulled(pod)]


def _whole(pod: Pod) -> Table:
    """nginx, the app, and porch over both."""
    sleeping = {"preStop": {"sleep": {"seconds": pod.wanted.prestop}}}
    why = "Proxies send requests until they have heard that the pod goes; then porch is told to stop."
    return words.container(
        *_named(pod, "app"),
        words.given(pod),
        *_only_serving(pod),
        _ports(pod),
        *_probes(pod),
        entry("lifecycle", sleeping, why),
        words.limits(pod, pod.wanted.cpus.value, pod.wanted.memory.value, "Workers are counted for these."),
        words.rights(),
        words.mounts(),
    )


def _app(pod: Pod) -> Table:
    """The app server alone."""
    told = [*_part(pod, "app"), *_without_prestart(pod)]
    return words.container(
        *_named(pod, "app"),
        entry("restartPolicy", "Always", "It goes on beside nginx, and is started again when it ends."),
        words.given(pod),
        entry("env", told, "The app server alone, for nginx in the same pod."),
        entry("startupProbe", _probe({"exec": {"command": [*HEALTH, _address(pod)]}}, pod), "nginx waits for it."),
        *_hung(pod),
        words.limits(pod, pod.wanted.cpus.value, pod.wanted.memory.value, "Workers are counted for these."),
        words.rights(),
        words.mounts(),
    )


def _nginx(pod: Pod) -> Table:
    """nginx alone."""
    leaving = {"preStop": {"exec": {"command": [*LEAVING, str(pod.wanted.prestop)]}}}
    why = "Proxies send requests until they have heard that the pod goes; then nginx answers those in work, and ends."
    return words.container(
        *_named(pod, "nginx"),
        words.given(pod, first=False),
        entry("env", _part(pod, "nginx"), "nginx alone, from the same image for its static files."),
        _ports(pod),
        *_probes(pod),
        entry("lifecycle", leaving, why),
        words.limits(pod, words.NGINX_CPUS, words.NGINX_MEMORY),
        words.rights(first=False),
        words.mounts("tmp-nginx"),
    )


def _address(pod: Pod) -> str:
    """Where the app is for nginx, which shares its pod's own network."""
    port = pod.plan.run.address.value.rpartition(":")[2]
    return f"127.0.0.1:{port}"


def _part(pod: Pod, name: str) -> list[dict[str, object]]:
    """What makes a container that part of the stack."""
    run = pod.plan.run
    return [words.variable(run.part, name), words.variable(run.address, _address(pod))]


def _only_serving(pod: Pod) -> list[Entry]:
    told = _without_prestart(pod)
    return [entry("env", told, "The Job in prestart.yaml runs it, once for all pods.")] if told else []


def _without_prestart(pod: Pod) -> list[dict[str, object]]:
    return [words.variable(pod.plan.app.prestart, "")] if pod.plan.app.prestart.value else []


def _ports(pod: Pod) -> Entry:
    return entry("ports", [{"name": "http", "containerPort": pod.port}], setting=pod.plan.http.listen.setting)


def _probes(pod: Pod) -> list[Entry]:
    asked: dict[str, object] = {"httpGet": {"path": HEALTH_READY, "port": "http"}}
    ready = {**asked, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 2}
    whose = "the app's container's" if pod.apart else "porch's own"
    live = {"httpGet": {"path": HEALTH_LIVE, "port": "http"}, "periodSeconds": 10, "timeoutSeconds": 3}
    return [
        entry("startupProbe", _probe(asked, pod), "It has the time to start that porch gives the app."),
        entry("readinessProbe", ready, "Through nginx to a worker: while it fails, no request is sent here."),
        entry(
            "livenessProbe",
            {**live, "failureThreshold": 3},
            f"nginx alone: a worker that hangs is {whose} matter, a database that is gone no reason to start anew.",
        ),
    ]


def _hung(pod: Pod) -> list[Entry]:
    """Nobody watches the workers of an app that is alone in its container, but Kubernetes."""
    if pod.plan.app.health.value:
        # The app's own word may be of a database, and a new container would not bring that back.
        return []
    asked = {"exec": {"command": [*HEALTH, _address(pod)]}, **HANGS}
    return [entry("livenessProbe", asked, "Ten minutes without an answer, and without a request: it hangs.")]


def _probe(asked: dict[str, object], pod: Pod) -> dict[str, object]:
    tries = -(-pod.plan.limits.start.value // EVERY)
    return {**asked, "periodSeconds": EVERY, "timeoutSeconds": 3, "failureThreshold": tries + 1}
