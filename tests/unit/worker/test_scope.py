"""The ASGI wrapper, awaited as a server awaits it."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType
from typing import Any

import pytest

from porch.worker.porch_worker.scope import FORGED, wrap
from porch.worker.porch_worker.settings import Settings

HEADERS = [
    (b"host", b"shop.example.org:8443"),
    (b"x-forwarded-for", b"203.0.113.7"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-port", b"8443"),
]


def call(mount: str = "", **scope: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Scopes that the app was awaited with, and messages that were sent."""
    seen: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append(scope)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    start = {"type": "http", "path": "/a", "headers": HEADERS, "scheme": "http", "client": None, "server": None}
    asyncio.run(wrap(app, Settings("app:app", "asgi", mount, "/", ""))(start | scope, receive, send))
    return seen, sent


def test_client_scheme_and_server_are_those_of_the_client() -> None:
    """What nginx sent takes the place of the server's own view of the connection."""
    seen = call()[0][0]
    assert (seen["client"], seen["scheme"]) == (("203.0.113.7", 0), "https")
    assert seen["server"] == ("shop.example.org", 8443)


def test_scope_of_the_server_is_not_changed() -> None:
    """Servers read their own scope again after the app."""
    scope = {"type": "http", "path": "/api/a", "headers": [*HEADERS, (b"proxy", b"x")], "client": None}
    before = dict(scope), list(scope["headers"])
    seen = call("/api", **scope)[0][0]
    assert (scope, scope["headers"]) == before
    assert seen is not scope


@pytest.mark.parametrize(("proto", "scheme"), [(b"http", "ws"), (b"https", "wss")])
def test_websocket_has_its_own_schemes(proto: bytes, scheme: str) -> None:
    """A WebSocket that came over TLS is `wss`."""
    assert call(type="websocket", headers=[(b"x-forwarded-proto", proto)])[0][0]["scheme"] == scheme


def test_mount_is_the_root_and_stays_in_the_path() -> None:
    """ASGI has the whole path beside `root_path`."""
    seen = call("/api", path="/api/items")[0][0]
    assert (seen["root_path"], seen["path"]) == ("/api", "/api/items")


@pytest.mark.parametrize("path", ["/", "/apis", "/items"])
def test_outside_the_mount_is_not_found(path: str) -> None:
    """What is outside the mount never reaches the app."""
    seen, sent = call("/api", path=path)
    assert (seen, sent[0]["status"]) == ([], 404)


def test_websocket_outside_the_mount_is_closed() -> None:
    """A WebSocket outside the mount is refused before it is accepted."""
    seen, sent = call("/api", type="websocket", path="/talk")
    assert (seen, [message["type"] for message in sent]) == ([], ["websocket.close"])


def test_lifespan_passes_through_unchanged() -> None:
    """The app has the server's own lifespan scope, state and all."""
    scope = {"type": "lifespan", "state": {}}
    assert call(**scope)[0][0]["state"] is scope["state"]


@pytest.mark.parametrize("name", sorted(FORGED))
def test_what_nobody_vouches_for_is_left_out(name: bytes) -> None:
    """Headers that frameworks would believe are not there, and the others are."""
    assert call(headers=[*HEADERS, (name, b"forged")])[0][0]["headers"] == HEADERS


def test_ready_never_reaches_the_app() -> None:
    """The worker answers by itself, whatever the mount."""
    seen, sent = call("/api", path="/-/porch/ready")
    assert (seen, sent[0]["status"], sent[1]["body"]) == ([], 200, b'{"status":"ready"}')


@pytest.mark.parametrize(
    ("told", "added"),
    [
        ([(b"content-type", b"text/event-stream")], [(b"x-accel-buffering", b"no")]),
        ([(b"Content-Length", b"2")], []),
        ([(b"x-accel-buffering", b"yes")], []),
    ],
)
def test_an_answer_without_a_length_is_handed_on_as_it_comes(
    told: list[tuple[bytes, bytes]], added: list[tuple[bytes, bytes]]
) -> None:
    """nginx is asked not to hold it back, unless the app has said otherwise; the app's own message stays as it was."""
    message = {"type": "http.response.start", "status": 200, "headers": list(told)}
    sent: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        del scope, receive
        await send(message)
        await send({"type": "http.response.body", "body": b"x"})

    async def server_send(each: dict[str, Any]) -> None:
        sent.append(each)

    settings = Settings("app:app", "asgi", "", "/", "")
    asyncio.run(wrap(app, settings)({"type": "http", "path": "/", "headers": []}, None, server_send))  # type: ignore[arg-type]
    assert [each.get("headers") for each in sent] == [told + added, None]
    assert message["headers"] == told


def test_headers_that_can_be_read_once_are_not_lost() -> None:
    """The standard asks for an iterable, which may be a generator."""
    sent: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        del scope, receive
        told = ((b"content-length", b"%d" % each) for each in (1,))
        await send({"type": "http.response.start", "status": 200, "headers": told})

    async def server_send(each: dict[str, Any]) -> None:
        sent.append(each)

    settings = Settings("app:app", "asgi", "", "/", "")
    asyncio.run(wrap(app, settings)({"type": "http", "path": "/", "headers": []}, None, server_send))  # type: ignore[arg-type]
    assert sent[0]["headers"] == [(b"content-length", b"1")]


def raising(sent: int, monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Await an app that sends so many of the three messages of its answer, and then raises."""
    for name in ("granian", "gunicorn.asgi.protocol", "uvicorn.server"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in modules:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    answer = (
        {"type": "http.response.start", "status": 500, "headers": []},
        {"type": "http.response.body", "body": b"o", "more_body": True},
        {"type": "http.response.body", "body": b"k"},
    )

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        for message in answer[:sent]:
            await send(message)
        raise RuntimeError("after it")

    async def pipe(*_: Any) -> None:
        """What it sends or hears is not looked at."""

    scope = {"type": "http", "path": "/", "headers": HEADERS}
    asyncio.run(wrap(app, Settings("app:app", "asgi", "", "/", ""))(scope, pipe, pipe))


@pytest.mark.parametrize(
    ("module", "logger"), [("uvicorn.server", "uvicorn.error"), ("gunicorn.asgi.protocol", "gunicorn.error")]
)
def test_what_comes_after_a_whole_answer_is_logged_alone(
    module: str, logger: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """These servers would close the connection for it, on which nginx may have sent the next request."""
    raising(3, monkeypatch, module)
    (record,) = caplog.records
    assert (record.name, record.exc_info is not None) == (logger, True)


@pytest.mark.parametrize(("sent", "modules"), [(2, ("uvicorn.server",)), (3, ("granian", "uvicorn.server")), (3, ())])
def test_what_an_app_raises_otherwise_is_the_servers(
    sent: int, modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an answer that broke off, and on a server that keeps the connection."""
    with pytest.raises(RuntimeError, match="after it"):
        raising(sent, monkeypatch, *modules)


def sent(*messages: Any) -> list[Any]:
    """What goes to the server when an app says this."""
    said: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        for message in messages:
            await send(message)

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "path": "/", "headers": HEADERS}
    asyncio.run(wrap(app, Settings("app:app", "asgi", "", "/", ""))(scope, send, send))
    return said


def begun(length: bytes, status: int = 200) -> Any:
    """The first message of an answer."""
    headers = ((b"X-Own", b"1"), (b"Content-Length", length))
    return {"type": "http.response.start", "status": status, "headers": headers}


def part(body: bytes, *, more: bool = False) -> Any:
    """A further one."""
    return {"type": "http.response.body", "body": body, "more_body": more}


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_is_sent_none(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Nor a length of one; uvicorn would send it, and nginx give it to the next client."""
    start, *bodies = sent(begun(b"4", status), part(b"nu", more=True), part(b"ll"))
    assert (start["headers"], bodies, caplog.records) == (
        [(b"X-Own", b"1")],
        [part(b"", more=True), part(b"")],
        [],
    )


@pytest.mark.parametrize(
    ("length", "said", "wanted"),
    [
        (b"4", (part(b"body"),), (part(b"body"),)),
        (b"4", (part(b"bo", more=True), part(b"dy")), (part(b"bo", more=True), part(b"dy"))),
        (b"4", (part(b"body", more=True), part(b"")), (part(b"body", more=True), part(b""))),
        (b"4", (part(b"body and", more=True), part(b"more")), (part(b"body", more=True), part(b""))),
        (b"4", (part(b"body"), part(b"and more")), (part(b"body"),)),
        (b"4", (part(b"bo"),), (part(b"bo"),)),
        (b"none", (part(b"bo", more=True), part(b"dy")), (part(b"bo", more=True), part(b"dy"))),
    ],
    ids=["whole", "in parts", "whole early", "too long", "after the end", "too short", "no number"],
)
def test_an_answer_ends_where_it_told(
    length: bytes, said: tuple[Any, ...], wanted: tuple[Any, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """What is too long is told in the log, once."""
    _, *bodies = sent(begun(length), *said)
    assert tuple(bodies) == wanted
    assert [record.name for record in caplog.records] == ["porch.worker"] * (len(said[0]["body"]) > 4)


def test_an_answer_that_is_whole_is_ended_for_an_app_that_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """nginx has it by then, and may have sent the next request; what follows the last part is run till then."""
    monkeypatch.setitem(sys.modules, "uvicorn.server", ModuleType("uvicorn.server"))
    said: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send(begun(b"4"))
        await send(part(b"body", more=True))
        raise RuntimeError("after it")

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "path": "/", "headers": HEADERS}
    asyncio.run(wrap(app, Settings("app:app", "asgi", "", "/", ""))(scope, send, send))
    assert said[1:] == [part(b"body", more=True), part(b"")]
    assert [record.name for record in caplog.records] == ["uvicorn.error"]


def test_hints_are_not_sent() -> None:
    """nginx would take them for the answer."""
    hints = {"type": "http.response.informational", "status": 103, "headers": []}
    assert [each["type"] for each in sent(hints, begun(b"4"), hints, part(b"body"))] == [
        "http.response.start",
        "http.response.body",
    ]


def test_an_app_that_ends_the_process_is_taken_to_have_failed() -> None:
    """The server answers 500, and all else that the worker has in work goes on."""

    async def app(*_: Any) -> None:
        sys.exit(3)

    scope = {"type": "http", "path": "/", "headers": HEADERS}
    with pytest.raises(RuntimeError, match=r"the app called sys\.exit\(3\)"):
        asyncio.run(wrap(app, Settings("app:app", "asgi", "", "/", ""))(scope, app, app))
