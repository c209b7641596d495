"""Answers that are made bit by bit, and WebSockets, on every server and without a setting.

Rule: the second part of an answer is made only when the test has seen the first, so nothing can pass by holding back.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import kinds
import pytest
from story import MakeProject, Site
from waiting import until

READ_TIMEOUT = 4.0
"""Seconds that nginx waits for the app here: the request timeout of 2 s, and two more."""
SOCKETS = [(kind, words) for kind, words in kinds.every() if kind != "wsgi"]
NAMES = [name for name in kinds.names() if not name.startswith("wsgi")]


@pytest.fixture(scope="module", params=kinds.every(), ids=kinds.names())
def any_site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """The app on one server."""
    interface, words = request.param
    return shared_project(f"edge_{interface}").run("app:app", *words, "--workers", "1")


@contextmanager
def asked(site: Site, path: str) -> Iterator[socket.socket]:
    """A connection on which the path was asked for, by a client that takes compressed answers."""
    with socket.create_connection(("127.0.0.1", site.port), 30) as connection:
        words = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        connection.sendall(words.encode())
        yield connection


def read_until(connection: socket.socket, what: bytes) -> bytes:
    """All that comes up to these bytes, or to the end."""
    heard = b""
    while what not in heard and (part := connection.recv(65536)):
        heard += part
    return heard


@pytest.mark.parametrize("what", ["events", "chunks"])
def test_each_part_arrives_when_it_is_made(any_site: Site, what: str) -> None:
    """The first part is read while the app waits to be let go on; no setting is needed."""
    gate = any_site.project.folder / what
    with asked(any_site, f"/{what}?gate={what}") as connection:
        heard = read_until(connection, b"\r\n\r\n")
        compressed = b"content-encoding" in heard.lower()
        if not compressed:
            heard += b"" if b"first" in heard else read_until(connection, b"first")
            assert b"first" in heard
        elif heard.endswith(b"\r\n\r\n"):
            heard += connection.recv(65536)  # bytes of the first part, or this test ends by its timeout
        assert b"second" not in heard
        gate.touch()
        heard += read_until(connection, b"0\r\n\r\n")
    assert heard.endswith(b"0\r\n\r\n")
    assert b"x-accel" not in heard.lower()
    assert compressed == (what == "chunks")


@pytest.mark.parametrize("words", kinds.ASGI.values(), ids=kinds.ASGI)
def test_an_app_may_look_whether_its_client_has_left(words: tuple[str, ...], project: MakeProject) -> None:
    """It has not while it waits for the answer, however often the app looks; and then it has."""
    site = project("edge_asgi").run("app:app", *words, "--workers", "1")
    with asked(site, "/there") as connection:
        assert b"[False, False, False]" in read_until(connection, b"]")
    until((site.project.folder / "left").exists, "the app knows that its client has left")


@pytest.mark.parametrize(("interface", "words"), SOCKETS, ids=NAMES)
def test_a_websocket_may_be_silent_for_longer_than_a_request_may_take(
    interface: str, words: tuple[str, ...], project: MakeProject
) -> None:
    """Silence beyond the time that nginx waits for an answer closes nothing, and then both sides are heard."""
    site = project(f"edge_{interface}").run(
        "app:app", *words, "--workers", "1", "--limits-request-timeout", "2", "--limits-graceful-timeout", "2"
    )
    connection = site.websocket("/socket")
    assert connection.status == 101
    assert connection.quiet_for(READ_TIMEOUT + 0.7)
    connection.send("hello")
    assert connection.receive() == (1, b"HELLO")
    connection.close()


def test_a_websocket_that_is_silent_too_long_is_closed(project: MakeProject) -> None:
    """The time is a setting, so that connections nobody uses are given back."""
    site = project("edge_asgi").run("app:app", "--limits-websocket-idle", "3")
    connection = site.websocket("/socket")
    assert connection.status == 101
    assert connection.ended()
    connection.close()
