"""WebSockets that a WSGI app has taken over, and how a worker ends them."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from porch.worker.porch_worker import handed
from porch.worker.porch_worker.endless import MARK

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """The app's end and the client's; all waits are short."""
    monkeypatch.setattr(handed, "EVERY", 0.001)
    monkeypatch.setattr(handed, "PATIENCE", 0.01)
    monkeypatch.setitem(sys.modules, "gunicorn", ModuleType("gunicorn"))
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield ours, theirs
    ours.close()
    theirs.close()


def asked(connection: Any) -> dict[str, Any]:
    """What a server tells of a handshake."""
    return {"HTTP_UPGRADE": "websocket", "gunicorn.socket": connection}


def until_the_end(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """An app that is on its WebSocket until it is hung up on."""
    while environ["gunicorn.socket"].recv(100):
        pass
    return []


def test_a_websocket_gets_its_close_frame_and_then_its_end(pair: Pair, tmp_path: Path) -> None:
    """When the generation ends; a client that does not answer is not waited for."""
    ours, theirs = pair
    app = handed.wrap(until_the_end, str(tmp_path))
    call = threading.Thread(target=app, args=(asked(ours), None))
    call.start()
    (tmp_path / MARK).touch()
    assert theirs.recv(100) == b"\x88\x02\x03\xf4"
    call.join(5)
    assert not call.is_alive()


def test_a_client_that_takes_nothing_holds_up_nobody(pair: Pair, tmp_path: Path) -> None:
    """Its connection is closed all the same; with gevent, the connection's own way of sending would wait."""
    ours, _ = pair

    class Green:
        """As gevent has it: what waits for nothing lies within."""

        _sock = ours
        recv = ours.recv

        def send(self, *_: object) -> int:
            raise AssertionError("this would wait")

    ours.setblocking(False)
    with suppress(BlockingIOError):
        while ours.send(b"x" * 65536):
            pass
    ours.setblocking(True)
    (tmp_path / MARK).touch()
    assert handed.wrap(until_the_end, str(tmp_path))(asked(Green()), None) == []


def test_what_is_over_is_left_alone(pair: Pair, tmp_path: Path) -> None:
    """Its connection may be used for something else by then; the thread that looks is gone."""
    ours, theirs = pair
    theirs.shutdown(socket.SHUT_WR)
    assert handed.wrap(until_the_end, str(tmp_path))(asked(ours), None) == []
    for thread in threading.enumerate():
        if thread.name == "porch-websockets":
            thread.join(5)
    (tmp_path / MARK).touch()
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_elsewhere_the_app_is_as_it_is(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a supervisor, and on a server that hands no connection on; other requests know nothing of it."""
    assert handed.wrap(until_the_end, "") is until_the_end
    assert handed.wrap(lambda environ, _: [environ["a"]], str(tmp_path))({"a": b"1"}, None) == [b"1"]
    monkeypatch.delitem(sys.modules, "gunicorn")
    assert handed.wrap(until_the_end, str(tmp_path)) is until_the_end
