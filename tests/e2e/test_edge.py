"""What nginx adds, refuses and says by itself, asked of a running site.

Rule: each answer is judged whole: status, headers that must stand once, and what must not be told.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from asking import Answer
from story import MakeProject, Site
from waiting import until

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
WORDS = ("app:app", "--server", "granian", "--workers", "1", "--path", "/wait timeout=1s body=20M")


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """A site without any other setting."""
    return shared_project("edge_wsgi").run(*WORDS, "--static", "/static/=static", "--log-format", "json")


def has_each_once(answer: Answer) -> bool:
    """Whether every security header stands once, and nothing tells what runs here."""
    assert answer.header("Server") == "nginx"
    assert answer.all("X-Powered-By") == []
    return {name: answer.header(name) for name in SECURITY} == SECURITY


ASKED: list[tuple[str, str, int]] = [
    ("GET", "/", 200),
    ("GET", "/-/porch/live", 200),
    ("GET", "/-/porch/ready", 200),
    ("GET", "/static/site.css", 200),
    ("GET", "/static/none", 404),
    ("GET", "/static/.git/config", 404),
    ("GET", "/.env", 404),
    ("GET", "/-/porch/error.html", 404),
    ("POST", "/static/site.css", 405),
    ("GET", "/" + "a" * 9000, 414),
    ("GET", "/status/301", 301),
    ("GET", "/status/404", 404),
    ("GET", "/status/500", 500),
    ("GET", "/status/503", 503),
]


@pytest.mark.parametrize(("method", "path", "status"), ASKED, ids=lambda each: str(each)[:24])
def test_security_headers_stand_once_on_every_answer(site: Site, method: str, path: str, status: int) -> None:
    """Whoever answers, and whatever the status, each header stands once and no version is told."""
    answer = site.get(path) if method == "GET" else site.post(path)
    assert (answer.status, has_each_once(answer)) == (status, True)


def test_the_apps_own_headers_win(site: Site) -> None:
    """What the app says is not changed and not said twice."""
    answer = site.get("/own")
    assert [answer.header(name) for name in SECURITY] == ["own", "ALLOW", "own"]
    assert answer.header("Server") == "nginx"


def page(answer: Answer, status: int, retry: str) -> None:
    """Judge a page for people."""
    assert (answer.status, answer.header("Content-Type"), answer.header("Retry-After")) == (status, "text/html", retry)
    assert has_each_once(answer)
    assert answer.text.startswith("<!doctype html>")
    assert f"<h1>{status} " in answer.text
    assert answer.header("X-Request-ID") in answer.text
    assert "nginx" not in answer.text
    assert "porch" not in answer.text


def test_a_request_that_takes_too_long_has_a_page(site: Site) -> None:
    """504, when to come again, and the id that is in the log."""
    page(site.get("/wait?gate=never"), 504, "5")


def test_the_page_comes_after_a_body_of_any_size(site: Site) -> None:
    """One that its path allows, and that is larger than what is allowed elsewhere."""
    page(site.post("/wait?gate=never", b"x" * 11_000_000), 504, "5")
    (site.project.folder / "never").touch()


def test_a_worker_that_dies_has_a_page(site: Site) -> None:
    """502: the app took the request and broke off."""
    page(site.post("/die"), 502, "5")


def refused(site: Site, accept: str) -> Answer | None:
    """The answer when no connection was taken; None while nginx has one to the app that it keeps for a second."""
    answer = site.post("/", headers={"Accept": accept})
    return answer if answer.status == 503 else None


def test_an_app_that_takes_no_connection_has_a_page(site: Site) -> None:
    """503: the app is away, and soon back."""
    link = site.project.run_folder / "app.sock"
    away = link.with_name("app.away")
    link.rename(away)
    try:
        page(until(lambda: refused(site, "text/html"), "the kept connections are gone"), 503, "5")
        told = until(lambda: refused(site, "application/json"), "the kept connections are gone")
    finally:
        away.rename(link)
    assert (told.status, told.header("Content-Type"), told.header("Retry-After")) == (503, "application/json", "5")
    assert told.json() == {
        "status": 503,
        "error": "Service Unavailable",
        "detail": "This site is not available at the moment. Please try again soon.",
        "request_id": told.header("X-Request-ID"),
    }
    until(lambda: site.get("/").status == 200, "the app is there again")


ACCEPTS = [
    ("", "text/html"),
    ("*/*", "text/html"),
    ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
    ("application/json", "application/json"),
    ("application/problem+json, */*", "application/json"),
    ("application/json, text/html;q=0.1", "text/html"),
]


@pytest.mark.parametrize(("accept", "kind"), ACCEPTS)
def test_a_page_is_of_the_kind_that_is_accepted(site: Site, accept: str, kind: str) -> None:
    """JSON is for who asks for it and for no page."""
    assert site.get("/static/none", {"Accept": accept}).header("Content-Type") == kind


UNREADABLE: list[tuple[str, bytes, int]] = [
    ("no request", b"HELLO\r\n\r\n", 400),
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("a long header", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400),
    ("many headers", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 101 + b"\r\n", 400),
    ("an unknown encoding", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 501),
    ("another version", b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    ("a large body", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
]


@pytest.mark.parametrize(
    ("request_", "status"), [each[1:] for each in UNREADABLE], ids=[each[0] for each in UNREADABLE]
)
def test_what_cannot_be_read_has_a_page_too(site: Site, request_: bytes, status: int) -> None:
    """Even where there is no path, the answer is a small page, and the connection ends."""
    answer = site.raw(request_)
    page(answer, status, "")
    assert answer.header("Connection") == "close"


def test_the_apps_own_errors_are_not_replaced(site: Site) -> None:
    """A 503 of the app has the app's body, and no word of when to come again but its own."""
    answer = site.get("/status/503")
    assert (answer.text, answer.all("Retry-After")) == ("ok", [])


def test_text_is_compressed_where_no_tls_is_in_use(site: Site, project: MakeProject) -> None:
    """The app's answers and files; behind a trusted proxy, which may speak TLS, only files."""
    takes = {"Accept-Encoding": "gzip"}
    behind = project("edge_wsgi").run(*WORDS, "--static", "/static/=static", "--trust", "127.0.0.2/32")
    told = [
        each.get(path, takes).header("Content-Encoding")
        for each in (site, behind)
        for path in ("/large", "/static/site.css")
    ]
    assert told == ["gzip", "gzip", "", "gzip"]
    assert site.get("/large").header("Content-Encoding") == ""


def test_a_line_of_the_log_is_short_and_tells_the_peer(project: MakeProject) -> None:
    """Long values are cut, the method is the client's even for an error page, and client and peer are told apart."""
    site = project("edge_wsgi").run(
        *WORDS, "--trust", "127.0.0.2/32", "--log-format", "json", "--static", "/static/=static"
    )
    long = {"X-Forwarded-For": "198.51.100.7", "User-Agent": '"' * 4000, "Referer": "\\" * 4000}
    assert site.get("/?" + "a" * 7000, long, by="127.0.0.2").status == 200
    assert site.post("/static/none").status == 404

    def lines() -> list[tuple[str, dict[str, Any]]]:
        told = [(line, json.loads(line)) for line in site.stdout.text.splitlines()]
        return [each for each in told if each[1].get("source") == "access"]

    until(lambda: len(lines()) == 2, "both requests are in the log")
    # Each worker of nginx writes its line when the answer has left.
    (first, seen), (_, error) = sorted(lines(), key=lambda each: each[1]["status"])
    assert len(first.encode()) < 4096
    assert (seen["client"], seen["peer"]) == ("198.51.100.7", "127.0.0.2")
    assert [len(seen[name]) for name in ("uri", "user_agent", "referer")] == [1003, 303, 303]
    assert (error["method"], error["uri"], error["status"]) == ("POST", "/static/none", 404)


HOSTS: list[tuple[str, bytes, int]] = [
    ("a name of the site", b"GET /host HTTP/1.1\r\nHost: shop.example.org\r\n", 200),
    ("in capitals", b"GET /host HTTP/1.1\r\nHost: SHOP.example.org\r\n", 200),
    ("with a dot", b"GET /host HTTP/1.1\r\nHost: shop.example.org.\r\n", 200),
    ("with a port", b"GET /host HTTP/1.1\r\nHost: shop.example.org:99\r\n", 200),
    ("in the request line", b"GET http://shop.example.org/host HTTP/1.1\r\nHost: evil.example\r\n", 200),
    ("another", b"GET /host HTTP/1.1\r\nHost: evil.example\r\n", 421),
    ("another in the request line", b"GET http://evil.example/host HTTP/1.1\r\nHost: shop.example.org\r\n", 421),
    ("below", b"GET /host HTTP/1.1\r\nHost: a.shop.example.org\r\n", 421),
    ("an address", b"GET /host HTTP/1.1\r\nHost: 127.0.0.1\r\n", 421),
    ("empty", b"GET /host HTTP/1.1\r\nHost:\r\n", 400),
    ("none, in HTTP/1.0", b"GET /host HTTP/1.0\r\n", 421),
    ("with a user", b"GET /host HTTP/1.1\r\nHost: shop.example.org@evil.example\r\n", 421),
    ("with a space", b"GET /host HTTP/1.1\r\nHost: shop.example.org evil.example\r\n", 400),
    ("with a path", b"GET /host HTTP/1.1\r\nHost: shop.example.org/x\r\n", 400),
    ("twice", b"GET /host HTTP/1.1\r\nHost: shop.example.org\r\nHost: evil.example\r\n", 400),
    (
        "and another forwarded",
        b"GET /host HTTP/1.1\r\nHost: shop.example.org\r\nX-Forwarded-Host: evil.example\r\n",
        200,
    ),
]


@pytest.fixture(scope="module")
def named(shared_project: MakeProject) -> Site:
    """A site that knows its name, with limits for each client and each path."""
    return shared_project("edge_wsgi").run(
        *("app:app", "--server", "granian", "--workers", "1", "--threads", "8", "--domain", "shop.example.org"),
        *("--trust", "127.0.0.2/32", "--limits-rate", "300/m", "--limits-connections", "2", "--limits-body", "1K"),
        *("--limits-request-timeout", "5", "--path", "/body body=5K", "--path", "/wait timeout=40s"),
        *("--path", "/own rate=2/m", "--path", "/large rate=off"),
    )


@pytest.mark.parametrize(("head", "status"), [each[1:] for each in HOSTS], ids=[each[0] for each in HOSTS])
def test_only_the_sites_own_names_are_answered(named: Site, head: bytes, status: int) -> None:
    """Any other host is 421, whatever way it is said, and the app never sees it."""
    answer = named.raw(head + b"Connection: close\r\n\r\n")
    assert answer.status == status
    if status == 200:
        assert answer.text.split(":")[0] == "shop.example.org"
    else:
        assert has_each_once(answer)


def knock(site: Site, path: str, client: str, times: int) -> list[int]:
    """The statuses that a client behind the trusted proxy gets for so many requests, one after another."""
    headers = {"Host": "shop.example.org", "X-Forwarded-For": client}
    return [site.get(path, headers, by="127.0.0.2").status for _ in range(times)]


def test_a_path_has_its_own_rate(named: Site) -> None:
    """Two in a minute pass, the third is told when to come again; a network of IPv6 is one client."""
    assert knock(named, "/own", "198.51.100.1", 3) == [200, 200, 429]
    assert knock(named, "/own", "198.51.100.2", 1) == [200]
    assert knock(named, "/own", "2001:db8:0:1::1", 1) == [200]
    assert knock(named, "/own", "2001:db8:0:1:ffff::2", 2) == [200, 429]
    assert knock(named, "/own", "2001:db8:0:2::1", 1) == [200]
    headers = {"Host": "shop.example.org", "X-Forwarded-For": "198.51.100.1"}
    refused = named.get("/own", headers, by="127.0.0.2")
    page(refused, 429, "30")


def test_the_rate_of_the_app_holds_elsewhere(named: Site) -> None:
    """300 a minute may come at once and no more; a path without a rate has none, and no client can pass for another."""
    began = time.monotonic()
    together = knock(named, "/", "198.51.100.3", 300)
    assert set(together) == {200}
    # Five more are allowed with each second that the requests took.
    while together[-1] == 200 and len(together) < 3000:
        together += knock(named, "/", "198.51.100.3", 1)
    assert together[-1] == 429
    assert len(together) <= 303 + 5 * (time.monotonic() - began)
    assert set(knock(named, "/large", "198.51.100.3", 10)) == {200}
    assert named.get("/", {"Host": "shop.example.org", "X-Forwarded-For": "198.51.100.3"}).status == 200


def test_a_client_has_so_many_requests_in_work_and_no_more(named: Site) -> None:
    """The third is refused while two are in work, and another client's is not."""
    headers: Mapping[str, str] = {"Host": "shop.example.org"}
    heard: list[int] = []
    gates = ("one", "two")
    # Nobody else asks from there: the last request of another test may count for a moment longer.
    client = "127.0.0.4"

    def wait(gate: str) -> None:
        heard.append(named.get(f"/wait?gate={gate}", headers, by=client).status)

    waiting = [threading.Thread(target=wait, args=(gate,)) for gate in gates]
    for each in waiting:
        each.start()
    folder = named.project.folder
    until(lambda: all((folder / f"{gate}.begun").exists() for gate in gates), "both are in work")
    refused = named.get("/", headers, by=client)
    other = named.get("/", headers, by="127.0.0.3")
    for gate in gates:
        (folder / gate).touch()
    for each in waiting:
        each.join(30)
    assert (refused.status, other.status, heard) == (429, 200, [200, 200])
    page(refused, 429, "30")


def test_a_path_has_its_own_body_and_time(named: Site) -> None:
    """A larger body is taken there alone."""
    host = {"Host": "shop.example.org"}
    assert named.post("/body", b"x" * 5000, host).text == "5000"
    assert [named.post("/body", b"x" * 6000, host).status, named.post("/", b"x" * 2000, host).status] == [413, 413]


def test_a_client_that_is_too_slow_holds_no_connection(project: MakeProject) -> None:
    """Headers that do not come, and a body that stops, end the connection after the time that was set."""
    site = project("edge_wsgi").run(*WORDS, "--limits-header-timeout", "1", "--limits-body-timeout", "1")
    for begun in (b"GET / HT", b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"):
        with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
            connection.sendall(begun)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1000) == b""
