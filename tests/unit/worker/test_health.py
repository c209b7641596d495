"""The app's own word on whether it is well, called as a server calls it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from porch.worker.porch_worker import READY, health

VERDICTS = [(200, 200), (204, 200), (302, 200), (404, 503), (500, 503)]


def ask_wsgi(app: Any, path: str = READY) -> tuple[str, bytes]:
    """Status and body."""
    statuses: list[str] = []
    whole = health.wsgi(app, "/healthz", "shop.example.org", "/api")
    body = b"".join(whole({"PATH_INFO": path, "HTTP_HOST": "10.0.0.7"}, lambda status, _: statuses.append(status)))
    return statuses[0], body


@pytest.mark.parametrize(("said", "told"), VERDICTS)
def test_readiness_is_what_a_wsgi_app_says(said: int, told: int) -> None:
    """The app is asked at its path, below its mount and under its name; below 400 is well."""
    asked: list[tuple[str, str]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append((environ["PATH_INFO"], environ["HTTP_HOST"]))
        start_response(f"{said} Said", [])
        return [b"body"]

    status, body = ask_wsgi(app)
    assert (status[:3], asked) == (str(told), [("/api/healthz", "shop.example.org")])
    why = None if told == 200 else f"the app answered {said} at /healthz"
    assert json.loads(body).get("why") == why


def test_other_requests_reach_the_wsgi_app_as_they_are() -> None:
    """Nothing but readiness is changed."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode(), environ["HTTP_HOST"].encode()]

    assert ask_wsgi(app, "/a") == ("200 OK", b"/a10.0.0.7")


def test_a_wsgi_app_that_raises_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Its traceback is on standard error, and the server goes on."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise RuntimeError("no database")

    assert ask_wsgi(app)[0] == "503 Service Unavailable"
    assert "RuntimeError: no database" in capsys.readouterr().err


def ask_asgi(app: Any, path: str = READY) -> list[dict[str, Any]]:
    """All that is sent."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"10.0.0.7")]}
    asyncio.run(health.asgi(app, "/healthz", "shop.example.org", "/api")(scope, None, send))  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize(("said", "told"), VERDICTS)
def test_readiness_is_what_an_asgi_app_says(said: int, told: int) -> None:
    """As for WSGI."""
    asked: list[tuple[str, list[Any]]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        asked.append((scope["path"], scope["headers"]))
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        await send({"type": "http.response.start", "status": said, "headers": []})
        await send({"type": "http.response.body", "body": b"body"})

    start, body = ask_asgi(app)
    assert (start["status"], asked) == (told, [("/api/healthz", [(b"host", b"shop.example.org")])])
    assert json.loads(body["body"])["status"] == ("ready" if told == 200 else "unhealthy")


def test_an_asgi_app_that_raises_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Its traceback is on standard error, and the server goes on."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        raise RuntimeError("no database")

    assert ask_asgi(app)[0]["status"] == 503
    assert "RuntimeError: no database" in capsys.readouterr().err
