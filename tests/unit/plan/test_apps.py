"""The Plan as each app has it."""

from __future__ import annotations

import pytest

from decided import plan_of
from porch.plan.apps import apps, owner

GIVEN = {
    "mounts": "/api app=api:app interface=asgi ; /api/old app=old:app server=uwsgi",
    "path": "/api/x body=1M, /api/old/x body=2M, /x body=3M",
}


@pytest.mark.parametrize(
    ("url", "prefix"),
    [("/api", "/api"), ("/api/", "/api"), ("/apis", ""), ("/api/old/x", "/api/old"), ("/api/older", "/api"), ("/", "")],
)
def test_the_longest_prefix_answers(url: str, prefix: str) -> None:
    """As nginx does it: whole parts of the path alone count."""
    assert owner(["", "/api", "/api/old"], url) == prefix


def test_each_app_knows_of_itself_alone() -> None:
    """Its server, its paths of the run folder, its limits by path, and no other app."""
    found = apps(plan_of(GIVEN))
    assert [each.server.name.value for each in found] == ["granian", "uvicorn", "uwsgi"]
    assert [[path.url for path in each.paths.value] for each in found] == [["/x"], ["/api/x"], ["/api/old/x"]]
    assert [each.mounts.value for each in found] == [(), (), ()]


def test_no_two_apps_share_a_path_of_the_run_folder() -> None:
    """Sockets, links and folders are each app's own, in a generation and in files that are kept."""
    found = apps(plan_of(GIVEN))
    assert [each.run.socket.removeprefix("/run/porch/app/") for each in found] == [
        "app-1/app.sock",
        "app-1-api/app.sock",
        "app-1-api-old/app.sock",
    ]
    assert [each.run.upstream.rpartition("/")[2] for each in found] == ["app.sock", "app-api.sock", "app-api-old.sock"]


def test_one_app_is_the_plan_itself() -> None:
    """Without further apps nothing is changed."""
    plan = plan_of()
    assert apps(plan) == (plan,)
