"""What PEP 3333 promises and a server does not keep."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from porch.worker.porch_worker import standard


@pytest.fixture
def under(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The worker of that server."""
    return lambda server: monkeypatch.setitem(sys.modules, server, standard)


def test_gunicorn_needs_nothing() -> None:
    """And pays nothing."""
    assert (standard.begins(), standard.environ(), standard.headers()) == (False, None, None)


class Granians:
    """A body as granian gives it: lines end after the first."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int | None = None) -> bytes:
        """It knows no negative size."""
        if size is not None and size < 0:
            raise OverflowError(size)
        return self._data.read(size)


def environ(under: Any, server: str, **told: Any) -> dict[str, Any]:
    """What the app sees of these on that server."""
    under(server)
    mend = standard.environ()
    assert mend is not None
    mend(told)
    return told


def test_a_body_on_granian_has_lines(under: Any) -> None:
    """All of them, and `read` takes every size."""
    seen = environ(under, "granian", CONTENT_LENGTH="9", **{"wsgi.input": Granians(b"one\ntwo\n3")})["wsgi.input"]
    assert (seen.readline(), seen.read(1), list(seen), seen.read()) == (b"one\n", b"t", [b"wo\n", b"3"], b"")
    whole = environ(under, "granian", HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": Granians(b"one\ntwo")})
    assert whole["wsgi.input"].read(-1) == b"one\ntwo"


def test_a_part_of_a_body_is_read_when_it_is_there(under: Any) -> None:
    """While a client still sends the rest: nothing but lines is buffered."""
    body = Granians(b"0123456789")
    seen = environ(under, "granian", CONTENT_LENGTH="10", **{"wsgi.input": body})["wsgi.input"]
    assert (seen.read(4), body.read(2)) == (b"0123", b"45")
    assert (seen.readline(2), seen.read(1), seen.read()) == (b"67", b"8", b"9")


def test_without_a_body_there_is_nothing_to_read(under: Any) -> None:
    """In no way, and without a fault."""
    seen = environ(under, "granian", **{"wsgi.input": Granians(b"")})["wsgi.input"]
    assert (seen.read(-1), seen.readline(), list(seen)) == (b"", b"", [])


@pytest.mark.parametrize(
    ("uri", "by_nginx", "seen"),
    [
        ("/a//b?c=/../", "/a/b", "/a//b"),
        ("/a%2Fb/%C3%A9/", "/a/b/\xc3\xa9/", "/a/b/\xc3\xa9/"),
        ("/a/../b/.", "/b/", "/a/../b/."),
        ("//", "/", "//"),
        ("/%2e%2e/a", "/a", "/../a"),
        ("/a#b", "/a", "/a"),
        ("/first", "/by-x-accel-redirect", "/by-x-accel-redirect"),
        ("http://other/x", "/x", "/x"),
        ("", "/x", "/x"),
    ],
)
def test_the_path_on_uwsgi_is_the_clients(under: Any, uri: str, by_nginx: str, seen: str) -> None:
    """nginx would tell it with slashes merged and dots resolved; where it is another, nginx's word stands."""
    assert environ(under, "uwsgi", REQUEST_URI=uri, PATH_INFO=by_nginx)["PATH_INFO"] == seen


def test_uwsgi_sends_no_file_by_itself(under: Any) -> None:
    """It would send it from its first byte."""
    assert environ(under, "uwsgi", **{"wsgi.file_wrapper": open}) == {}


@pytest.mark.parametrize(
    ("value", "sent"), [("plain", "plain"), ("caf\xc3\xa9", "café"), ("caf\xe9", "caf\xe9"), ("☃", "☃")]
)
def test_a_header_on_granian_is_sent_as_meant(under: Any, value: str, sent: str) -> None:
    """UTF-8 that was said byte by byte; what is none is left as it is."""
    under("granian")
    mend = standard.headers()
    assert mend is not None
    assert mend("200 OK", [("A", "b"), ("X", value)]) == [("A", "b"), ("X", sent)]


@pytest.mark.parametrize(
    ("status", "header"), [("200 OK\r\nX: y", ("A", "b")), ("200 OK", ("X\r\nY", "b")), ("200 OK", ("X", "a\nY: b"))]
)
def test_a_line_break_in_what_is_sent_is_refused_on_uwsgi(under: Any, status: str, header: tuple[str, str]) -> None:
    """It would be a header of whoever wrote it."""
    under("uwsgi")
    mend = standard.headers()
    assert mend is not None
    assert mend("200 OK", [("A", "b")]) == [("A", "b")]
    with pytest.raises(ValueError, match="a line break"):
        mend(status, [header])
