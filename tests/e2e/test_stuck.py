"""Workers that hang: the client gets 504, the worker another in its place, and the log its stack."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from story import MakeProject, Site
from waiting import until

WSGI = """\
import os, threading


def hold_the_lock_for_ever():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def app(environ, start_response):
    if environ["PATH_INFO"] == "/hang":
        hold_the_lock_for_ever()
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
ASGI = """\
import os


def never_wait_for_anything():
    while True:
        pass


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    if scope["path"] == "/hang":
        never_wait_for_anything()
    body = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""
AIOHTTP = """\
import os
from aiohttp import web


def never_wait_for_anything():
    while True:
        pass


async def hang(request):
    never_wait_for_anything()


async def pid(request):
    return web.Response(text=str(os.getpid()))


app = web.Application()
app.add_routes([web.get("/hang", hang), web.get("/", pid)])
"""
APPS = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}
FRAMES = {"wsgi": "hold_the_lock_for_ever", "asgi": "never_wait_for_anything", "aiohttp": "never_wait_for_anything"}
SERVED = [
    pytest.param("wsgi", "granian", id="wsgi-granian"),
    pytest.param("wsgi", "gunicorn", id="wsgi-gunicorn"),
    pytest.param("asgi", "uvicorn", id="asgi-uvicorn"),
    pytest.param("asgi", "granian", id="asgi-granian"),
    pytest.param("asgi", "gunicorn", id="asgi-gunicorn"),
    pytest.param("aiohttp", "gunicorn", id="aiohttp"),
]


def pid_of_a_worker(site: Site) -> int:
    """The one that answered."""
    return int(site.get("/").body)


@pytest.mark.parametrize(("interface", "server"), SERVED)
def test_a_worker_that_hangs_is_replaced(project: MakeProject, interface: str, server: str) -> None:
    """The request gets 504, the worker's stack is in the log, another takes its place, and `status` counts it."""
    made = project()
    made.write("app.py", APPS[interface])
    threads = ("--threads", "1") if interface == "wsgi" else ()
    site = made.run("app:app", "--server", server, "--workers", "1", "--limits-request-timeout", "1", *threads)
    first = pid_of_a_worker(site)
    with ThreadPoolExecutor() as pool:
        hung = pool.submit(site.get, "/hang")
        site.stderr.wait_for("another takes its place", 20)
        assert hung.result(20).status == 504
    until(lambda: site.get("/").status == 200, "the site answers again", 20)
    assert pid_of_a_worker(site) != first
    said = site.stdout.text + site.stderr.text
    assert FRAMES[interface] in said
    until(lambda: _restarts(site) >= 1, lambda: f"`status` counts the restart: {site.status()}", 5)


def _restarts(site: Site) -> int:
    rows = site.status()["processes"]
    # uvicorn with a single worker has no master: the app itself is started again.
    return max(each["restarts"] for each in rows if each["name"] == "app")


def test_a_worker_that_is_stopped_is_replaced(project: MakeProject) -> None:
    """SIGSTOP, which no process can refuse, takes a worker away for the limit and no longer."""
    made = project()
    made.write("app.py", WSGI)
    site = made.run("app:app", "--server", "granian", "--workers", "1", "--limits-request-timeout", "1")
    first = pid_of_a_worker(site)
    os.kill(first, signal.SIGSTOP)
    site.stderr.wait_for("another takes its place", 20)
    until(lambda: site.get("/").status == 200, "the site answers again", 20)
    assert pid_of_a_worker(site) != first


def test_a_worker_that_is_only_slow_is_left_alone(project: MakeProject) -> None:
    """While one thread hangs and others answer, nobody is cut off."""
    made = project()
    made.write("app.py", WSGI)
    words = ("--server", "granian", "--workers", "1", "--threads", "2", "--limits-request-timeout", "1")
    site = made.run("app:app", *words)
    first = pid_of_a_worker(site)
    with ThreadPoolExecutor() as pool:
        hung = pool.submit(site.get, "/hang")
        answers = set()
        until(lambda: answers.add(pid_of_a_worker(site)) or hung.done(), "the hung request is answered", 20)
        assert hung.result().status == 504
    assert answers == {first}
