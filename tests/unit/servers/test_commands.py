"""What every server's command and environment keep, and what granian's and uvicorn's say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plans import make_plan
from porch import servers, settings, worker

every_server = pytest.mark.parametrize("server", servers.SERVERS, ids=lambda server: server.name)


def after(words: tuple[str, ...], option: str) -> str:
    """The word behind an option."""
    return words[words.index(option) + 1]


@every_server
def test_what_cannot_be_is_a_setting(server: servers.Server) -> None:
    """Each key of `cannot` is declared, so that a warning can name where it was said."""
    assert set(server.cannot) <= {spec.key for spec in settings.specs()}


@every_server
def test_further_words_come_last(server: servers.Server) -> None:
    """The user's own words follow porch's."""
    interface = "wsgi" if "wsgi" in server.speaks else "asgi"
    words = server.argv(make_plan(app__interface=interface, server__args=("--one", "two")))
    assert words[-2:] == ("--one", "two")


@every_server
def test_found_by_its_name(server: servers.Server) -> None:
    """The word that a user types leads to it."""
    assert servers.by_name(server.name) is server


def test_unknown_name_is_no_server() -> None:
    """A name that was not checked before is a fault."""
    with pytest.raises(KeyError):
        servers.by_name("waitress")


def test_worker_is_told_what_to_load() -> None:
    """Target, interface, mount and folder reach the worker as one variable."""
    plan = make_plan(app__mount="/api", app__import_from="/srv/shop/src")
    found = servers.environment(plan)
    assert json.loads(found["PORCH_WORKER"]) == {
        "target": "shop:app",
        "interface": "wsgi",
        "mount": "/api",
        "folder": "/srv/shop/src",
        "report": "/run/shop/app-1/failure.json",
        "pulse": "/run/shop/app-1",
    }
    assert found["PYTHONPATH"] == worker.PATH


def test_rendered_files_find_the_worker_beside_them() -> None:
    """Without porch's supervisor nobody reads a report, and the wrapper lies in the rendered folder."""
    found = servers.environment(make_plan(run__generation=0, run__kept="/srv/deploy", server__name="granian"))
    assert json.loads(found["PORCH_WORKER"])["report"] == ""
    assert found["PYTHONPATH"] == "/srv/deploy/wrapper"


def test_a_file_that_is_kept_says_by_itself_what_to_load() -> None:
    """Where the server has a file, the variable stands in it, and not in the environment too."""
    for name in ("gunicorn", "uwsgi"):
        plan = make_plan(run__generation=0, run__kept="/srv/deploy", server__name=name)
        assert "PORCH_WORKER" not in servers.environment(plan)
        assert "PORCH_WORKER={" in servers.by_name(name).files(plan)[0].text
        assert "PORCH_WORKER" not in servers.by_name(name).files(make_plan(server__name=name))[0].text


def test_gunicorns_own_variable_is_emptied() -> None:
    """It would stand above the file, and open another address."""
    assert servers.environment(make_plan())["GUNICORN_CMD_ARGS"] == ""


@pytest.mark.parametrize(("interface", "threads"), [("wsgi", "4"), ("asgi", None)])
def test_granian_has_threads_for_wsgi_alone(interface: Any, threads: str | None) -> None:
    """granian refuses threads for ASGI."""
    words = servers.by_name("granian").argv(make_plan(app__interface=interface))
    assert (after(words, "--blocking-threads") if "--blocking-threads" in words else None) == threads


def test_granian_is_never_below_its_own_limits() -> None:
    """Small and large values become what granian accepts."""
    plan = make_plan(server__backlog=16, server__keep_alive=600, limits__graceful=0)
    words = servers.by_name("granian").argv(plan)
    assert (after(words, "--backlog"), after(words, "--http1-header-read-timeout")) == ("128", "60000")
    assert after(words, "--workers-kill-timeout") == "1"


def test_uvicorn_has_the_plans_sizes_and_times() -> None:
    """Sizes and times are those of the plan, and forwarded headers are not its business."""
    words = servers.by_name("uvicorn").argv(make_plan(app__interface="asgi", server__workers=3))
    assert (after(words, "--workers"), after(words, "--timeout-keep-alive")) == ("3", "75")
    assert after(words, "--uds") == "/run/shop/app-1/app.sock"
    assert {"--no-proxy-headers", "--no-access-log", "--no-server-header"} <= set(words)


NATIVE = [
    ("gunicorn", ("max_requests = 1000", "max_requests_jitter = 100"), ("server.recycle_memory",)),
    ("uwsgi", ("max-requests = 1000", "max-requests-delta = 100", "reload-on-rss = 400"), ()),
    ("granian", ("--workers-max-rss 400",), ("server.recycle_requests",)),
    (
        "uvicorn",
        ("--limit-max-requests 1000", "--limit-max-requests-jitter 100"),
        ("server.recycle_memory",),
    ),
]
"""Server, what recycles its workers where no supervisor of porch's does, and what it has no means for."""


@pytest.mark.parametrize(("name", "told", "cannot"), NATIVE)
def test_recycling_by_its_own_means_only_without_porch(
    name: str, told: tuple[str, ...], cannot: tuple[str, ...]
) -> None:
    """Kept files say it in the server's own words; where porch supervises, none ends a worker under load."""
    interface = "asgi" if name == "uvicorn" else "wsgi"
    limits = {"server__recycle_requests": 1000, "server__recycle_memory": 400 * 1024**2}
    server = servers.by_name(name)

    def text(**more: Any) -> str:
        plan = make_plan(app__interface=interface, server__name=name, **limits, **more)
        return "\n".join((" ".join(server.argv(plan)), *(file.text for file in server.files(plan))))

    kept, supervised = text(run__generation=0, run__kept="/srv/deploy"), text()
    assert all(words in kept for words in told)
    assert not any(words.split()[0] in supervised for words in told)
    assert tuple(server.cannot_alone) == cannot
