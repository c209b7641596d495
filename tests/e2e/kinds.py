"""The servers and worker classes, and the kinds of app that each can speak to.

Rule: a server is swapped by the words here and by nothing else.
"""

from __future__ import annotations

Servers = dict[str, tuple[str, ...]]

WSGI: Servers = {
    "gunicorn-sync": ("--server", "gunicorn", "--server-worker-class", "sync"),
    "gunicorn-gthread": ("--server", "gunicorn", "--server-worker-class", "gthread"),
    "gunicorn-gevent": ("--server", "gunicorn", "--server-worker-class", "gevent"),
    "uwsgi": ("--server", "uwsgi"),
    "granian": ("--server", "granian"),
}
ASGI: Servers = {
    "gunicorn-asgi": ("--server", "gunicorn", "--server-worker-class", "asgi"),
    "granian": ("--server", "granian"),
    "uvicorn": ("--server", "uvicorn"),
}
AIOHTTP: Servers = {
    "gunicorn-aiohttp": ("--server", "gunicorn", "--server-worker-class", "aiohttp"),
}
BY_INTERFACE: dict[str, Servers] = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}


def every() -> list[tuple[str, tuple[str, ...]]]:
    """Each interface with each server that speaks it."""
    return [(interface, words) for interface, servers in BY_INTERFACE.items() for words in servers.values()]


def by_name() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The same, each under its name."""
    return dict(zip(names(), every(), strict=True))


def names() -> list[str]:
    """The same as names, for the test report."""
    return [f"{interface}-{name}" for interface, servers in BY_INTERFACE.items() for name in servers]
