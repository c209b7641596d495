"""Wraps a WSGI app, so that it sees the client as nginx saw it.

Rule: cheap, for it is on the path of every request; each value is overwritten, so that none of them can be forged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import FAILED_BODY, OUTSIDE_BODY, READY, READY_BODY, request_id
from .failure import trimmed

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

FORGED = frozenset(
    (
        "HTTP_FORWARDED",
        "HTTP_PROXY",
        "HTTP_REMOTE_USER",
        "HTTP_SCRIPT_NAME",
        "HTTP_X_FORWARDED_PREFIX",
        "HTTP_X_FORWARDED_SCHEME",
        "HTTP_X_FORWARDED_SSL",
        "HTTP_X_SCRIPT_NAME",
        "REMOTE_PORT",
        "REMOTE_USER",
    )
)
"""Left out: frameworks and middleware would believe them, and nobody vouches for them."""

TELLING = ("content-length", "x-accel-buffering")
"""With the first, an answer is whole or a file; with the second, the app has decided for itself."""


def wrap(app: App, mount: str) -> App:
    """The app under its mount, with the client, scheme, host and port as the client used them."""
    below = mount + "/"
    cut = len(mount)
    remember = request_id.set

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        get = environ.get
        path: str = get("PATH_INFO", "")
        if path.startswith(READY):
            return _answer(start_response, "200 OK", "application/json", READY_BODY)
        if mount:
            if not path.startswith(below) and path != mount:
                return _answer(start_response, "404 Not Found", "text/plain; charset=utf-8", OUTSIDE_BODY)
            environ["SCRIPT_NAME"] = mount
            environ["PATH_INFO"] = path[cut:]
        if not environ.keys().isdisjoint(FORGED):
            for name in FORGED & environ.keys():
                del environ[name]
        remember(get("HTTP_X_REQUEST_ID", ""))
        if (address := get("HTTP_X_FORWARDED_FOR")) is not None:
            environ["REMOTE_ADDR"] = address
        scheme = get("HTTP_X_FORWARDED_PROTO")
        if scheme == "https":
            environ["wsgi.url_scheme"] = scheme
            environ["HTTPS"] = "on"
        elif scheme is not None:
            environ["wsgi.url_scheme"] = "http"
            environ.pop("HTTPS", None)
        if (port := get("HTTP_X_FORWARDED_PORT")) is not None:
            environ["SERVER_PORT"] = port
        host: str = get("HTTP_HOST", "")
        if host:
            # an address of IPv6 has colons of its own, and stands in brackets
            name, colon, digits = host.rpartition(":")
            environ["SERVER_NAME"] = name if colon and digits.isdigit() else host
        return app(environ, flowing(start_response))

    return application


def flowing(start_response: StartResponse) -> StartResponse:
    """Ask nginx to hand an answer on as it comes, where its length is not told: it is made bit by bit."""

    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
        for name, _ in headers:
            if name.lower() in TELLING:
                return start_response(status, headers, *failure)
        return start_response(status, [*headers, ("X-Accel-Buffering", "no")], *failure)

    return start


def answering(app: App) -> App:
    """The app, with a plain 500 for what it raises: uWSGI would close the connection, and nginx would ask again."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except Exception as error:
            sys.stderr.write(trimmed(error))
            # Without exc_info, which the standard asks for here: given it, uWSGI sends no body (measured, 2.0.30).
            return _answer(start_response, "500 Internal Server Error", "text/plain; charset=utf-8", FAILED_BODY)

    return application


def _answer(start_response: StartResponse, status: str, kind: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
