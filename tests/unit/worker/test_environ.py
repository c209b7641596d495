"""The WSGI wrapper, called as a server calls it."""

from __future__ import annotations

from typing import Any

import pytest

from porch.worker.porch_worker import request_id
from porch.worker.porch_worker.environ import FORGED, wrap

NGINX = {
    "HTTP_HOST": "shop.example.org:8443",
    "HTTP_X_FORWARDED_FOR": "203.0.113.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_PORT": "8443",
    "HTTP_X_REQUEST_ID": "r-1",
}


def call(mount: str = "", **environ: str) -> tuple[str, dict[str, Any]]:
    """Status, and what the app was called with."""
    seen: dict[str, Any] = {}
    statuses: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    start = {"PATH_INFO": "/a", "SCRIPT_NAME": "", "REMOTE_ADDR": "", "wsgi.url_scheme": "http", "REMOTE_PORT": "1"}
    wrap(app, mount)(start | NGINX | environ, lambda *answer: statuses.append(answer[0]))
    return statuses[0], seen


def test_client_scheme_and_port_are_those_of_the_client() -> None:
    """What nginx sent takes the place of the server's own view of the connection."""
    _, seen = call()
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"], seen["HTTPS"]) == ("203.0.113.7", "https", "on")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("shop.example.org", "8443")
    assert "REMOTE_PORT" not in seen


def test_plain_http_leaves_no_https_behind() -> None:
    """A variable HTTPS of the server's process does not make a plain request secure."""
    _, seen = call(HTTP_X_FORWARDED_PROTO="http", HTTPS="on")
    assert seen["wsgi.url_scheme"] == "http"
    assert "HTTPS" not in seen


@pytest.mark.parametrize(
    ("host", "name"),
    [("a.org", "a.org"), ("a.org:80", "a.org"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a.org:", "a.org:")],
)
def test_server_name_is_the_host_without_its_port(host: str, name: str) -> None:
    """An IPv6 address keeps its colons."""
    assert call(HTTP_HOST=host)[1]["SERVER_NAME"] == name


@pytest.mark.parametrize(
    ("path", "status", "rest"),
    [
        ("/api/items", "200 OK", "/items"),
        ("/api/", "200 OK", "/"),
        ("/api", "200 OK", ""),
        ("/apis", "404 Not Found", None),
        ("/", "404 Not Found", None),
    ],
)
def test_mount_moves_from_path_to_script_name(path: str, status: str, rest: str | None) -> None:
    """The app has the rest of the path; what is outside never reaches it."""
    found, seen = call("/api", PATH_INFO=path)
    assert (found, seen.get("PATH_INFO")) == (status, rest)
    assert seen.get("SCRIPT_NAME") == (None if rest is None else "/api")


def test_an_app_without_a_mount_has_an_empty_script_name() -> None:
    """uWSGI leaves the variable out, and apps such as WsgiDAV read it unasked."""
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        del start_response
        seen.update(environ)
        return []

    wrap(app, "")({"PATH_INFO": "/a"}, lambda *_: None)
    assert seen["SCRIPT_NAME"] == ""


@pytest.mark.parametrize("name", sorted(FORGED))
def test_what_nobody_vouches_for_is_left_out(name: str) -> None:
    """Variables that frameworks would believe are not there."""
    assert name not in call(**{name: "forged"})[1]


@pytest.mark.parametrize("mount", ["", "/api"])
def test_ready_never_reaches_the_app(mount: str) -> None:
    """The worker answers by itself, whatever the mount."""
    status, seen = call(mount, PATH_INFO="/-/porch/ready")
    assert (status, seen) == ("200 OK", {})


def test_request_id_is_known_while_the_app_answers() -> None:
    """The id of the request in work can be read anywhere in the app."""
    found: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        found.append(request_id.get())
        return []

    wrap(app, "")({"PATH_INFO": "/", "HTTP_X_REQUEST_ID": "r-9"}, lambda *_: None)
    assert found == ["r-9"]
