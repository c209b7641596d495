"""What PEP 3333 promises to a WSGI app and its server does not keep, mended around the app.

Rule: one function for a server and a matter, each with what was seen (granian 2.8.7, uWSGI 2.0.30); gunicorn needs
none of it and pays for none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO, RawIOBase
from posixpath import normpath
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


def begins() -> bool:
    """Whether the first part of an answer is to be made before the answer is given.

    granian sends the status that is there when the app returns, and takes an end by an error for the end. uWSGI closes
    the connection when the app raises, and nginx asks again. Neither lets an error page take the place of an answer.
    """
    return _mends() is not None


def environ() -> Callable[[Environ], None] | None:
    """What is done to each request's environ; None where nothing is."""
    mends = _mends()
    return mends and mends.environ


def headers() -> Callable[[str, Headers], Headers] | None:
    """What is done to each answer's headers, given its status; None where nothing is."""
    mends = _mends()
    return mends and mends.headers


def _of_granian(environ: Environ) -> None:
    # Of a body that is read by lines it gives the first line, and then the end; a size of -1 it does not know.
    body = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
    environ["wsgi.input"] = _Body(environ["wsgi.input"]) if body else BytesIO()
    # It says no; there are other workers, and at a reload another generation.
    environ["wsgi.multiprocess"] = True


def _of_uwsgi(environ: Environ) -> None:
    # It sends such a file from its first byte, wherever the app had set it to.
    environ.pop("wsgi.file_wrapper", None)
    # nginx tells it the path with slashes merged and dots resolved; the other servers see what the client wrote.
    asked: str = environ.get("REQUEST_URI", "").partition("?")[0]
    path: str = environ.get("PATH_INFO", "")
    if asked != path:
        asked = unquote_to_bytes(asked.encode("latin-1")).decode("latin-1")
        # Where it is another, nginx had a reason: an app that answered with X-Accel-Redirect, say.
        if _resolved(asked) == path:
            environ["PATH_INFO"] = asked


def _resolved(path: str) -> str:
    """As nginx resolves it."""
    last = "/" if path.endswith(("/", "/.", "/..")) else ""
    return f"/{normpath(path).lstrip('/')}{last}".replace("//", "/")


def _for_granian(_status: str, headers: Headers) -> Headers:
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


def _for_uwsgi(status: str, headers: Headers) -> Headers:
    """It sends a line break, and so a header of whoever wrote it."""
    for name, value in (("status", status), *headers):
        if "\n" in value or "\r" in value or "\n" in name or "\r" in name:
            raise ValueError(f"a line break in what is sent as {name!r}")
    return headers


class _Body:
    """The body: in whole and by size as granian reads it, without waiting for more; by lines through a buffer."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._lines: BufferedReader | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes at most; all that is left without a number."""
        if self._lines is not None:
            return self._lines.read(size)
        return bytes(self._body.read() if size is None or size < 0 else self._body.read(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        """One line, or so many bytes of it."""
        return self._by_lines().readline(size)

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        """All lines that are left."""
        return self._by_lines().readlines(hint)

    def __iter__(self) -> Iterator[bytes]:
        return self._by_lines()

    def _by_lines(self) -> BufferedReader:
        if self._lines is None:
            self._lines = BufferedReader(Raw(self._body))
        return self._lines


class Raw(RawIOBase):
    """What a buffer reads from: one body, or what was read of it and then the rest."""

    def __init__(self, *sources: Any) -> None:
        self._sources = sources

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, room: Any) -> int:
        """So many bytes at most."""
        for source in self._sources:
            if data := source.read(len(room)):
                room[: len(data)] = data
                return len(data)
        return 0


class _Mends(NamedTuple):
    """What is done on one server."""

    environ: Callable[[Environ], None]
    headers: Callable[[str, Headers], Headers]


_BY_SERVER = {"granian": _Mends(_of_granian, _for_granian), "uwsgi": _Mends(_of_uwsgi, _for_uwsgi)}
"""By the module that its workers have loaded."""


def _mends() -> _Mends | None:
    return next((mends for server, mends in _BY_SERVER.items() if server in sys.modules), None)
