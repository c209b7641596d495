"""Requests whose body the app does not read, or not before it answers, on every server.

Rule: counts are exact; the sizes are those at which servers close a connection that nginx is sending on, or has kept.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from story import MakeProject, Site

WSGI = """\
def app(environ, start_response):
    kind, body = environ["PATH_INFO"], environ["wsgi.input"]
    if kind == "/boom":
        raise RuntimeError("before any of it was read")
    told = [("Content-Type", "text/plain")]
    if kind == "/deny":
        start_response("403 Forbidden", [*told, ("Content-Length", "2")])
        return [b"no"]
    start_response("200 OK", told)
    if kind == "/ignore":
        return (b"part" for _ in range(3))
    if kind == "/count":
        return [str(read(body)).encode()]
    return (str(read(body)).encode() for _ in range(1))


def read(body):
    length = 0
    while data := body.read(10000):
        length += len(data)
    return length
"""
ASGI = """\
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    kind = scope["path"]
    if kind == "/boom":
        raise RuntimeError("before any of it was read")
    told = [(b"content-type", b"text/plain")]
    if kind == "/deny":
        await send({"type": "http.response.start", "status": 403, "headers": [*told, (b"content-length", b"2")]})
        return await send({"type": "http.response.body", "body": b"no"})
    length = await read(receive) if kind == "/count" else 0
    await send({"type": "http.response.start", "status": 200, "headers": told})
    if kind == "/ignore":
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
        return await send({"type": "http.response.body"})
    if kind == "/late":
        length = await read(receive)
    await send({"type": "http.response.body", "body": str(length).encode()})


async def read(receive):
    length = 0
    message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        length += len(message.get("body", b""))
    return length
"""
AIOHTTP = """\
from aiohttp import web


async def boom(request):
    raise RuntimeError("before any of it was read")


async def deny(request):
    return web.Response(status=403, text="no")


async def count(request):
    return web.Response(text=str(len(await request.read())))


async def ignore(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(3):
        await answer.write(b"part")
    return answer


app = web.Application(client_max_size=2**24)
app.add_routes([web.post("/" + each.__name__, each) for each in (boom, deny, count, ignore)])
"""
APPS = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}
SIZES = (1_000, 70_000, 100_000, 150_000, 200_000, 250_000, 300_000, 900_000)
LARGE = 4_000_000
ROUNDS = 12
LATE = {name: each for name, each in kinds.by_name().items() if name not in ("wsgi-uwsgi", "aiohttp-gunicorn-aiohttp")}
"""Those on which an app may read a large body when it has begun to answer; for the others the docs say so."""


@pytest.fixture(scope="module", params=kinds.every(), ids=kinds.names())
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """The app on one server, in one process, so that all requests share its connections."""
    interface, words = request.param
    made = shared_project()
    made.write("app.py", APPS[interface])
    return made.run("app:app", *words, "--workers", "1")


def statuses(site: Site, *asked: tuple[str, int]) -> Counter[tuple[str, int]]:
    """How often each path was answered with which status, four clients asking at once."""

    def ask(one: tuple[str, int]) -> tuple[str, int]:
        path, size = one
        answer = site.post(path, b"x" * size)
        if path == "/count":
            assert answer.text == str(size)
        return path, answer.status

    with ThreadPoolExecutor(4) as clients:
        return Counter(clients.map(ask, asked * ROUNDS))


def test_an_upload_is_refused_with_the_apps_own_words(site: Site) -> None:
    """However much of it was sent; and a POST that follows, which reads its body, is answered."""
    asked = [(path, size) for size in (*SIZES, LARGE) for path in ("/deny", "/count")]
    times = ROUNDS * (len(SIZES) + 1)
    assert statuses(site, *asked) == {("/deny", 403): times, ("/count", 200): times}


def test_what_fails_before_it_reads_is_a_500(site: Site) -> None:
    """And no other request pays for it."""
    asked = [(path, size) for size in SIZES for path in ("/boom", "/count")]
    times = ROUNDS * len(SIZES)
    assert statuses(site, *asked) == {("/boom", 500): times, ("/count", 200): times}


def test_a_stream_that_ignores_the_body_is_whole(site: Site) -> None:
    """Up to a megabyte, which is read before it begins."""
    asked = [(path, size) for size in SIZES for path in ("/ignore", "/count")]
    times = ROUNDS * len(SIZES)
    assert statuses(site, *asked) == {("/ignore", 200): times, ("/count", 200): times}


@pytest.mark.parametrize("site", LATE.values(), ids=LATE, indirect=True)
def test_a_body_may_be_read_when_the_answer_has_begun(site: Site) -> None:
    """All of it is there still."""
    assert [site.post("/late", b"x" * size).text for size in SIZES] == [str(size) for size in SIZES]
