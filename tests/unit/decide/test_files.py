"""What nginx answers by itself: folders, files and pages."""

from __future__ import annotations

from typing import Any

import pytest

from decided import FOLDER, make_facts, make_finding, plan_of, problems_of, static
from porch.errors import Exit
from porch.places import Place
from porch.plan import Static

PUBLIC = Place(True, folder=True)


def statics_of(given: dict[str, str], places: dict[str, Place], **finding: Any) -> tuple[Static, ...]:
    """What nginx answers for."""
    said: dict[str, object] = {"static": given} if given else {}
    return plan_of(said, make_facts(places), make_finding(**finding)).static.value


def test_a_folder_is_answered_for_with_both_slashes() -> None:
    """However it is written, URL and folder both end with a slash."""
    for url in ("/static", "/static/"):
        for path in ("files", "files/", "./x/../files"):
            assert statics_of({url: path}, {f"{FOLDER}/files": PUBLIC}) == (Static("/static/", f"{FOLDER}/files/"),)


def test_a_single_file_is_answered_for_without_one() -> None:
    """A file has no slash at the end of its URL."""
    places = {f"{FOLDER}/icon.ico": Place(True)}
    assert statics_of({"/favicon.ico": "icon.ico"}, places) == (Static("/favicon.ico", f"{FOLDER}/icon.ico"),)


def test_an_absolute_path_stays_where_it_is() -> None:
    """A folder may lie outside of the project."""
    assert statics_of({"/m/": "/data/media"}, {"/data/media": PUBLIC}) == (Static("/m/", "/data/media/"),)


def test_what_the_app_serves_is_found_below_its_mount() -> None:
    """A folder that was found in the app is below the mount; one that was set is as clients see it."""
    plan = plan_of(
        {"app.mount": "/api", "static": {"/media/": "media"}},
        make_facts({f"{FOLDER}/static": PUBLIC, f"{FOLDER}/media": PUBLIC}),
        make_finding(statics=(static("/static/", f"{FOLDER}/static"),)),
    )
    urls = (Static("/api/static/", f"{FOLDER}/static/", of_app=True), Static("/media/", f"{FOLDER}/media/"))
    assert (plan.static.value, plan.static.origin) == (urls, "porch.toml:1")


def test_a_rooted_folder_stays_where_it_is() -> None:
    """What is no file there is nobody's outside of the mount, and the app's below it."""
    facts = make_facts({f"{FOLDER}/static": PUBLIC})
    for url, of_app in (("/static/", False), ("/app/static/", True), ("/apple/", False)):
        finding = make_finding(statics=(static(url, f"{FOLDER}/static", rooted=True),))
        (found,) = plan_of({"app.mount": "/app"}, facts, finding).static.value
        assert found == Static(url, f"{FOLDER}/static/", of_app=of_app)


def test_what_was_found_and_is_set_too_stays_the_apps() -> None:
    """As `porch init` writes it; where only the app's own routes are the app's, the folder is none of them."""
    facts, finding = (
        make_facts({f"{FOLDER}/static": PUBLIC}),
        make_finding(statics=(static("/static/", f"{FOLDER}/static"),)),
    )
    for said, of_app in (({}, True), ({"static": {"/static/": "static"}}, True), ({"app.routes": ["/api/"]}, False)):
        (found,) = plan_of(said, facts, finding).static.value
        assert found.of_app is of_app


def test_what_was_found_may_be_left_to_the_app() -> None:
    """Where it asks who may see its files; what is set is answered for all the same."""
    places, found = {f"{FOLDER}/static": PUBLIC}, (static("/static/", f"{FOLDER}/static"),)
    assert plan_of({"files.found": False}, make_facts(places), make_finding(statics=found)).static.value == ()
    said = {"files.found": False, "static": {"/static/": "static"}}
    (kept,) = plan_of(said, make_facts(places), make_finding(statics=found)).static.value
    assert (kept.url, kept.of_app) == ("/static/", False)


def test_what_was_set_replaces_what_was_found() -> None:
    """The same URL said by the user leads to the user's folder."""
    places = {f"{FOLDER}/static": PUBLIC, f"{FOLDER}/mine": PUBLIC}
    found = (static("/static/", f"{FOLDER}/static"),)
    assert statics_of({"/static": "mine"}, places, statics=found) == (Static("/static/", f"{FOLDER}/mine/"),)


def test_what_was_found_says_so() -> None:
    """Without a word of the user the origin is detection, and without a find it is the default."""
    found = make_finding(statics=(static("/static/", f"{FOLDER}/static"),))
    plan = plan_of(facts=make_facts({f"{FOLDER}/static": PUBLIC}), finding=found)
    assert (plan.static.origin, plan.static.reason) == ("detected", "answered by nginx without the app")
    assert (plan_of().static.origin, plan_of().static.reason) == ("default", "none was found or set")


NO_URL = "is no URL for static files; write it as /static/, or /favicon.ico for one file"
LEFT: list[tuple[str, str, dict[str, object], str]] = [
    ("/s/", "code", {}, f"/s/ is left to the app: {FOLDER}/code holds app.py, which nginx must not hand out"),
    ("/", "fine", {}, f'/ is left to the app: "/" {NO_URL}'),
    ("/", "fine", {"app.mount": "/api"}, "/api/ is left to the app: the whole app is mounted at /api"),
    ("/a$b/", "fine", {}, f'/a$b/ is left to the app: "/a$b/" {NO_URL}'),
]


@pytest.mark.parametrize(("url", "folder", "given", "warning"), LEFT)
def test_what_nginx_must_not_take_over_is_left_to_the_app(
    url: str, folder: str, given: dict[str, object], warning: str
) -> None:
    """A folder with code, one for the whole site, and a URL that nginx cannot hold stay with the app, as is said."""
    places = {f"{FOLDER}/code": Place(True, folder=True, exposed="app.py"), f"{FOLDER}/fine": PUBLIC}
    plan = plan_of(given, make_facts(places), make_finding(statics=(static(url, f"{FOLDER}/{folder}"),)))
    assert plan.static.value == ()
    assert plan.warnings == (warning,)


REFUSED = [
    (
        {"/s/": "none"},
        f"/s/: there is no folder or file {FOLDER}/none",
        "create it (Django: manage.py collectstatic), or correct the path",
    ),
    (
        {"/s/": "."},
        f"/s/: {FOLDER} holds the whole project; anyone could read its code and settings",
        "put the files in a folder of their own, such as static/",
    ),
    (
        {"/s/": "static/../.."},
        "/s/: /srv holds the whole project; anyone could read its code and settings",
        "put the files in a folder of their own, such as static/",
    ),
    (
        {"/s/": "code"},
        f"/s/: {FOLDER}/code holds app.py, which no visitor may read",
        "move it out of the public folder",
    ),
    ({"/k": ".env"}, f"/k: {FOLDER}/.env is .env, which no visitor may read", "name another file"),
    (
        {"/-/porch/live": "page.html"},
        "/-/porch/live: porch answers there whether the app is well",
        "choose another URL, such as /static/",
    ),
]


@pytest.mark.parametrize(("given", "what", "fix"), REFUSED)
def test_what_must_not_be_public_is_refused(given: dict[str, str], what: str, fix: str) -> None:
    """A folder or file that is missing, private or the whole project is refused with its path and what to do."""
    places = {
        FOLDER: PUBLIC,
        "/srv": PUBLIC,
        f"{FOLDER}/code": Place(True, folder=True, exposed="app.py"),
        f"{FOLDER}/.env": Place(True, exposed=".env"),
        f"{FOLDER}/page.html": Place(True),
    }
    (problem,) = problems_of({"static": given}, make_facts(places))
    assert (problem.what, problem.fix, problem.exit) == (what, fix, Exit.USAGE)
    assert problem.where == "static from porch.toml:1"


def test_static_files_cannot_take_the_apps_own_place() -> None:
    """A folder at the very URL that the app is mounted at would hide the app."""
    given = {"app.mount": "/api", "static": {"/api/": "files"}}
    (problem,) = problems_of(given, make_facts({f"{FOLDER}/files": PUBLIC}))
    assert problem.what == "/api/: the whole app is mounted at /api"


@pytest.mark.parametrize(
    ("value", "reason"),
    [(3600, "browsers keep a file 1h before they ask again"), (0, "browsers ask each time")],
)
def test_how_long_files_are_kept(value: int, reason: str) -> None:
    """The reason says what browsers do."""
    assert plan_of({"files.expires": value}).files.expires.reason == reason


def test_the_home_page_is_a_file() -> None:
    """A page that was named is answered with by nginx, and without one the app answers."""
    facts = make_facts({f"{FOLDER}/index.html": Place(True)})
    assert plan_of({"files.home_page": "index.html"}, facts).files.home_page.value == f"{FOLDER}/index.html"
    assert plan_of().files.home_page.reason == "the app answers /"


HOME = [
    ("none.html", f"there is no file {FOLDER}/none.html"),
    ("pages", f"there is no file {FOLDER}/pages"),
    ("app.py", f"{FOLDER}/app.py is app.py, which no visitor may read"),
]


@pytest.mark.parametrize(("name", "what"), HOME)
def test_a_home_page_that_is_none_is_refused(name: str, what: str) -> None:
    """What is missing, a folder or code is no page."""
    facts = make_facts({f"{FOLDER}/pages": PUBLIC, f"{FOLDER}/app.py": Place(True, exposed="app.py")})
    (problem,) = problems_of({"files.home_page": name}, facts)
    assert (problem.what, problem.where) == (what, "files.home_page from porch.toml:1")


DIST = {f"{FOLDER}/dist": PUBLIC, f"{FOLDER}/dist/index.html": Place(True)}


@pytest.mark.parametrize("said", ["dist", "dist/", "dist/index.html"])
def test_a_single_page_is_a_file_or_the_folder_of_its_index(said: str) -> None:
    """Either is the page in it."""
    plan = plan_of({"files.single_page": said, "app.mount": "/api"}, make_facts(DIST))
    assert plan.files.single_page.value == f"{FOLDER}/dist/index.html"


PAGES: list[tuple[dict[str, object], dict[str, Place], str]] = [
    ({"files.single_page": "dist"}, {}, "every URL is the app's, so none is left for the page"),
    ({"files.single_page": "none", "app.mount": "/a"}, {}, f"there is no page {FOLDER}/none"),
    (
        {"files.single_page": "index.html", "app.mount": "/a"},
        {f"{FOLDER}/index.html": Place(True)},
        f"{FOLDER} is public with the page, and holds the whole project; anyone could read its code and settings",
    ),
    (
        {"files.single_page": "dist", "app.mount": "/a"},
        {f"{FOLDER}/dist": Place(True, folder=True, exposed=".env")},
        f"{FOLDER}/dist is public with the page, and holds .env, which no visitor may read",
    ),
    (
        {"files.single_page": "dist/a?b.html", "app.mount": "/a"},
        {f"{FOLDER}/dist/a?b.html": Place(True)},
        '"a?b.html" is no plain name for a page',
    ),
    (
        {"files.single_page": "dist", "app.routes": "/index.html"},
        {},
        "/index.html is answered by something else",
    ),
]


@pytest.mark.parametrize(("given", "places", "what"), PAGES)
def test_a_single_page_that_cannot_be_is_refused(given: dict[str, object], places: dict[str, Place], what: str) -> None:
    """Where no URL is left for it, and where its folder must not be public."""
    (problem,) = problems_of(given, make_facts({**DIST, **places}))
    assert (problem.what, problem.exit) == (what, Exit.USAGE)


def test_the_page_for_maintenance_is_a_file() -> None:
    """It is there before anybody needs it."""
    facts = make_facts({f"{FOLDER}/away.html": Place(True), f"{FOLDER}/away": PUBLIC})
    assert plan_of({"files.maintenance": "away.html"}, facts).files.maintenance.value == f"{FOLDER}/away.html"
    for name in ("none.html", "away"):
        (problem,) = problems_of({"files.maintenance": name}, facts)
        assert problem.what == f"there is no file {FOLDER}/{name}"
        assert problem.where == "files.maintenance from porch.toml:1"


def test_a_folder_with_djangos_manifest_is_known() -> None:
    """Its names are Django's own; another folder's are told by their form."""
    places = {f"{FOLDER}/static": PUBLIC, f"{FOLDER}/static/staticfiles.json": Place(True), f"{FOLDER}/media": PUBLIC}
    found = statics_of({"/static/": "static", "/media/": "media"}, places)
    assert {each.url: each.collected for each in found} == {"/static/": True, "/media/": False}
