"""What runs inside the app server's process, around the user's app.

Rule: standard library only, relative imports only, Python 3.10 and newer: it runs in the app's own interpreter, and
is copied as it stands beside rendered files. It keeps the promise that an app sees the client as the client was,
whichever server runs it; nginx has overwritten every header that is read here, so a client cannot forge one.
"""

from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id that nginx gave to the request in work; every log record has it as `record.request_id`."""

READY = "/-/porch/ready"
"""Answered here, whatever the mount: it says that this worker has loaded the app and takes requests."""

READY_BODY = b'{"status":"ready"}'

OUTSIDE_BODY = b"Not found: this app is mounted under another path.\n"

FAILED_BODY = b"Internal Server Error\n"


def listed(message: "dict[str, Any]") -> "dict[str, Any]":
    """The start of an ASGI answer, its headers a list: the standard allows what can be read only once."""
    told = message.get("headers", ())
    return message if isinstance(told, list) else {**message, "headers": list(told)}


def length_in(headers: Iterable[Any], name: Any) -> "int | None":
    """Bytes of a body, if its headers tell; the name is `content-length`, as text or bytes."""
    for each, value in headers:
        if each.lower() == name:
            with suppress(ValueError):
                return int(value)
    return None
