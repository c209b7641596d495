"""What an app leaves of a request's body."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest

from porch.worker.porch_worker import unread

BODY = b"one\ntwo\nthree"
LENGTH = str(len(BODY))


@pytest.fixture(autouse=True)
def granian(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that closes connections."""
    monkeypatch.setitem(sys.modules, "granian", ModuleType("granian"))


class Answer:
    """Parts with an end, as frameworks give them."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = parts
        self.closed = 0

    def __iter__(self) -> Any:
        return iter(self.parts)

    def close(self) -> None:
        """What the standard has called once."""
        self.closed += 1


def asked(body: BytesIO, app: Any, length: str = LENGTH) -> Any:
    """What the app gives for a request with this body."""
    return unread.wsgi(app)({"CONTENT_LENGTH": length, "wsgi.input": body}, lambda *_: None)


def saying(parts: Any, *headers: tuple[str, str]) -> Any:
    """An app that reads nothing and answers so."""

    def app(environ: Any, start_response: Any) -> Any:
        del environ
        start_response("403 Forbidden", list(headers))
        return parts

    return app


def test_the_rest_is_read_before_a_list_is_given() -> None:
    """The list itself goes on, since granian sends one at once."""
    body = BytesIO(BODY)
    parts = [b"no"]
    assert asked(body, saying(parts)) is parts
    assert body.read() == b""


def test_parts_of_a_known_length_are_made_first() -> None:
    """They may read the body themselves; they are closed by the server, once."""
    body = BytesIO(BODY)
    answer = Answer(part for part in (b"n", b"o"))
    given = asked(body, saying(answer, ("Content-LENGTH", "2")))
    assert (body.read(), list(given), answer.closed) == (b"", [b"n", b"o"], 0)
    given.close()
    assert answer.closed == 1


def test_what_fails_while_it_is_made_is_closed_and_raised() -> None:
    """And the body is read all the same."""

    def parts() -> Any:
        yield b"n"
        raise RuntimeError("midway")

    body = BytesIO(BODY)
    answer = Answer(parts())
    with pytest.raises(RuntimeError, match="midway"):
        asked(body, saying(answer, ("Content-Length", "2")))
    assert (body.read(), answer.closed) == (b"", 1)


def test_a_stream_may_still_read_what_was_read_ahead() -> None:
    """By size, by lines, in whole; and beyond what was kept."""
    for read in (
        lambda body: body.read(),
        lambda body: body.read(4) + body.readline() + body.read(-1),
        lambda body: b"".join(body.readlines()),
        lambda body: next(body) + body.read(),
        b"".join,
    ):
        body = BytesIO(BODY)

        def app(environ: Any, start_response: Any, read: Any = read) -> Any:
            start_response("200 OK", [])
            return (read(environ["wsgi.input"]) for _ in range(1))

        given = asked(body, app)
        assert body.tell() == len(BODY)
        assert b"".join(given) == BODY


def test_a_stream_of_the_bodys_lines_has_them_all() -> None:
    """It was begun before any of the body was read ahead."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return (line.upper() for line in environ["wsgi.input"])

    assert b"".join(asked(BytesIO(BODY), app)) == BODY.upper()


def test_no_more_than_a_megabyte_is_kept_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is read when the app asks, or on gunicorn when all is sent."""
    monkeypatch.setattr(unread, "PIECE", 4)
    monkeypatch.setattr(unread, "LARGEST", 4)
    body = BytesIO(BODY)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return Answer(environ["wsgi.input"].read(size) for size in (6, 7))

    given = asked(body, app)
    assert body.tell() == 4
    assert list(given) == [BODY[:6], BODY[6:]]
    for server, left in (("granian", BODY[4:]), ("gunicorn", b"")):
        monkeypatch.setitem(sys.modules, server, ModuleType(server))
        body, answer = BytesIO(BODY), Answer([b"part"])
        given = asked(body, saying(answer))
        assert list(given) == [b"part"]
        given.close()
        assert (body.read(), answer.closed) == (left, 1)


def test_without_a_length_nothing_is_read() -> None:
    """The client may wait for an answer to the first of it."""
    for length in ("", "0"):
        body = BytesIO(BODY)
        assert asked(body, saying([b"no"]), length) == [b"no"]
        assert body.read() == BODY


def test_a_body_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer waits for so long and no longer."""
    monkeypatch.setattr(unread, "PATIENCE", 0.0)
    monkeypatch.setattr(unread, "PIECE", 4)
    body = BytesIO(BODY)
    assert asked(body, saying([b"no"])) == [b"no"]
    assert body.read() == BODY[4:]


def test_what_was_read_ahead_of_a_body_that_does_not_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app asks for all of it."""
    monkeypatch.setattr(unread, "PATIENCE", 0.0)
    monkeypatch.setattr(unread, "PIECE", 4)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return (environ["wsgi.input"].read() for _ in range(1))

    body = BytesIO(BODY)
    given = asked(body, app)
    assert body.tell() == 4
    assert b"".join(given) == BODY


def test_a_server_that_reads_the_rest_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As uWSGI does."""
    for name in ("granian", "gunicorn"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    app = saying([b"no"])
    assert unread.wsgi(app) is app


class Server:
    """One request to an ASGI app, and all that is said of it, in order."""

    def __init__(self, *pieces: bytes, stalls: bool = False) -> None:
        self.said: list[Any] = []
        self._pieces = list(pieces)
        self._stalls = stalls

    async def receive(self) -> Any:
        """The next piece; after the last, the client leaves."""
        if not self._pieces and self._stalls:
            await asyncio.Event().wait()
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.pop(0)
        self.said.append(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces) or self._stalls}

    async def send(self, message: Any) -> None:
        """A part of the answer."""
        self.said.append(message.get("body", message))

    def ask(self, app: Any, method: str = "POST", length: bytes = b"3") -> list[Any]:
        """What was said when the app is done."""
        scope = {"type": "http", "method": method, "headers": [(b"content-length", length)]}
        asyncio.run(unread.asgi(app)(scope, self.receive, self.send))
        return self.said


def start(*headers: tuple[bytes, bytes]) -> Any:
    """The first message of an answer."""
    return {"type": "http.response.start", "status": 403, "headers": list(headers)}


def part(body: bytes, *, more: bool = False) -> Any:
    """A further one."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def answering(*messages: Any) -> Any:
    """An app that reads nothing and says this."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        for message in messages:
            await send(message)

    return app


TOLD = start((b"content-length", b"2"))


@pytest.mark.parametrize(
    "messages",
    [
        (TOLD, part(b"no")),
        (TOLD, part(b"n", more=True), part(b"o", more=True), part(b"")),
        (TOLD, part(b"n", more=True)),
    ],
    ids=["at once", "in parts", "and less than it said"],
)
def test_a_small_answer_waits_for_the_body(messages: tuple[Any, ...]) -> None:
    """It is sent as it was said, when all of the body was received or the app is done."""
    said = Server(b"a", b"b").ask(answering(*messages))
    sent = [message.get("body", message) for message in messages]
    if messages[-1].get("more_body"):
        assert said == [start(*TOLD["headers"], (b"connection", b"close")), *sent[1:]]
    else:
        assert said == [b"a", b"b", *sent]


def test_a_stream_begins_when_the_body_is_there() -> None:
    """The app may still ask for it; after that its client is heard as ever."""
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope
        await send(start())
        heard.extend([await receive() for _ in range(3)])
        await send(part(b"yes"))

    assert Server(b"a", b"b").ask(app) == [b"a", b"b", start(), b"yes"]
    assert [message.get("body", message["type"]) for message in heard] == [b"a", b"b", "http.disconnect"]


def test_a_stream_begins_with_a_megabyte_of_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nginx is told that the connection is not to be kept."""
    monkeypatch.setattr(unread, "LARGEST", 2)
    closing = start((b"connection", b"close"))
    assert Server(b"a", b"b", b"c").ask(answering(start(), part(b"yes"))) == [b"a", b"b", closing, b"yes"]


def test_a_body_that_stalls_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for so long; nginx is told the same."""
    monkeypatch.setattr(unread, "PATIENCE", 0.01)
    said = Server(b"a", stalls=True).ask(answering(TOLD, part(b"no")))
    assert said == [b"a", start(*TOLD["headers"], (b"connection", b"close")), b"no"]


def test_hints_are_no_answer() -> None:
    """The app may read the body after them."""
    hints = {"type": "http.response.informational", "status": 103, "headers": []}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope
        await send(hints)
        length = len((await receive())["body"])
        await send(start((b"content-length", b"1")))
        await send(part(str(length).encode()))

    assert Server(b"abc").ask(app) == [b"abc", hints, start((b"content-length", b"1")), b"3"]


def test_an_app_that_listens_meanwhile_hears_it_first() -> None:
    """No piece is given twice, none is lost, and none comes before an earlier one."""
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope

        async def listen() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                heard.append(message["body"])

        listening = asyncio.ensure_future(listen())
        await asyncio.sleep(0)
        await send(start())
        await send(part(b"yes"))
        await listening

    assert Server(b"a", b"b", b"c").ask(app)[-1] == b"yes"
    assert heard == [b"a", b"b", b"c"]


def test_what_an_app_has_read_costs_no_waiting() -> None:
    """Each message goes on as it is said."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope
        while (await receive())["more_body"]:
            pass
        await send(TOLD)
        server.said.append("between")
        await send(part(b"no"))

    server = Server(b"a", b"b")
    assert server.ask(app) == [b"a", b"b", TOLD, "between", b"no"]


def test_what_an_app_raises_comes_after_the_body() -> None:
    """The server answers 500, and closes."""

    async def app(*_: Any) -> None:
        raise RuntimeError("at once")

    server = Server(b"a", b"b")
    with pytest.raises(RuntimeError, match="at once"):
        server.ask(app)
    assert server.said == [b"a", b"b"]


@pytest.mark.parametrize(("method", "length"), [("GET", b"3"), ("POST", b"0"), ("POST", b"none")])
def test_a_request_without_a_body_is_the_apps_alone(method: str, length: bytes) -> None:
    """Nothing is received for it."""
    assert Server(b"a").ask(answering(TOLD, part(b"no")), method, length) == [TOLD, b"no"]
