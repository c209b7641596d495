"""What an object is, told by its class or by how it is called."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from porch.worker.porch_worker.kind import is_factory, kind_of, needed


def wsgi(environ: Any, start_response: Any) -> Any: ...


async def asgi(scope: Any, receive: Any, send: Any) -> None: ...


def asgi_without_async(scope: Any, receive: Any, send: Any) -> Any: ...


class WsgiObject:
    def __call__(self, environ: Any, start_response: Any, more: int = 0) -> Any: ...


class AsgiObject:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class AsgiClass:
    def __init__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def __await__(self) -> Any: ...


def anything(*words: Any) -> Any: ...


async def one(request: Any) -> Any: ...


@pytest.mark.parametrize(
    ("app", "interface"),
    [
        (wsgi, "wsgi"),
        (WsgiObject(), "wsgi"),
        (WsgiObject().__call__, "wsgi"),
        (functools.partial(wsgi), "wsgi"),
        (asgi, "asgi"),
        (asgi_without_async, "asgi"),
        (AsgiObject(), "asgi"),
        (AsgiClass, "asgi"),
        (functools.partial(asgi), "asgi"),
        (anything, ""),
        (one, ""),
        (3, ""),
        (None, ""),
    ],
)
def test_interface_is_told_by_the_call(app: Any, interface: str) -> None:
    """Three awaited arguments are ASGI, two are WSGI, and anything else is left open."""
    assert kind_of(app)[0] == interface


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("flask.app", "Flask", ("wsgi", "flask")),
        ("fastapi.applications", "FastAPI", ("asgi", "fastapi")),
        ("falcon.app", "App", ("wsgi", "falcon")),
        ("falcon.asgi.app", "App", ("asgi", "falcon")),
        ("aiohttp.web_app", "Application", ("aiohttp", "aiohttp")),
        ("flasks.app", "Flask", ("", "")),
    ],
)
def test_framework_is_told_by_the_class_or_one_that_it_descends_from(
    module: str, name: str, kind: tuple[str, str]
) -> None:
    """A subclass of a framework's app is one; a class of the same name elsewhere is none."""
    base = type(name, (), {"__module__": module})
    app = type("Mine", (base,), {"__module__": "shop"})()
    assert kind_of(app) == kind


def test_framework_is_seen_through_middleware() -> None:
    """What wraps an app does not hide the framework inside."""
    flask = type("Flask", (), {"__module__": "flask.app"})()
    wrapper = WsgiObject()
    wrapper.__dict__["application"] = flask
    assert kind_of(wrapper) == ("wsgi", "flask")


@pytest.mark.parametrize(
    ("app", "factory"),
    [(lambda: 1, True), (lambda _config=None: 1, True), (wsgi, False), (anything, False), (WsgiObject(), False)],
)
def test_factory_is_what_can_be_called_with_nothing(app: Any, factory: bool) -> None:
    """A function whose arguments may all be left out is no app."""
    assert is_factory(app) is factory


class Handler:
    """Called with a request, as tornado's Application is."""

    def __call__(self, request: object) -> None:
        """Does nothing."""


@pytest.mark.parametrize(
    ("app", "counted"),
    [
        (Handler(), "1 argument"),
        (lambda _config: None, "1 argument"),
        (lambda _environ, _start_response: None, ""),
        (lambda *_: None, ""),
        (lambda: None, ""),
        (Handler, ""),
        (None, ""),
    ],
)
def test_what_no_app_is_called_with_is_counted(app: Any, counted: str) -> None:
    """Of functions and of things that can be called; what may be an app's number is not."""
    assert needed(app) == counted
