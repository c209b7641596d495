"""Requests of an ASGI app that end badly or not at all, on every server that speaks it: no other request pays for them.

Rule: counts are exact; the app does what frameworks do, such as to answer 500 whole and then to raise on.
"""

from __future__ import annotations

import http.client

import kinds
import pytest
from story import MakeProject

APP = """\
import asyncio


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        print("the app has put its things away", flush=True)
        return await send({"type": "lifespan.shutdown.complete"})
    if scope["path"] == "/hang":
        print("one hangs", flush=True)
        await asyncio.sleep(600)
    status = 500 if scope["path"] == "/boom" else 200
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
    if status == 500:
        raise RuntimeError("as Starlette raises on")
"""
ROUNDS = 30
GRACEFUL = "11"
"""Seconds; ten later porch kills what a server would still wait for."""


@pytest.mark.parametrize("words", kinds.ASGI.values(), ids=kinds.ASGI)
def test_what_raises_after_its_answer_harms_no_other_request(project: MakeProject, words: tuple[str, ...]) -> None:
    """A POST that follows on the same connection to the app is answered; the traceback is in the log each time."""
    made = project()
    made.write("app.py", APP)
    site = made.run("app:app", *words, "--workers", "1")
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    seen: list[int] = []
    for _ in range(ROUNDS):
        for method, path in (("GET", "/boom"), ("POST", "/"), ("POST", "/")):
            connection.request(method, path, body=b"x" if method == "POST" else None)
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
    assert seen == [500, 200, 200] * ROUNDS
    assert site.stop() == 0
    assert (site.stdout.text + site.stderr.text).count("RuntimeError: as Starlette raises on") == ROUNDS


@pytest.mark.parametrize("words", kinds.ASGI.values(), ids=kinds.ASGI)
def test_a_request_that_hangs_does_not_cost_the_app_its_shutdown(project: MakeProject, words: tuple[str, ...]) -> None:
    """At a stop it has the graceful timeout; then the app still ends in order."""
    made = project()
    made.write("app.py", APP)
    site = made.run("app:app", *words, "--workers", "1", "--limits-graceful-timeout", GRACEFUL)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", "/hang")
    site.stdout.wait_for("one hangs")
    assert site.stop() == 0
    assert "the app has put its things away" in site.stdout.text
