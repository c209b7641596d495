"""What runs beside the pods that serve: the command before a start, once for all of them, and processes of one's own.

Rule: what must run once runs once, not in each pod; it has the same image, variables and rights as the app.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from porch.plan import ProcessPlan
from porch.syntax import kubernetes as language
from porch.syntax.yaml import Entry, Table, entry, item, listing, render, table
from porch.targets.kubernetes import words
from porch.targets.kubernetes.words import Pod

PROCESS: Final = "A process beside the app, in pods of its own."
KEPT: Final = 3600
"""Seconds that an ended Job is kept for a look at its log."""


def name_of_job(pod: Pod) -> str:
    """Other for each version of the image, and for all else that a Job cannot be changed in: it is made anew."""
    tag = pod.wanted.image.value.partition("@")[0].rpartition("/")[2].partition(":")[2]
    version = re.sub(r"[^a-z0-9]+", "-", tag.lower())
    held = "\n".join(line.text for line in render(table(_template(pod))))
    digest = hashlib.sha256(held.encode()).hexdigest()[:8]
    return f"{f'{pod.name}-prestart-{version}'[:54].strip('-')}-{digest}"


def header(pod: Pod) -> str:
    """How it is had before the pods of a new version start."""
    job, space = name_of_job(pod), pod.namespace
    return (
        "What runs to its end before the app starts: here once for all pods, not in each.\n"
        "With `kubectl apply -k .` it begins together with the new pods, while old ones still serve. To have it done "
        "before:\n\n"
        "    kubectl apply -f namespace.yaml -f configmap.yaml -f prestart.yaml\n"
        f"    kubectl -n {space} wait --for=condition=complete --timeout=-1s job/{job}\n"
        "    kubectl apply -k ."
    )


def prestart(pod: Pod) -> Table:
    """The Job."""
    spec = table(
        entry("backoffLimit", 3, "Tried again when it fails: a database may not be there yet."),
        entry("ttlSecondsAfterFinished", KEPT),
        _template(pod),
    )
    return table(
        entry("apiVersion", "batch/v1"),
        entry("kind", "Job"),
        words.metadata(pod, name_of_job(pod), words.marked(pod, "prestart")),
        entry("spec", spec),
    )


def _template(pod: Pod) -> Entry:
    command = pod.plan.app.prestart
    inside = words.container(
        entry("name", "prestart"),
        *words.pulled(pod),
        entry("command", language.words(command.value), setting=command.setting),
        words.given(pod),
        words.limits(pod, pod.wanted.cpus.value, pod.wanted.memory.value),
        words.rights(),
        words.mounts(),
    )
    return words.template(
        pod,
        words.marked(pod, "prestart"),
        entry("restartPolicy", "Never"),
        entry("containers", listing(item(inside))),
        rolled=False,
    )


def processes(pod: Pod) -> list[tuple[str, Table]]:
    """A Deployment for each kind of process, where porch does not run them beside the app."""
    if not pod.apart:
        return []
    counted: dict[str, list[ProcessPlan]] = {}
    for each in pod.plan.processes.value:
        counted.setdefault(each.name.partition(".")[0].replace("_", "-"), []).append(each)
    return [(f"process-{name}", _process(pod, name, found)) for name, found in counted.items()]


def _process(pod: Pod, name: str, found: list[ProcessPlan]) -> Table:
    first, setting, kill = found[0], pod.plan.processes.setting, pod.plan.limits.kill
    told = [{"name": key, "value": language.verbatim(value)} for key, value in first.environment]
    inside = words.container(
        entry("name", "process"),
        *words.pulled(pod),
        entry("command", language.words(first.command), setting=setting),
        words.given(pod),
        *([entry("env", told, setting=setting)] if told else []),
        words.limits(pod, pod.wanted.cpus.value, pod.wanted.memory.value),
        words.rights(),
        words.mounts(),
    )
    found_by = words.marked(pod, name)
    spec = table(
        entry("replicas", len(found), setting=setting),
        entry("selector", {"matchLabels": found_by}),
        words.template(
            pod,
            found_by,
            entry("terminationGracePeriodSeconds", kill.value, setting=kill.setting),
            entry("containers", listing(item(inside))),
        ),
    )
    return table(
        entry("apiVersion", "apps/v1"),
        entry("kind", "Deployment"),
        words.metadata(pod, f"{pod.name}-{name}", found_by),
        entry("spec", spec),
    )
