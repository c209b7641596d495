"""Workers that hang: the client gets 504, the worker another in its place, and the log its stack."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from story import MakeProject, Site
from waiting import until

HANGS = """\
import os, threading


def never_wait_for_anything():
    while True:
        pass


def hold_the_lock_for_ever():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


WAYS = {"/loop": never_wait_for_anything, "/lock": hold_the_lock_for_ever}
"""
WSGI = """

def app(environ, start_response):
    WAYS.get(environ["PATH_INFO"], int)()
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
ASGI = """

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    WAYS.get(scope["path"], int)()
    body = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""
AIOHTTP = """
from aiohttp import web


async def answer(request):
    WAYS.get(request.path, int)()
    return web.Response(text=str(os.getpid()))


app = web.Application()
app.router.add_route("*", "/{path:.*}", answer)
"""
APPS = {"wsgi": HANGS + WSGI, "asgi": HANGS + ASGI, "aiohttp": HANGS + AIOHTTP}
FRAMES = {"/loop": "never_wait_for_anything", "/lock": "hold_the_lock_for_ever"}
SERVERS = kinds.by_name()
TOGETHER = [tuple(SERVERS)[place::3] for place in range(3)]
"""Three at a time: most of this is waiting."""


def pid_of_a_worker(site: Site) -> int:
    """The one that answers, as soon as one does."""
    answer = until(lambda: (found := site.get("/")).status == 200 and found, "a worker answers")
    assert answer
    return int(answer.body)


def start(project: MakeProject, name: str) -> Site:
    """One worker, which does one thing at a time."""
    interface, words = SERVERS[name]
    made = project()
    made.write("app.py", APPS[interface])
    # Gevent's worker has no threads to be told of.
    threads = ("--threads", "1") if interface == "wsgi" and name not in ONE_AT_A_TIME else ()
    return made.run("app:app", *words, "--workers", "1", "--limits-request-timeout", LIMIT, *threads)


LIMIT = "2"
"""Seconds: a worker that is only slow, on a machine with other work to do, must not be taken for one that hangs."""
ONE_AT_A_TIME = ("wsgi-gunicorn-sync", "wsgi-gunicorn-gevent")


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_a_worker_that_hangs_is_replaced(project: MakeProject, names: tuple[str, ...]) -> None:
    """In a busy loop, a deadlock, or stopped: the request gets 504, the log the stack, another takes its place."""
    sites = [start(project, name) for name in names]
    for count, way in enumerate(FRAMES, 1):
        before = [pid_of_a_worker(site) for site in sites]
        with ThreadPoolExecutor() as pool:
            for hung in [pool.submit(site.get, way) for site in sites]:
                assert hung.result(60).status == 504
        for site, first in zip(sites, before, strict=True):
            replaced(site, first, count)
            site.stderr.wait_for(rf"pid {first}\).*its stack follows")
            until(_in_log(site, FRAMES[way]), f"the stack is in the log of {site.port}")
    before = [pid_of_a_worker(site) for site in sites]
    for first in before:
        os.kill(first, signal.SIGSTOP)
    for site, first in zip(sites, before, strict=True):
        replaced(site, first, len(FRAMES) + 1)
        # What is stopped can write nothing.
        site.stderr.wait_for(rf"pid {first}\) was stopped \d+ s ago: another takes its place")
        # granian ends as a whole where two of its workers go within six seconds, and is started again: that is one.
        until(lambda site=site: _restarts(site) >= 1, lambda site=site: f"`status` counts it: {site.status()}")  # type: ignore[misc]


def _in_log(site: Site, words: str) -> Callable[[], bool]:
    return lambda: words in site.stdout.text + site.stderr.text


def replaced(site: Site, first: int, times: int) -> None:
    """Another answers."""
    site.stderr.wait_for("another takes its place", count=times)
    until(lambda: _another(site, first), "another answers")


def _another(site: Site, first: int) -> bool:
    answer = site.get("/")
    return answer.status == 200 and int(answer.body) != first


def _restarts(site: Site) -> int:
    rows = site.status()["processes"]
    # uvicorn with a single worker has no master: the app itself is started again.
    return max((each["restarts"] for each in rows if each["name"] == "app"), default=0)


def test_a_worker_that_is_only_slow_is_left_alone(project: MakeProject) -> None:
    """While one thread hangs and others answer, nobody is cut off."""
    made = project()
    made.write("app.py", APPS["wsgi"])
    words = ("--server", "granian", "--workers", "1", "--threads", "2", "--limits-request-timeout", LIMIT)
    site = made.run("app:app", *words)
    first = pid_of_a_worker(site)
    with ThreadPoolExecutor() as pool:
        hung = pool.submit(site.get, "/lock")
        answers = set()
        until(lambda: answers.add(pid_of_a_worker(site)) or hung.done(), "the hung request is answered")
        assert hung.result().status == 504
    assert answers == {first}
