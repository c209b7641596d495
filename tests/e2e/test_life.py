"""Stops that cut nothing, and deaths that do not last.

Rule: counts are exact; a request in work at the stop is answered, a killed process is replaced and its children gone.
"""

from __future__ import annotations

import http.client
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kinds
import processes
import pytest
from releases import release
from story import MakeProject, Site
from waiting import until

from porch.facts import find_nginx

SERVERS = kinds.by_name()
IN_FLIGHT = 20
THREADS = ("--workers", "1", "--threads", str(IN_FLIGHT))
STOPPED = [
    pytest.param("echo_wsgi", ("--server", "granian", *THREADS), id="wsgi-granian"),
    pytest.param("echo_wsgi", ("--server", "gunicorn", *THREADS), id="wsgi-gunicorn"),
    pytest.param("echo_wsgi", ("--server", "uwsgi", *THREADS), id="wsgi-uwsgi"),
    pytest.param("echo_asgi", ("--server", "granian", "--workers", "1"), id="asgi-granian"),
    pytest.param("echo_asgi", ("--server", "uvicorn", "--workers", "1"), id="asgi-uvicorn"),
    pytest.param("echo_asgi", ("--server", "gunicorn", "--workers", "1"), id="asgi-gunicorn"),
    pytest.param("echo_aiohttp", ("--server", "gunicorn", "--workers", "1"), id="aiohttp-gunicorn"),
]


@pytest.mark.parametrize(("app", "words"), STOPPED)
def test_stop_cuts_no_request(project: MakeProject, app: str, words: tuple[str, ...]) -> None:
    """Twenty requests of one second that are in work at TERM are all answered 200, and porch ends with 0."""
    site = project(app).run("app:app", *words)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        asked = [pool.submit(site.get, "/slow?seconds=1") for _ in range(IN_FLIGHT)]
        site.stdout.wait_for("slow begins", count=IN_FLIGHT)
        assert site.stop() == 0
        assert [each.result().status for each in asked] == [200] * IN_FLIGHT
        assert {each.result().text for each in asked} == {"slow ends"}


def test_requests_that_wait_for_a_worker_are_answered_too(project: MakeProject) -> None:
    """Requests that a busy sync worker has not begun when porch is told to stop are answered before it ends."""
    words = ("--server", "gunicorn", "--server-worker-class", "sync", "--workers", "1")
    made = project("edge_wsgi")
    site = made.run("app:app", *words)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(site.get, "/wait?gate=opened") for _ in range(4)]
        until(lambda: _requests_at(site.port) == 4, "nginx has taken four connections")
        until((made.folder / "opened.begun").exists, "the first is in work")
        site.process.send_signal(signal.SIGTERM)
        until((made.run_folder / "draining").exists, "the stop has begun")
        made.write("opened", "")
        assert site.wait_end() == 0
        assert [each.result().status for each in asked] == [200] * 4


def _requests_at(port: int) -> int:
    """Connections to the port that nginx has accepted, and whose bytes it has read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = [row for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "01"]
    return len([row for row in here if row[4].endswith(":00000000") and row[9] != "0"])


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_stop_by_signal(project: MakeProject, by: signal.Signals) -> None:
    """TERM and INT end porch with 0, and nothing is left."""
    site = project("echo_asgi").run("app:app", "--workers", "1")
    assert site.get("/").status == 200
    assert site.stop(by) == 0


# The thread's sleep is the app's work; that an end waits for it is asked of tests/unit/worker/test_process.py.
LEAVING = """
import atexit
from concurrent.futures import ThreadPoolExecutor

ThreadPoolExecutor(1).submit(lambda: (time.sleep(0.3), print("a thread has done its part")))
atexit.register(print, "and then the app left")
"""
LEFT = [pytest.param(*each, id=name) for name, each in SERVERS.items() if "uvicorn" not in name]
"""uvicorn dies of the signal that stops it, as docs/how-to/choose-a-server.md says."""


@pytest.mark.parametrize(("interface", "server"), LEFT)
def test_an_app_leaves_in_order(project: MakeProject, interface: str, server: tuple[str, ...]) -> None:
    """What it registered with `atexit` runs when a worker is replaced, and at the stop."""
    made = project()
    made.write("app.py", release(interface, 1, takes=0) + LEAVING)
    site = made.run("app:app", *server, "--workers", "2")
    site.wait_loaded(2)
    assert made.porch("reload").code == 0
    site.wait_loaded(2, "app-2")
    assert site.stop() == 0
    for told in ("a thread has done its part", "and then the app left"):
        assert site.stdout.text.count(told) + site.stderr.text.count(told) == 4


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_stop_while_workers_still_start(project: MakeProject, kind: str) -> None:
    """Told to stop in the moment of ready, while other workers still start, porch does not wait for a deadline."""
    words = ("--server", "gunicorn", "--server-worker-class", kind, "--workers", "8")
    site = project("echo_wsgi").run("app:app", *words)
    assert site.stop() == 0


SLOW_FORK = "import os, time\nos.register_at_fork(after_in_child=lambda: time.sleep(0.5))\n"
"""What a busy machine does: time passes between a worker's fork and its first own step."""


def test_stop_while_a_worker_is_forked(project: MakeProject) -> None:
    """A stop that reaches workers that have yet to run their first step is heard by them, and costs no deadline."""
    made = project("echo_wsgi")
    made.write("gunicorn.conf.py", SLOW_FORK)
    words = ("--server", "gunicorn", "--server-worker-class", "gthread", "--workers", "8")
    site = made.run("app:app", *words)
    assert site.stop() == 0


@pytest.fixture(scope="module", params=["granian", "gunicorn"])
def alive(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """An app with two workers; all are there, as the first to answer makes the site ready."""
    words = ("--server", request.param, "--workers", "2", "--nginx-workers", "2")
    site = shared_project("echo_wsgi").run("app:app", *words)
    until(lambda: all(len(site.workers_of(each)) == 2 for each in ("app", "nginx")), "all workers are there")
    return site


@pytest.mark.parametrize("program", ["app", "nginx"])
def test_killed_worker_comes_back(alive: Site, program: str) -> None:
    """A worker killed with KILL is replaced under the same master, and the site answers."""
    master, before = alive.pid_of(program), alive.workers_of(program)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: _full(alive, program, len(before), without=before[:1]), f"the {program} has its workers again")
    assert alive.pid_of(program) == master
    assert alive.get("/").status == 200


@pytest.mark.parametrize("program", ["app", "nginx"])
def test_killed_master_comes_back(alive: Site, program: str) -> None:
    """A master killed with KILL is replaced, its old workers are gone, and the site answers."""
    master, before = alive.pid_of(program), alive.workers_of(program)
    os.kill(master, signal.SIGKILL)
    until(lambda: not any(processes.alive(pid) for pid in (master, *before)), "the old processes are gone", 15)
    until(lambda: _answers(alive), "the site answers again")
    until(lambda: _full(alive, program, len(before), without=before), f"the {program} has its workers again")
    restarted = [each for each in alive.status()["processes"] if each["name"] == program]
    assert restarted[0]["pid"] != master
    assert restarted[0]["restarts"] >= 1


def _full(site: Site, program: str, count: int, without: list[int]) -> bool:
    now = site.workers_of(program)
    return len(now) == count and not set(now) & set(without)


def _answers(site: Site) -> bool:
    try:
        return site.get("/").status == 200
    except OSError:  # nobody listens for the moment
        return False


EMBEDDED = next(each.binary for each in find_nginx("auto") if each.embedded)


@pytest.mark.parametrize("words", [(), ("--nginx-binary", EMBEDDED)], ids=["the machine's nginx", "the embedded nginx"])
def test_a_browser_that_is_open_does_not_hold_up_a_stop(project: MakeProject, words: tuple[str, ...]) -> None:
    """A kept connection that was used a moment ago is waited for a second at most, not until the client leaves."""
    site = project("echo_wsgi").run("app:app", "--workers", "1", *words)
    kept = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    kept.request("GET", "/")
    assert kept.getresponse().read() != b""
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    assert kept.sock.recv(1) == b""
    # nginx would wait for ten seconds until an idle client has given its connection back.
    assert time.monotonic() - began < 8
    assert site.wait_end() == 0
    kept.close()
