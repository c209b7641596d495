"""Hears the client for an ASGI app on gunicorn's own ASGI worker.

Rule: an app may give up waiting for the client, as Starlette's `is_disconnected` does at once; gunicorn (27.0.1) says
from then on that the client has gone. So what was waited for goes on, and is for whoever asks next. Other servers need
none of it, and pay for none.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from .endless import Application, Receive, Send


def asgi(app: Application) -> Application:
    """The app; on gunicorn it may give up waiting and ask again."""
    if "gunicorn.asgi.protocol" not in sys.modules:
        return app

    async def heard(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        client = _Client(receive)
        try:
            await app(scope, client.receive, send)
        finally:
            client.forget()

    return heard


class _Client:
    """The client of one request."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = False
        self._waiting: asyncio.Future[Any] | None = None

    async def receive(self) -> Any:
        """A part of the body; then, when the client leaves, that."""
        if not self._whole:
            message = await self._receive()
            self._whole = not message.get("more_body")
            return message
        if self._waiting is None:
            self._waiting = asyncio.ensure_future(self._receive())
        message = await asyncio.shield(self._waiting)
        self._waiting = None
        return message

    def forget(self) -> None:
        """The request is over."""
        if self._waiting is not None:
            self._waiting.cancel()
