"""Answers that are not what HTTP has them be, on every server: no other request pays for them.

Rule: counts are exact; each odd request is followed by a POST, which nginx never sends twice, and by a GET.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from asking import ask
from story import MakeProject, Site

WSGI = """\
import sys


class Late:
    def __init__(self, kind):
        self.kind = kind

    def __iter__(self):
        yield b"done"
        if self.kind == "/late":
            raise RuntimeError("after the end")

    def close(self):
        if self.kind == "/closing":
            raise RuntimeError("after the end")


def app(environ, start_response):
    kind = environ["PATH_INFO"]
    if kind == "/exit":
        sys.exit(1)
    if kind == "/nothing":
        start_response("204 No Content", [("Content-Type", "application/json")])
        return [b"null"]
    if kind == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 10_000 for _ in range(200))
    if kind in ("/late", "/closing"):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return Late(kind)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
ASGI = """\
import sys


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    kind = scope["path"]
    if kind == "/exit":
        sys.exit(1)
    if kind == "/nothing":
        await send({"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"4")]})
        return await send({"type": "http.response.body", "body": b"null"})
    if kind == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
        return await send({"type": "http.response.body"})
    if kind in ("/late", "/closing"):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done", "more_body": True})
        raise RuntimeError("after the end")
    body = (await receive())["body"]
    told = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    await send({"type": "http.response.body", "body": body})
"""
AIOHTTP = """\
import sys

from aiohttp import web


async def leave(request):
    sys.exit(1)


async def nothing(request):
    return web.Response(status=204, body=b"null")


async def stream(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(200):
        await answer.write(b"x" * 10_000)
    return answer


async def echo(request):
    return web.Response(body=await request.read())


app = web.Application()
app.router.add_route("*", "/exit", leave)
app.router.add_route("*", "/nothing", nothing)
app.router.add_route("*", "/stream", stream)
app.router.add_route("*", "/echo", echo)
"""
APPS = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}
TIMES = 60
WHOLE = {name: each for name, each in kinds.by_name().items() if each[0] != "aiohttp"}
"""An aiohttp handler that ends its answer by itself and then raises still closes its connection."""


@pytest.fixture(scope="module", params=kinds.every(), ids=kinds.names())
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """The app on one server, in one process, so that all requests share its connections."""
    interface, words = request.param
    made = shared_project()
    made.write("app.py", APPS[interface])
    return made.run("app:app", *words, "--workers", "1")


def follow(site: Site, method: str, path: str) -> Counter[tuple[int, str, int, str, int]]:
    """How often which answer was followed by which two, four clients asking at once."""

    def ask_all(number: int) -> tuple[int, str, int, str, int]:
        odd = ask(site.port, method, path)
        posted = site.post("/echo", str(number).encode())
        got = site.get("/echo")
        return odd.status, odd.text if method == "GET" else "", posted.status, posted.text, got.status

    with ThreadPoolExecutor(4) as clients:
        return Counter(clients.map(ask_all, range(TIMES)))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/stream", 200),
        ("GET", "/nothing", 204),
        ("POST", "/nothing", 204),
        ("HEAD", "/nothing", 204),
        ("GET", "/exit", 500),
        ("POST", "/exit", 500),
    ],
)
def test_an_odd_answer_is_nobody_elses(site: Site, method: str, path: str, status: int) -> None:
    """It has its own status, and those that follow have their own answers, in whole."""
    seen = follow(site, method, path)
    assert {(odd, *rest) for odd, _, *rest in seen} == {(status, 200, str(number), 200) for number in range(TIMES)}
    assert status != 204 or {text for _, text, *_ in seen} == {""}


@pytest.mark.parametrize("site", WHOLE.values(), ids=WHOLE, indirect=True)
@pytest.mark.parametrize("path", ["/late", "/closing"])
def test_what_is_raised_after_a_whole_answer_harms_nobody(site: Site, path: str) -> None:
    """The answer is whole, and the connection is kept."""
    assert follow(site, "GET", path) == {(200, "done", 200, str(number), 200): 1 for number in range(TIMES)}
