"""Every target of images that is rendered from one plan agrees on every time, port, user, path and limit.

Rule: each file is read back by its language's own parser, and compared with the plan; a new target joins `READERS`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from decided import image_plan_of, make_facts
from porch import settings, targets
from porch.decide.image import FOLDER
from porch.plan.image import PlanOfImage

Said = dict[str, Any]
"""Subject -> what one file says of it; a subject that a file does not touch is missing."""
USER = 10001


def plan() -> PlanOfImage:
    """A plan whose every number is another."""
    return image_plan_of(
        {
            "http.listen": "0.0.0.0:8123",
            "limits.graceful_timeout": "41s",
            "limits.start_timeout": "70s",
            "run.drain_delay": "7s",
            "log.level": "warning",
            "proxy.trusted": "10.0.0.0/8",
            "kubernetes.image": "registry.example.org/shop:1.2",
            "kubernetes.memory": "300M",
            "kubernetes.cpus": "1.5",
            "kubernetes.replicas": 3,
            "kubernetes.host": "shop.example.org",
        },
        make_facts(),
        origins={"log.level": "--log-level"},
    )


def planned(made: PlanOfImage) -> Said:
    """What all files are compared with."""
    limits, wanted = made.limits, made.kubernetes
    return {
        "port": made.image.ports[0],
        "user": USER,
        "stop": made.run.drain_delay.value + limits.kill.value,
        "folder": FOLDER,
        "level": made.log.level.value,
        "trusted": " ".join(made.trusted.value),
        "start": limits.start.value,
        "memory": wanted.memory.value,
        "cpus": wanted.cpus.value,
        "replicas": wanted.replicas.value,
        "host": wanted.host.value,
        "image": wanted.image.value,
    }


def docker(files: dict[str, str]) -> Said:
    """Dockerfile: continued lines are joined, then each line is an instruction."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", files["Dockerfile"]))
    told = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    last = dict(told)
    variables = dict(word.split("=", 1) for name, value in told if name == "ENV" for word in shlex.split(value))
    stop = re.search(r"which may take (\d+) s", files["Dockerfile"].replace("\n# ", " "))
    assert stop
    return {
        "port": int(last["EXPOSE"]),
        "user": int(last["USER"].partition(":")[0]),
        "folder": last["WORKDIR"],
        "stop": int(stop[1]),
        "level": variables[settings.spec("log.level").variable],
    }


def compose(files: dict[str, str]) -> Said:
    """compose.yaml, by a reader of YAML 1.2."""
    (service,) = YAML(typ="safe").load(files["compose.yaml"])["services"].values()
    # Docker waits 5 s more than porch takes to stop.
    return {
        "port": int(service["ports"][0].rpartition(":")[2]),
        "stop": int(service["stop_grace_period"].removesuffix("s")) - 5,
    }


def kubernetes(files: dict[str, str]) -> Said:
    """Manifests, by a reader of YAML 1.2."""
    found = {name: next(iter(YAML(typ="safe").load_all(StringIO(text)))) for name, text in files.items()}
    pod = found["deployment.yaml"]["spec"]["template"]["spec"]
    (whole,) = pod["containers"]
    limits, starting = whole["resources"]["limits"], whole["startupProbe"]
    variables = found["configmap.yaml"]["data"]
    hook = whole["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert found["service.yaml"]["spec"]["ports"][0]["targetPort"] == whole["ports"][0]["name"]
    assert found["network.yaml"]["spec"]["ingress"][0]["ports"][0]["port"] == whole["ports"][0]["name"]
    assert found["autoscaler.yaml"]["spec"]["scaleTargetRef"]["name"] == found["deployment.yaml"]["metadata"]["name"]
    # A probe has one try more than the time to start, and the kubelet 5 s more than porch takes to stop.
    return {
        "port": whole["ports"][0]["containerPort"],
        "user": pod["securityContext"]["runAsUser"],
        "stop": pod["terminationGracePeriodSeconds"] - hook - 5,
        "start": (starting["failureThreshold"] - 1) * starting["periodSeconds"],
        "memory": int(limits["memory"].removesuffix("Mi")) * 1024**2,
        "cpus": int(limits["cpu"].removesuffix("m")) / 1000,
        "replicas": found["autoscaler.yaml"]["spec"]["minReplicas"],
        "host": found["ingress.yaml"]["spec"]["rules"][0]["host"],
        "image": whole["image"],
        "level": variables[settings.spec("log.level").variable],
        "trusted": variables[settings.spec("proxy.trusted").variable],
    }


READERS: dict[str, Callable[[dict[str, str]], Said]] = {"docker": docker, "compose": compose, "kubernetes": kubernetes}


def test_all_files_agree() -> None:
    """Whatever a file says, the plan said; and each subject is said by some file."""
    made = plan()
    wanted = planned(made)
    subjects: set[str] = set()
    for name, read in READERS.items():
        target = targets.by_name(name)
        assert target
        found = read({file.path: file.text for file in target.files(made)})
        assert found == {subject: wanted[subject] for subject in found}, name
        subjects |= set(found)
    assert subjects == set(wanted)


def test_every_target_is_read_by_one_of_the_tests() -> None:
    """A target of images that nothing reads back would be missed."""
    assert {target.name for target in targets.TARGETS if target.of_image} == set(READERS)
