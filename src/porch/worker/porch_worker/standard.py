"""What PEP 3333 promises to a WSGI app and its server does not keep, mended around the app.

Rule: one function for a server and a matter, each with what was seen (granian 2.8.7, uWSGI 2.0.30); gunicorn needs
none of it and pays for none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Any, cast
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


def begins() -> bool:
    """Whether the first part of an answer is to be made before the answer is given.

    granian sends the status that is there when the app returns, and takes an end by an error for the end. uWSGI closes
    the connection when the app raises, and nginx asks again. Neither lets an error page take the place of an answer.
    """
    return "granian" in sys.modules or "uwsgi" in sys.modules


def environ() -> Callable[[Environ], None] | None:
    """What is done to each request's environ; None where nothing is."""
    return _of_granian if "granian" in sys.modules else _of_uwsgi if "uwsgi" in sys.modules else None


def headers() -> Callable[[Headers], Headers] | None:
    """What is done to each answer's headers; None where nothing is."""
    return _for_granian if "granian" in sys.modules else _for_uwsgi if "uwsgi" in sys.modules else None


def _of_granian(environ: Environ) -> None:
    # Of a body that is read by lines it gives the first line, and then the end.
    if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
        environ["wsgi.input"] = BufferedReader(cast("RawIOBase", _Body(environ["wsgi.input"])))
    # It says no; there are other workers, and at a reload another generation.
    environ["wsgi.multiprocess"] = True


def _of_uwsgi(environ: Environ) -> None:
    # It sends such a file from its first byte, wherever the app had set it to.
    environ.pop("wsgi.file_wrapper", None)
    # nginx tells it the path with slashes merged and dots resolved; the other servers see what the client wrote.
    path: str = environ.get("REQUEST_URI", "").partition("?")[0]
    if path.startswith("/"):
        environ["PATH_INFO"] = unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path


def _for_granian(headers: Headers) -> Headers:
    """It sends text as UTF-8; the standard has one byte for each character, which is how apps say UTF-8 themselves."""
    for _, value in headers:
        if not value.isascii():
            return [(name, _as_meant(value)) for name, value in headers]
    return headers


def _as_meant(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _for_uwsgi(headers: Headers) -> Headers:
    """It sends a line break within a value, and so a header of whoever wrote the value."""
    for name, value in headers:
        if "\n" in value or "\r" in value:
            raise ValueError(f"the header {name} has a line break in its value")
    return headers


class _Body(RawIOBase):
    """The body as granian reads it well: in whole, or so many bytes."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, room: Any) -> int:
        """So many bytes at most."""
        data = self._body.read(len(room))
        room[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """The rest of it."""
        return bytes(self._body.read())
