"""What kind of app an object is: by the classes that it descends from, then by how it is called.

Rule: no framework is imported to find out; what cannot be told is left open and never guessed.
"""

from __future__ import annotations

import inspect
from typing import Any

KNOWN: tuple[tuple[str, str, str, str], ...] = (
    # package, class, interface, framework; the nearest class in the MRO wins, so FastAPI is found before Starlette
    ("flask", "Flask", "wsgi", "flask"),
    ("quart", "Quart", "asgi", "quart"),
    ("django.core.handlers.wsgi", "WSGIHandler", "wsgi", "django"),
    ("django.core.handlers.asgi", "ASGIHandler", "asgi", "django"),
    ("fastapi", "FastAPI", "asgi", "fastapi"),
    ("starlette", "Starlette", "asgi", "starlette"),
    ("aiohttp", "Application", "aiohttp", "aiohttp"),
    ("falcon.asgi", "App", "asgi", "falcon"),
    ("falcon", "App", "wsgi", "falcon"),
    ("litestar", "Litestar", "asgi", "litestar"),
    ("bottle", "Bottle", "wsgi", "bottle"),
    ("pyramid", "Router", "wsgi", "pyramid"),
    ("sanic", "Sanic", "asgi", "sanic"),
    ("blacksheep", "Application", "asgi", "blacksheep"),
)

ANY_NUMBER = 1_000

WRAPPED = ("app", "application", "wsgi_app", "asgi_app", "wrapped", "_app")
"""Attributes under which middleware keeps the app that it wraps."""


def kind_of(app: Any) -> tuple[str, str]:
    """Interface and framework of an app; each is empty when it cannot be told."""
    interface, framework = _by_class(app)
    if interface:
        return interface, framework
    return _by_call(app), next((_by_class(inner)[1] for inner in unwrap(app)), "")


def unwrap(app: Any) -> list[Any]:
    """The app of a known framework inside middleware, or inside a bound method such as `app.wsgi_app`."""
    seen: list[Any] = []
    while app is not None and len(seen) < 16 and not any(app is each for each in seen):
        if _by_class(app)[0]:
            return [app]
        seen.append(app)
        own = getattr(app, "__dict__", {})
        inside = [getattr(app, "__self__", None), *(own.get(name) for name in WRAPPED)]
        app = next((each for each in inside if each is not None and not inspect.ismodule(each)), None)
    return []


def is_factory(app: Any) -> bool:
    """Whether it can be called with nothing, as no app can; `*args` tells nothing."""
    least, most = _required(app)
    return (inspect.isroutine(app) or inspect.isclass(app)) and least == 0 and most != ANY_NUMBER


def needed(app: Any) -> str:
    """How many arguments it is called with, where that is no app's number; else nothing."""
    called = _called(app)
    least, most = _required(called)
    counted = f"{least} argument" + "s" * (least != 1)
    return counted if inspect.isroutine(called) and least == most and least not in (-1, 0, 2, 3) else ""


def _called(app: Any) -> Any:
    """What runs when it is called: itself, or the method of an object that can be called."""
    itself = inspect.isroutine(app) or inspect.isclass(app)
    return app if itself else getattr(app, "__call__", app)  # noqa: B004  # wanted: its signature


def _by_class(app: Any) -> tuple[str, str]:
    for base in type(app).__mro__:
        for package, name, interface, framework in KNOWN:
            if base.__name__ == name and (base.__module__ + ".").startswith(package + "."):
                return interface, framework
    return "", ""


def _by_call(app: Any) -> str:
    """ASGI is awaited with three arguments, WSGI is called with two."""
    if not callable(app):
        return ""
    called = _called(app)
    if inspect.isclass(app):
        awaited = hasattr(app, "__await__")
    else:
        awaited = inspect.iscoroutinefunction(called) or inspect.iscoroutinefunction(getattr(app, "func", None))
    low, high = _required(called if not hasattr(app, "func") else app)
    if awaited and low <= 3 <= high:
        return "asgi"
    if awaited:
        return ""
    if low == 3:
        return "asgi"
    return "wsgi" if low == 2 else ""


def _required(called: Any) -> tuple[int, int]:
    """Fewest and most positional arguments; (-1, -1) when they cannot be read."""
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return -1, -1
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    least = sum(each.default is each.empty for each in positional)
    keywords = any(each.kind is each.KEYWORD_ONLY and each.default is each.empty for each in parameters)
    if keywords:
        return -1, -1
    most = ANY_NUMBER if any(each.kind is each.VAR_POSITIONAL for each in parameters) else len(positional)
    return least, most
