"""Wraps a WSGI app, so that it sees the client as nginx saw it.

Rule: cheap, for it is on the path of every request; each value is overwritten, so that none of them can be forged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import OUTSIDE_BODY, READY, READY_BODY, request_id, standard

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


def wrap(app: App, mount: str) -> App:
    """The app under its mount, with the client, scheme, host and port as the client used them."""
    below = mount + "/"
    remember = request_id.set
    mend = standard.environ()

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if mend:
            mend(environ)
        environ.pop("wsgi.early_hints", None)  # nginx before 1.29 takes a 103 for the answer, and the client waits
        get = environ.get
        path: str = get("PATH_INFO", "")
        if path.startswith(READY):
            return answer(start_response, "200 OK", "application/json", READY_BODY)
        environ.setdefault("SCRIPT_NAME", "")  # uWSGI leaves out what is empty, as PEP 3333 allows; apps expect it
        if mount:
            if not path.startswith(below) and path != mount:
                return answer(start_response, "404 Not Found", "text/plain; charset=utf-8", OUTSIDE_BODY)
            environ["SCRIPT_NAME"] = mount
            environ["PATH_INFO"] = path.removeprefix(mount)
        if not environ.keys().isdisjoint(FORGED):
            for name in FORGED & environ.keys():
                del environ[name]
        remember(get("HTTP_X_REQUEST_ID", ""))
        _tell(environ)
        return app(environ, start_response)

    return application


def _tell(environ: Environ) -> None:
    """Who the client is, and how it came, as nginx tells it."""
    get = environ.get
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


def answer(start_response: StartResponse, status: str, kind: str, body: bytes) -> Iterable[bytes]:
    """An answer of porch's own."""
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
