"""What the app sees of its client, on every server, and what it writes.

Rule: one echo app for each interface, mounted under /api behind one trusted proxy, 127.0.0.2; the client at 127.0.0.1
is a stranger whose headers about itself must not count.
"""

from __future__ import annotations

import os
import re
import socket
from typing import Any

import kinds
import pytest
from story import MakeProject, Site

FORGED = "6.6.6.6"
FORGERY = {
    "X-Forwarded-For": FORGED,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Scheme": "https",
    "X-Forwarded-Protocol": "https",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded-Host": "forged.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/forged",
    "X-Forwarded-Server": "forged.example",
    "X-Real-IP": FORGED,
    "X-Client-IP": FORGED,
    "True-Client-IP": FORGED,
    "CF-Connecting-IP": FORGED,
    "X-Url-Scheme": "https",
    "Front-End-Https": "on",
    "X-Original-URL": "/forged",
    "X-Rewrite-URL": "/forged",
    "Forwarded": f"for={FORGED};proto=https;host=forged.example",
    "Proxy": "http://forged.example",
    "X-Request-ID": "forged",
}
UNDERSCORES = {name.replace("-", "_"): value for name, value in FORGERY.items() if "-" in name} | {
    "SCRIPT_NAME": "/forged",
    "REMOTE_USER": "forged",
    "REMOTE_ADDR": FORGED,
    "PATH_INFO": "/forged",
}
CGI_NAMES = {"Script-Name": "/forged", "Remote-User": "forged", "Remote-Addr": FORGED, "Path-Info": "/forged"}
REQUEST_ID = r"[0-9a-f]{32}"


@pytest.fixture(scope="module", params=kinds.every(), ids=kinds.names())
def echo(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """The echo app on one server."""
    interface, words = request.param
    mounted = ("--mount", "/api", "--trust", "127.0.0.2/32", "--workers", "1")
    return shared_project(f"echo_{interface}").run("app:app", *words, *mounted)


def _seen(site: Site, **question: Any) -> dict[str, Any]:
    answer = site.get("/api/some/path", **question)
    assert answer.status == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_client_scheme_host_and_prefix_are_the_clients(echo: Site) -> None:
    """The app sees the client as it is, and the prefix apart from the path where its interface has a place for it."""
    seen = _seen(echo)
    assert seen["remote"] == "127.0.0.1"
    assert seen["scheme"] == "http"
    assert seen["host"] == f"127.0.0.1:{echo.port}"
    apart = "prefix" in seen
    assert seen["path"] == ("/some/path" if apart else "/api/some/path")
    assert seen.get("prefix", "/api") == "/api"


def test_a_client_that_writes_no_port_came_by_the_schemes_own(echo: Site) -> None:
    """Through a published port, `-p 80:8080`: the app must not lead to a port that nobody listens on."""
    seen = _seen(echo, headers={"Host": "shop.test"})
    assert seen["host"] == "shop.test"
    told = {name.lower(): value for name, value in seen["headers"].items()}
    assert told["x-forwarded-port"] == "80"
    assert _seen(echo, headers={"Host": f"shop.test:{echo.port}"})["host"] == f"shop.test:{echo.port}"


def test_a_host_that_is_not_named_is_this_machine(echo: Site) -> None:
    """A client of HTTP/1.0, as old health checks are, need not name one; the app is told one that it can read."""
    seen = echo.raw(b"GET /api/some/path HTTP/1.0\r\n\r\n").json()
    assert seen["host"].partition(":")[0] == socket.gethostname().lower()


def test_each_request_has_an_id_of_its_own(echo: Site) -> None:
    """X-Request-ID is made by nginx, and is another for each request."""
    first, second = _seen(echo)["request_id"], _seen(echo)["request_id"]
    assert re.fullmatch(REQUEST_ID, first)
    assert re.fullmatch(REQUEST_ID, second)
    assert first != second


@pytest.mark.parametrize("forgery", [FORGERY, UNDERSCORES, CGI_NAMES], ids=["headers", "underscores", "cgi-names"])
def test_forged_headers_do_not_win(echo: Site, forgery: dict[str, str]) -> None:
    """Nothing that a stranger says of itself changes client, scheme, host, port, prefix, path, user or request id."""
    seen = _seen(echo, headers=forgery)
    honest = _seen(echo)
    for name in ("remote", "scheme", "host", "port", "prefix", "path", "user"):
        assert seen.get(name) == honest.get(name), name
    assert re.fullmatch(REQUEST_ID, seen["request_id"])


def test_forged_headers_do_not_arrive(echo: Site) -> None:
    """An app, or its middleware, that reads a forwarding header by itself finds nothing forged in it."""
    for forgery in (FORGERY, UNDERSCORES):
        headers = _seen(echo, headers=forgery)["headers"]
        wrong = {name: value for name, value in headers.items() if "forged" in value or FORGED in value}
        assert wrong == {}
        assert headers.get("x-forwarded-ssl", "") != "on"
        assert headers.get("front-end-https", "") != "on"
        assert headers.get("x-url-scheme", "") != "https"
        assert headers.get("x-forwarded-proto", "http") == "http"


def test_trusted_proxy_tells_the_client(echo: Site) -> None:
    """The named proxy is believed on client and scheme; the client in front of it cannot put words before it."""
    told = {"X-Forwarded-For": f"{FORGED}, 203.0.113.9", "X-Forwarded-Proto": "https"}
    seen = _seen(echo, headers=told, by="127.0.0.2")
    assert (seen["remote"], seen["scheme"]) == ("203.0.113.9", "https")


def test_trusted_proxy_cannot_invent_a_scheme(echo: Site) -> None:
    """Anything but http and https in X-Forwarded-Proto is taken for what the connection is."""
    assert _seen(echo, headers={"X-Forwarded-Proto": "gopher"}, by="127.0.0.2")["scheme"] == "http"


def test_body_arrives_whole(echo: Site) -> None:
    """A body larger than nginx keeps in memory reaches the app, with a length and in chunks."""
    assert echo.post("/api/body", bytes(1_000_000)).text == "1000000"
    chunked = b"POST /api/body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert echo.raw(chunked + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").text == "11"


def test_what_the_app_writes_is_on_stdout_at_once(echo: Site) -> None:
    """A print and a logging record of the app reach porch's standard output while it runs."""
    assert echo.get("/api/say?word=hello").text == "said"
    echo.stdout.wait_for("print says hello")
    echo.stdout.wait_for("logging says hello")
    assert echo.running


def test_access_line_is_combined(echo: Site) -> None:
    """Each request is one line of Apache's combined format on standard output, query and agent included."""
    echo.get("/api/seen?by=log", {"User-Agent": "agent 1", "Referer": "http://before.example/"})
    line = r'127\.0\.0\.1 - - \[[^\]]+\] "GET /api/seen\?by=log HTTP/1\.1" 200 \d+ "http://before.example/" "agent 1"'
    assert len(echo.stdout.wait_for(line)) == 1


def test_traceback_of_the_app_is_on_stdout(echo: Site) -> None:
    """A request on which the app raises is answered 500, its traceback is in the log, and the next is answered."""
    assert echo.get("/api/raise").status == 500
    echo.stdout.wait_for("RuntimeError: raised on purpose")
    assert echo.get("/api/").status == 200


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_app_is_not_root(echo: Site) -> None:
    """Started by root, the app is not."""
    assert _seen(echo)["uid"] != 0


def test_outside_the_prefix_nothing_answers(echo: Site) -> None:
    """Only the prefix, as a whole path segment, belongs to the app."""
    assert echo.get("/other").status == 404
    assert echo.get("/apiary").status == 404
