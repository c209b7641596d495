"""What compose.yaml says of services, and compose.dev.yaml of writing code."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from decided import image_plan_of, make_finding
from porch.syntax.file import Unwritable
from porch.targets import compose

SPLIT: dict[str, object] = {"compose.topology": "split"}


def read(given: dict[str, object], name: str = compose.NAME) -> Any:
    """The file as Compose reads it."""
    (file,) = (file for file in compose.files(image_plan_of(given)) if file.path == name)
    return yaml.safe_load(file.text)


def test_one_service_is_the_image_as_it_stands() -> None:
    """It is reached from this machine alone, and says again what the image says of health."""
    services = read({})["services"]
    assert list(services) == ["app"]
    app = services["app"]
    assert app["build"] == "."
    assert app["ports"] == ["127.0.0.1:8080:8080"]
    assert app["healthcheck"]["test"] == ["CMD", "python", "-m", "porch.runtime.healthy"]
    assert "networks" not in read({})


def test_two_services_are_made_of_one_image() -> None:
    """Only nginx is reached from outside; it waits for an app that answers, on a network of the two."""
    whole = read(SPLIT)
    app, nginx = whole["services"]["app"], whole["services"]["nginx"]
    assert app["image"] == nginx["image"]
    assert "build" not in nginx
    assert "ports" not in app
    assert (app["environment"], nginx["environment"]) == ({"PORCH_RUN_PART": "app"}, {"PORCH_RUN_PART": "nginx"})
    assert nginx["depends_on"] == {"app": {"condition": "service_healthy"}}
    assert app["networks"] == nginx["networks"] == list(whole["networks"])


def test_the_apps_service_has_the_name_that_nginx_looks_up() -> None:
    """The name in `run.address` is the service's, and its port the one that is asked for health."""
    services = read({**SPLIT, "run.address": "shop:9000"})["services"]
    assert list(services) == ["shop", "nginx"]
    assert services["shop"]["healthcheck"]["test"][-1] == "127.0.0.1:9000"
    assert list(services["nginx"]["depends_on"]) == ["shop"]


@pytest.mark.parametrize("given", [{}, SPLIT])
def test_every_service_is_hardened_limited_and_rotated(given: dict[str, object]) -> None:
    """No service of any file is without."""
    for service in read(given | {"process": "q command=a"})["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"][0].startswith("/tmp:")
        assert {"cpus", "mem_limit", "pids_limit", "restart", "stop_grace_period", "healthcheck"} <= service.keys()
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_times_follow_from_one_number() -> None:
    """The engine waits longer than the longest stop of what runs in the service."""
    given = {"limits.graceful_timeout": "100s", "run.drain_delay": "7s"}
    assert read(given)["services"]["app"]["stop_grace_period"] == "122s"
    split = read(given | SPLIT)["services"]
    assert (split["app"]["stop_grace_period"], split["nginx"]["stop_grace_period"]) == ("115s", "110s")


def test_limits_are_said_as_compose_reads_them() -> None:
    """Cores as a number, memory in its units; /tmp is half of it."""
    app = read({"compose.cpus": 1.5, "compose.memory": "1G", "compose.pids": 99})["services"]["app"]
    assert (app["cpus"], app["mem_limit"], app["pids_limit"]) == (1.5, "1g", 99)
    assert app["tmpfs"] == ["/tmp:mode=1777,size=512m"]


def test_nginx_alone_may_use_no_more_than_the_app() -> None:
    """A small limit holds for both."""
    assert read(SPLIT | {"compose.cpus": 0.25})["services"]["nginx"]["cpus"] == 0.25


def test_processes_beside_the_app_are_services_of_their_own() -> None:
    """Each has its command as it is, though Compose would read variables into it; the image's health is not theirs."""
    process = "queue command='sh -c \"echo $HOME\"' count=2 restart=on-failure stop_signal=INT"
    services = read(SPLIT | {"process": process})["services"]
    assert list(services) == ["app", "queue-1", "queue-2", "nginx"]
    queue = services["queue-1"]
    assert queue["command"] == ["sh", "-c", "echo $$HOME"]
    assert (queue["restart"], queue["stop_signal"]) == ("on-failure", "SIGINT")
    assert queue["healthcheck"] == {"disable": True}
    assert list(read({"process": process})["services"]) == ["app"]


def test_a_process_cannot_take_a_services_name() -> None:
    """Two services of one name cannot be told apart."""
    with pytest.raises(Unwritable, match='cannot be called "shop"'):
        read(SPLIT | {"process": "shop command=a", "run.address": "shop:80"})


@pytest.mark.parametrize(("given", "services"), [({}, ["app"]), (SPLIT, ["app", "nginx"])])
def test_development_mounts_the_code(given: dict[str, object], services: list[str]) -> None:
    """Each service that reads the code has the folder's; a change of it starts the app anew, and builds nothing."""
    found = read(given, compose.DEVELOPED)["services"]
    assert list(found) == services
    assert all(service["volumes"] == [".:/app:ro"] for service in found.values())
    actions = {watch["action"]: watch["path"] for watch in found["app"]["develop"]["watch"]}
    assert actions["restart"] == "."


def test_development_says_what_the_folder_hides() -> None:
    """Files that were collected in the image are not in the folder that stands in its place; without any, no word."""
    plan = image_plan_of(finding=make_finding(framework="django", collect=("python", "manage.py", "collectstatic")))
    hidden = "manage.py collectstatic"
    assert [hidden in file.text for file in compose.files(plan)] == [False, True]
    assert not any(hidden in file.text for file in compose.files(image_plan_of()))


def test_a_hidden_socket_is_not_published() -> None:
    """An app that listens on a unix socket alone has no port."""
    assert "ports" not in read({"http.listen": "unix:/tmp/shop.sock"})["services"]["app"]


def test_notes_stand_once() -> None:
    """What is the same in each service is explained at the first."""
    (file, _) = compose.files(image_plan_of(SPLIT, finding=make_finding()))
    notes = [line.strip() for line in file.text.splitlines() if line.strip().startswith("# ")]
    assert len(notes) == len(set(notes))
