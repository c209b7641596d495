"""What the manifests say of times, shapes, names and rights."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from ruamel.yaml import YAML

from decided import image_plan_of, make_facts
from porch.errors import Refused
from porch.plan.image import PlanOfImage
from porch.targets import kubernetes


def plan(**given: Any) -> PlanOfImage:
    """The Plan of an image, with `kubernetes.image` and more said: `limits__body` is `limits.body`."""
    told = {key.replace("__", "."): value for key, value in given.items()}
    return image_plan_of({"kubernetes.image": "registry.example.org/shop:1.2", **told}, make_facts())


def manifests(made: PlanOfImage) -> dict[str, Any]:
    """File name -> what is in it."""
    return {
        file.path.removesuffix(".yaml"): next(iter(YAML(typ="safe").load_all(StringIO(file.text))))
        for file in kubernetes.files(made)
    }


def pod(made: PlanOfImage) -> Any:
    """What the Deployment says of each pod."""
    return manifests(made)["deployment"]["spec"]["template"]["spec"]


def test_a_pod_is_killed_after_all_that_porch_allows() -> None:
    """The hook, the drain delay and the ladder of both shapes, one after the other."""
    assert pod(plan())["terminationGracePeriodSeconds"] == 5 + 40 + 5
    assert pod(plan(run__drain_delay=15))["terminationGracePeriodSeconds"] == 5 + 15 + 40 + 5
    assert pod(plan(kubernetes__shape="sidecar"))["terminationGracePeriodSeconds"] == 5 + 35 + 40 + 5


def test_a_pod_serves_on_before_it_stops() -> None:
    """The cluster's proxies have heard that it goes before anything in it is told to stop."""
    (whole,) = pod(plan())["containers"]
    assert whole["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    (nginx,) = pod(plan(kubernetes__shape="sidecar"))["containers"]
    assert nginx["lifecycle"] == {"preStop": {"exec": {"command": ["python", "-m", "porch.runtime.leave", "5"]}}}


def test_as_a_sidecar_the_app_begins_first_and_ends_last() -> None:
    """It is an init container that goes on: Kubernetes starts it before nginx, and stops it after."""
    found = pod(plan(kubernetes__shape="sidecar"))
    (app,), (nginx,) = found["initContainers"], found["containers"]
    assert app["restartPolicy"] == "Always"
    variables = [{each["name"]: each["value"] for each in one["env"]} for one in (app, nginx)]
    assert [each["PORCH_RUN_PART"] for each in variables] == ["app", "nginx"]
    assert {each["PORCH_RUN_ADDRESS"] for each in variables} == {"127.0.0.1:8000"}
    assert "ports" not in app


@pytest.mark.parametrize("shape", ["single", "sidecar"])
def test_every_container_is_restricted(shape: str) -> None:
    """No rights, none to be got, a read-only root, and a place to write to."""
    found = pod(plan(kubernetes__shape=shape))
    assert found["automountServiceAccountToken"] is found["enableServiceLinks"] is False
    assert found["securityContext"]["runAsNonRoot"] is True
    assert found["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for each in (*found.get("initContainers", ()), *found["containers"]):
        own = each["securityContext"]
        assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"]) == (False, True)
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert [mount["mountPath"] for mount in each["volumeMounts"]] == ["/tmp"]
        assert each["resources"]["requests"] == each["resources"]["limits"]
    # Two containers would take one run folder for each other's.
    own = [each["volumeMounts"][0]["name"] for each in (*found.get("initContainers", ()), *found["containers"])]
    assert own == [each["name"] for each in found["volumes"]]


def test_an_app_beside_nginx_that_hangs_is_started_again() -> None:
    """No porch watches it there; its own word on its health is no reason, for it may tell of a database."""
    (app,) = pod(plan(kubernetes__shape="sidecar"))["initContainers"]
    probe = app["livenessProbe"]
    assert probe["exec"]["command"] == app["startupProbe"]["exec"]["command"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 600
    (own,) = pod(plan(kubernetes__shape="sidecar", app__health="/well"))["initContainers"]
    assert "livenessProbe" not in own
    texts = {
        shape: next(
            str(file.text) for file in kubernetes.files(plan(kubernetes__shape=shape)) if "deployment" in file.path
        )
        for shape in ("single", "sidecar")
    }
    assert "porch's own matter" in texts["single"].replace("\n", " ")
    assert "porch's own" not in texts["sidecar"]


def test_the_command_before_a_start_is_a_job_and_nothing_else() -> None:
    """It runs once for a version, not in each pod; its name is the version's."""
    made = manifests(plan(app__prestart="python manage.py migrate"))
    job = made["prestart"]
    assert re.search(r"-prestart-1-2-[0-9a-f]{8}$", job["metadata"]["name"])
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "manage.py", "migrate"]
    (whole,) = made["deployment"]["spec"]["template"]["spec"]["containers"]
    assert whole["env"] == [{"name": "PORCH_APP_PRESTART", "value": ""}]
    assert "images" not in made["kustomization"]
    assert "prestart" not in manifests(plan())


def _job(**given: str) -> Any:
    return manifests(plan(app__prestart="python manage.py migrate", **given))["prestart"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"kubernetes__image": f"r/shop@sha256:{'a' * 64}"},
            {"kubernetes__image": f"r/shop@sha256:{'b' * 64}"},
        ),
        ({"kubernetes__image": "r:5000/shop"}, {"kubernetes__image": "r:5000/other"}),
        ({"kubernetes__memory": "300M"}, {"kubernetes__memory": "400M"}),
    ],
    ids=["digest", "no tag", "memory"],
)
def test_a_job_that_would_be_changed_has_another_name(one: dict[str, str], other: dict[str, str]) -> None:
    """The template of a Job cannot be changed; the same one keeps its name, and runs once."""
    assert _job(**one)["metadata"]["name"] == _job(**one)["metadata"]["name"]
    assert _job(**one)["metadata"]["name"] != _job(**other)["metadata"]["name"]
    assert len(_job(**one, kubernetes__name="s" * 50)["metadata"]["name"]) <= 63


def test_settings_of_the_app_do_not_change_the_job() -> None:
    """They come from the ConfigMap when it runs, so no digest of them stands in it."""
    assert _job() == _job(proxy__trusted="10.0.0.0/8")
    assert "annotations" not in _job()["spec"]["template"]["metadata"]


def test_all_pull_the_image_alike() -> None:
    """The command before a start is never that of an older image than the pods'."""
    made = manifests(
        plan(kubernetes__image="r/shop:latest", kubernetes__shape="sidecar", process="q command=q", app__prestart="m")
    )
    specs = [each["spec"]["template"]["spec"] for each in made.values() if "template" in each.get("spec", {})]
    found = [
        each["imagePullPolicy"]
        for spec in specs
        for kind in ("containers", "initContainers")
        for each in spec.get(kind, ())
    ]
    assert found == ["Always"] * 4


@pytest.mark.parametrize(("route", "kind"), [("ingress", "Ingress"), ("gateway", "HTTPRoute"), ("none", "")])
def test_one_word_says_how_requests_come_in(route: str, kind: str) -> None:
    """An Ingress, an HTTPRoute, or neither; both lead to the Service."""
    made = manifests(plan(kubernetes__route=route, kubernetes__host="example.org"))
    found = {each["kind"] for each in made.values()} & {"Ingress", "HTTPRoute"}
    assert found == ({kind} if kind else set())


def test_a_certificate_and_a_gateway_are_named() -> None:
    """The Secret of the Ingress, and the namespace of the Gateway."""
    ingress = manifests(plan(kubernetes__host="example.org", kubernetes__tls_secret="own-tls"))["ingress"]  # noqa: S106 - its name
    assert ingress["spec"]["tls"] == [{"hosts": ["example.org"], "secretName": "own-tls"}]
    route = manifests(plan(kubernetes__route="gateway", kubernetes__gateway="infra/web"))["route"]
    assert route["spec"]["parentRefs"] == [{"name": "web", "namespace": "infra"}]
    assert "hostnames" not in route["spec"]


def test_the_whole_names_every_file() -> None:
    """`kubectl apply -k` misses none, and the version is changed in one place."""
    made = plan(kubernetes__shape="sidecar", process="queue command=q count=2 ; cron command=c", app__prestart="m")
    files = [file.path for file in kubernetes.files(made)]
    assert manifests(made)["kustomization"]["resources"] == files[:-1]
    assert manifests(made)["process-queue"]["spec"]["replicas"] == 2
    images = manifests(plan())["kustomization"]["images"]
    assert images == [{"name": "registry.example.org/shop", "newTag": "1.2"}]
    assert "images" not in manifests(plan(kubernetes__image="registry.example.org:5000/shop"))["kustomization"]


def test_other_settings_make_other_pods() -> None:
    """The digest of the variables stands in the template, so that a change of them is rolled out."""

    def digest(made: PlanOfImage) -> str:
        found: str = manifests(made)["deployment"]["spec"]["template"]["metadata"]["annotations"]["porch/settings"]
        return found

    assert digest(plan()) == digest(plan())
    assert digest(plan()) != digest(plan(proxy__trusted="10.0.0.0/8"))
    assert manifests(plan(proxy__trusted="10.0.0.0/8"))["configmap"]["data"]["PORCH_PROXY_TRUSTED"] == "10.0.0.0/8"


def test_a_low_port_is_allowed_in_the_pod() -> None:
    """Without it, a container with no rights could not bind it."""
    found = pod(plan(http__listen="80"))
    assert found["securityContext"]["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    assert "sysctls" not in pod(plan())["securityContext"]


def test_a_pod_has_no_certificate_of_its_own() -> None:
    """The Ingress or the Gateway has it: pods that spoke TLS would fail every probe, so it is refused."""
    with pytest.raises(Refused) as refused:
        kubernetes.files(plan(**{"tls.mode": "self-signed"}))
    assert refused.value.problems[0].fix == "render with --tls off"
