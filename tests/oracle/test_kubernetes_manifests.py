"""The schema of the newest Kubernetes, and checkov, judge the manifests."""

from __future__ import annotations

import json
import os
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from decided import image_plan_of, make_facts
from porch.plan.image import PlanOfImage
from porch.targets import kubernetes

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".venv-judges/checkov/bin/checkov"
UNKNOWN = {"Kustomization", "HTTPRoute"}
"""Kinds that are none of Kubernetes itself, so that its schema has none of them."""
ACCEPTED = {
    "CKV_K8S_8": "only for what has no port: a process beside the app is ended by its own end",
    "CKV_K8S_9": "the same: no request is sent to it",
    "CKV_K8S_15": "a version is pulled once for a machine; it does not change",
    "CKV_K8S_35": "an app reads its secrets from variables, as it does everywhere else",
    "CKV_K8S_43": "a digest is the user's to say, and is taken",
}
"""What is found, all of it of low severity by checkov's own list, and why it stays."""


def plans() -> dict[str, PlanOfImage]:
    """Every shape, with and without all that can be said."""
    image = {"kubernetes.image": "registry.example.org/shop:1.2"}
    full = {
        **image,
        "kubernetes.host": "shop.example.org",
        "kubernetes.tls_secret": "shop-tls",
        "app.prestart": "python manage.py migrate",
        "process": "queue command='python queue.py' count=2",
        "proxy.trusted": "10.0.0.0/8",
        "http.listen": "0.0.0.0:80",
    }
    given: dict[str, dict[str, Any]] = {
        "plain": image,
        "full": full,
        "sidecar": {**full, "kubernetes.shape": "sidecar"},
        "gateway": {**image, "kubernetes.route": "gateway"},
    }
    return {name: image_plan_of(said, make_facts()) for name, said in given.items()}


def documents(plan: PlanOfImage) -> list[dict[str, Any]]:
    """All that is in the files."""
    return [each for file in kubernetes.files(plan) for each in YAML(typ="safe").load_all(StringIO(file.text))]


@pytest.mark.parametrize("name", plans())
def test_the_newest_schema_takes_every_manifest(name: str) -> None:
    """Strictly: no key is unknown, none is missing, each value is of its kind."""
    newest = kubernetes_validate.latest_version()
    found = [each for each in documents(plans()[name]) if each["kind"] not in UNKNOWN]
    assert len(found) >= 7
    for each in found:
        kubernetes_validate.validate(each, newest, strict=True)


def test_the_schema_would_say_what_is_wrong() -> None:
    """A key that is not there is refused, so that silence means something."""
    (deployment,) = (each for each in documents(plans()["plain"]) if each["kind"] == "Deployment")
    deployment["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, kubernetes_validate.latest_version(), strict=True)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What checkov finds in all of them, in one run: file -> names of checks."""
    if not CHECKOV.exists():
        why = f"checkov is not at {CHECKOV}; it is installed by: sh tools/judges.sh python3 .venv-judges"
        if os.environ.get("CI"):
            pytest.fail(f"CI asks checkov, but {why}", pytrace=False)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("manifests")
    for name, plan in plans().items():
        (folder / name).mkdir()
        for file in kubernetes.files(plan):
            (folder / name / file.path).write_text(file.text)
    words = (str(CHECKOV), "--directory", str(folder), "--framework", "kubernetes", "--output", "json")
    told = subprocess.run((*words, "--skip-download"), capture_output=True, text=True, timeout=300, check=False)
    results = json.loads(told.stdout)["results"]
    assert len(results["passed_checks"]) > 500
    found: dict[str, set[str]] = {}
    for each in results["failed_checks"]:
        found.setdefault(each["file_path"], set()).add(each["check_id"])
    return found


def test_checkov_finds_nothing_that_matters(judged: dict[str, set[str]]) -> None:
    """What it finds is known, of low severity, and has a reason; all of it is still found."""
    assert set().union(*judged.values()) == set(ACCEPTED)


def test_only_what_has_no_port_has_no_probes(judged: dict[str, set[str]]) -> None:
    """The pods that serve have all three."""
    without = {path for path, found in judged.items() if found & {"CKV_K8S_8", "CKV_K8S_9"}}
    assert without == {"/sidecar/process-queue.yaml"}
