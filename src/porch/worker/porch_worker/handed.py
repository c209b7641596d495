"""Ends the WebSockets of a WSGI app when this generation of it goes.

Rule: each gets its close frame at once, and its connection is closed when its client does not answer. gunicorn alone
hands its connection to an app; a thread looks while one of them is open, and there is none else.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from socket import MSG_DONTWAIT, SHUT_RDWR
from typing import Any

from .endless import EVERY, MARK, PATIENCE, RESTARTS

CONNECTION = "gunicorn.socket"
CLOSE = b"\x88\x02" + RESTARTS.to_bytes(2)
"""A close frame with its code, as a server sends it (RFC 6455, 5.5.1)."""

Call = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Handed:
    """Connections that the app has taken over in this worker."""

    def __init__(self, folder: str) -> None:
        self._mark = Path(folder) / MARK
        self._open: dict[Any, float] = {}
        """Connection -> when its close frame was sent; 0: it was not."""
        self._looking = False
        self._lock = threading.Lock()

    def begun(self, connection: Any) -> None:
        """The app has a handshake on it."""
        with self._lock:
            self._open[connection] = 0.0
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="porch-websockets", daemon=True).start()

    def over(self, connection: Any) -> None:
        """The app is done with it."""
        with self._lock:
            self._open.pop(connection, None)

    def _look(self) -> None:
        while True:
            time.sleep(EVERY)
            going = self._mark.exists()
            with self._lock:
                if not self._open:
                    self._looking = False
                    return
                found = dict(self._open) if going else {}
            for connection, asked in found.items():
                told = _ended(connection, asked)
                with self._lock:
                    if connection in self._open:
                        self._open[connection] = told


def _ended(connection: Any, asked: float) -> float:
    """When its close frame was sent; nothing here waits for a client."""
    now = time.monotonic()
    # gevent's own `send` would wait all the same.
    plain = getattr(connection, "_sock", connection)
    with suppress(OSError):  # the client has just gone, or takes nothing
        if not asked:
            plain.send(CLOSE, MSG_DONTWAIT)
        elif now - asked >= PATIENCE:
            plain.shutdown(SHUT_RDWR)
    return asked or now


def wrap(app: Call, folder: str) -> Call:
    """The app, its WebSockets ended with the generation; the app itself where no supervisor would tell."""
    if not folder or "gunicorn" not in sys.modules:
        return app
    handed = Handed(folder)

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # nginx hands on this word alone.
        connection = environ.get(CONNECTION) if environ.get("HTTP_UPGRADE") == "websocket" else None
        if connection is None:
            return app(environ, start_response)
        handed.begun(connection)
        try:
            return app(environ, start_response)
        finally:
            handed.over(connection)

    return call
