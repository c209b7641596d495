"""What differs at some paths: what is refused, what follows for the app server, and what a protocol cannot do."""

from __future__ import annotations

import pytest

from decided import FOLDER, make_facts, make_finding, plan_of, problems_of, static
from porch.places import Place

HIDDEN = "is hidden, and nginx answers 404 but for what app.dotted names"
FACTS = make_facts({f"{FOLDER}/static": Place(True, folder=True)})


def test_all_paths_are_alike_unless_said() -> None:
    """Without a table nothing differs anywhere."""
    assert plan_of().paths.value == ()


def test_a_path_holds_what_was_said_and_nothing_else() -> None:
    """nginx waits 2 s longer than the path's own time; what was not said is as everywhere."""
    (path,) = plan_of({"path": "/upload/ body=1G timeout=10m"}).paths.value
    assert (path.url, path.body, path.read) == ("/upload/", 1024**3, 602)
    assert (path.buffering, path.request_buffering, path.rate) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "request_time", "graceful"),
    [
        ({"path": "/report timeout=10m"}, (600, "default, porch.toml:1"), 600),
        ({"path": "/report timeout=10m", "limits.graceful_timeout": "5s"}, (600, "default, porch.toml:1"), 5),
        ({"path": "/quick timeout=1s"}, (30, "default"), 30),
    ],
)
def test_the_app_server_allows_the_longest(
    given: dict[str, object], request_time: tuple[int, str], graceful: int
) -> None:
    """The app server has one time for all, nginx keeps the shorter one for all other paths."""
    limits = plan_of(given).limits
    assert (limits.request.value, limits.request.origin) == request_time
    assert (limits.read.value, limits.graceful.value) == (32, graceful)


@pytest.mark.parametrize(
    ("url", "more", "why"),
    [
        ("/static/img/", {"static": {"/static/": "static"}}, "nginx answers /static/ with files"),
        ("/static/", {"static": {"/static/": "static"}}, "nginx answers /static/ with files"),
        ("/other", {"app.mount": "/api"}, "it is not below /api, where the app is"),
        ("/other", {"app.routes": "/api/ /x"}, "it is not below /api/, /x, where the app is"),
        ("/x/y", {"app.routes": "/api/ /x"}, "it is not below /api/, /x, where the app is"),
        ("/api/", {"app.mount": "/api"}, "that is the whole app, and its limits stand in [limits]"),
        ("/-/porch/ready", {}, "porch itself answers there"),
        ("/a/.git/", {}, f".git {HIDDEN}"),
        (
            "/.web/.git/",
            {"app.dotted": "/.web/"},
            f".git {HIDDEN}",
        ),
        ("/.web/", {"app.dotted": "/.web"}, f".web {HIDDEN}"),
    ],
)
def test_a_path_without_effect_is_refused(url: str, more: dict[str, object], why: str) -> None:
    """Nobody is to believe in a limit that is not there."""
    (problem,) = problems_of({"path": f"{url} body=1K"} | more, FACTS)
    assert problem.what == f'"{url}": {why}'
    assert problem.where == "path from porch.toml:1"


def test_a_route_below_a_folder_of_the_apps_may_differ() -> None:
    """What is no file there is the app's; all below a URL would be files too, which are nginx's."""
    finding = make_finding(statics=(static("/static/", f"{FOLDER}/static"),))
    (path,) = plan_of({"path": "/static/upload body=1G"}, FACTS, finding).paths.value
    assert path.body == 1024**3
    (problem,) = problems_of({"path": "/static/upload/ body=1G"}, FACTS, finding)
    assert problem.what == '"/static/upload/": nginx answers /static/ with files'


def test_no_time_at_all_is_refused() -> None:
    """nginx would take 0 for something else."""
    (problem,) = problems_of({"path": "/a timeout=0"})
    assert problem.what == '"/a": nothing is done in less than a second'


def test_what_the_uwsgi_protocol_cannot_do_is_said() -> None:
    """It must be told the length of a body before the body."""
    plan = plan_of({"path": "/a request_buffering=false buffering=false", "server.name": "uwsgi"})
    (path,) = plan.paths.value
    assert (path.buffering, path.request_buffering) == (False, None)
    assert [text for text in plan.warnings if text.startswith('path "/a": request_buffering stays on')]


@pytest.mark.parametrize(
    ("url", "more", "what"),
    [
        ("/api/", {"app.mount": "/shop"}, "the app is mounted at /shop, so all URLs below that are its own"),
        ("/static/a", {"static": {"/static/": "static"}}, '"/static/a": nginx answers /static/ with files'),
        ("/-/porch/live", {}, '"/-/porch/live": porch itself answers there'),
        ("/.web/", {}, '"/.web/": .web is hidden; name it in app.dotted alone'),
    ],
)
def test_a_route_that_never_reaches_the_app_is_refused(url: str, more: dict[str, object], what: str) -> None:
    """Each is told with the setting's name."""
    (problem,) = problems_of({"app.routes": url} | more, FACTS)
    assert problem.what == what
    assert problem.where == "app.routes from porch.toml:1"


@pytest.mark.parametrize(
    ("url", "more", "what"),
    [
        ("/.web/", {"app.mount": "/shop"}, '"/.web/": it is not below /shop, where the app is'),
        ("/-/porch/.x", {}, '"/-/porch/.x": porch itself answers there'),
        ("/static/.x/", {"static": {"/static/": "static"}}, '"/static/.x/": nginx answers /static/ with files'),
    ],
)
def test_a_hidden_url_that_never_reaches_the_app_is_refused(url: str, more: dict[str, object], what: str) -> None:
    """Each is told with the setting's name."""
    (problem,) = problems_of({"app.dotted": url} | more, FACTS)
    assert problem.what == what
    assert problem.where == "app.dotted from porch.toml:1"


def test_a_hidden_prefix_is_refused() -> None:
    """Every URL of the app would be 404."""
    (problem,) = problems_of({"app.mount": "/.shop"}, FACTS)
    assert problem.what == ".shop in /.shop is hidden, and nginx answers 404"


def test_a_hidden_url_of_the_app_may_differ() -> None:
    """It needs no route beside it."""
    plan = plan_of({"app.routes": "/api/", "app.dotted": "/.web/", "path": "/.web/up/ body=1K"}, FACTS)
    assert [each.url for each in plan.paths.value] == ["/.web/up/"]


@pytest.mark.parametrize("url", ["/api", "/api/", "/api/x", "/login"])
def test_a_path_of_a_route_may_differ(url: str) -> None:
    """The route itself, with and without its slash, and what is below it."""
    plan = plan_of({"app.routes": "/api/ /login", "path": f"{url} body=1K"}, FACTS)
    assert [each.url for each in plan.paths.value] == [url]
