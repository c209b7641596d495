"""Wraps an aiohttp app, so that it sees the client as nginx saw it.

Rule: one middleware, before all of the user's own; the app itself is run as it is, or under an outer app at its mount.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import hdrs, web

from . import OUTSIDE_BODY, READY, READY_BODY, request_id
from .endless import EVENTS, RESTARTS, Endless
from .failure import LoadError, exited, leave
from .kind import kind_of
from .load import raised
from .settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def truthful(mount: str, endless: Endless | None) -> Any:
    """The middleware that answers readiness, gives handlers the client as the client was, and tells what is in work."""
    below = mount + "/"
    remember = request_id.set

    async def as_the_client_came(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.raw_path.startswith(READY):
            return web.Response(body=READY_BODY, content_type="application/json")
        if mount and not request.path.startswith(below) and request.path != mount:
            return web.Response(body=OUTSIDE_BODY, status=404, content_type="text/plain", charset="utf-8")
        get = request.headers.get
        remember(get("X-Request-ID", ""))
        address, scheme = get(hdrs.X_FORWARDED_FOR), get(hdrs.X_FORWARDED_PROTO)
        if address is not None and scheme is not None:
            request = _as_seen(request, address, "https" if scheme == "https" else "http")
        task = request.task
        if endless is not None:
            endless.begun(task)
        try:
            return await handler(request)
        except SystemExit as left:
            raise exited(left) from left
        finally:
            if endless is not None:
                endless.over(task)

    return web.middleware(as_the_client_came)


def _as_seen(request: web.Request, address: str, scheme: str) -> web.Request:
    """The request with the client's address and scheme, written where aiohttp keeps what it has worked out.

    `clone`, the public way, copies the whole request: 19 us of the 100 that a small answer takes (measured, 3.14).
    """
    kept: dict[str, Any] | None = getattr(request, "_cache", None)
    if kept is None:
        return request.clone(remote=address, scheme=scheme)
    kept.pop("url", None)  # made of the scheme, should anything have asked for it already
    kept["remote"], kept["scheme"] = address, scheme
    return request


def flowing(endless: Endless | None) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """What is done to an answer whose length is not told: it is made bit by bit, or has no end of its own."""

    async def prepared(request: web.Request, response: web.StreamResponse) -> None:
        if response.content_length is not None:
            return
        response.headers.setdefault("X-Accel-Buffering", "no")  # nginx hands it on as it comes
        if endless is None:
            return
        if isinstance(response, web.WebSocketResponse):
            endless.socket(request.task, partial(_close, response))
        elif request.method == "GET" and response.content_type == EVENTS.decode():
            endless.stream(request.task, lambda: _finish(request, response))

    return prepared


async def _close(socket: Any) -> None:
    await socket.close(code=RESTARTS)


async def _finish(request: web.Request, response: web.StreamResponse) -> None:
    await response.write_eof()
    request.task.cancel()


def wrap(app: web.Application, mount: str, endless: Endless | None) -> web.Application:
    """The app, or an outer one that has it at its mount, with the middleware in front."""
    if not mount:
        app.middlewares.insert(0, truthful(mount, endless))
        app.on_response_prepare.append(flowing(endless))
        return app
    # The outer app reads the body, so the user's own limit must stand there; aiohttp has no public name for it.
    limit = getattr(app, "_client_max_size", 1024**2)
    outer = web.Application(middlewares=[truthful(mount, endless)], client_max_size=limit)
    outer.on_response_prepare.append(flowing(endless))
    outer.add_subapp(mount, app)
    return outer


def starting(app: web.Application, settings: Settings) -> None:
    """Have the failure of what the app does when it starts told as the app's own, as at its import."""
    handlers = tuple(app.on_startup)

    async def start(started: web.Application) -> None:
        try:
            for handler in handlers:
                await handler(started)
        except (Exception, SystemExit) as error:
            leave(raised(error, f"The app {settings.target}", "when it started"), settings)

    app.on_startup.clear()
    app.on_startup.append(start)


async def made(target: Any, settings: Settings) -> web.Application:
    """The app from what the target is: an app, a factory, a coroutine function, or what one gave."""
    try:
        app = target() if callable(target) and not isinstance(target, web.Application) else target
        if inspect.isawaitable(app):
            app = await app
    except (Exception, SystemExit) as error:
        leave(raised(error, f"the factory {settings.target}", "when it was called"), settings)
    if not isinstance(app, web.Application):
        kind = kind_of(app)[0] or type(app).__name__
        what = f"{settings.target} gave {kind}, not an aiohttp app"
        leave(LoadError(what, "let it return web.Application"), settings)
    return app
