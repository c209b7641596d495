"""Processes killed with KILL under load: what a client notices, and for how long."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from open_loop import Load
from releases import release
from story import MakeProject, Site
from waiting import until

SERVED = [
    pytest.param("wsgi", "granian", id="wsgi-granian"),
    pytest.param("wsgi", "gunicorn", id="wsgi-gunicorn"),
    pytest.param("wsgi", "uwsgi", id="wsgi-uwsgi"),
    pytest.param("asgi", "uvicorn", id="asgi-uvicorn"),
    pytest.param("asgi", "granian", id="asgi-granian"),
    pytest.param("asgi", "gunicorn", id="asgi-gunicorn"),
    pytest.param("aiohttp", "gunicorn", id="aiohttp"),
]
BACK = 5.0
"""Seconds more than its start takes until what died is back: half of what a pause between two tries may grow to, or
nginx's own pause after failures. On a machine that has nothing else to do it is less than one."""
SOON = 1.0
"""Seconds after a death in which nginx may send to the dead one what it has not seen to be closed."""


@pytest.mark.parametrize(("interface", "server"), SERVED)
def test_a_worker_that_dies_costs_no_get(project: MakeProject, interface: str, server: str) -> None:
    """At 60 requests a second, both workers killed one after the other: no GET fails, and of POSTs those in work."""
    made = project()
    made.write("app.py", release(interface, 1, takes=0))
    site = made.run("app:app", "--server", server, "--workers", "2")
    until(lambda: len(_workers(site)) == 2, "both workers are there")
    kills: list[float] = []
    with Load(site.port, 60) as load:
        until(lambda: load.account.answered > 30, "the load flows")
        # Each once: granian ends as a whole when the same one dies twice within 5.5 s (its source, 2.8).
        for pid in _workers(site):
            kills.append(_replace(site, pid))
            _flows(load)
    failed = load.account.failed
    said = "\n".join([*site.stderr.lines, *[line for line in site.stdout.lines if " 200 " not in line]])
    # Where nginx was held up while a worker died, all places that it may ask again can be idle connections to the dead
    # one, of whose end it has not heard: such a machine holds up the client too.
    assert load.account.held or not [kind for kind in failed if kind.startswith("GET")], f"{failed}\n{said}"
    lost = [each for each in load.account.sent if each.failure]
    assert len(lost) == failed.total()
    for each in lost:
        assert any(each.planned - SOON < kill < each.planned + each.took for kill in kills), (each, kills)
    # More of them can be in work only where the client was held up, and sent what was due together.
    assert failed.total() <= 2 * len(kills) or load.account.held, failed


@pytest.mark.parametrize("program", ["app", "nginx"])
def test_a_master_that_dies_is_soon_back(project: MakeProject, program: str) -> None:
    """Requests are answered again within a second more than the whole start took, and none hangs."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    began = time.monotonic()
    site = made.run("app:app", "--workers", "2")
    start = time.monotonic() - began
    with Load(site.port, 40) as load:
        until(lambda: load.account.answered > 20, "the load flows")
        pid = site.pid_of(program)
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        until(lambda: load.account.planned > 40 * (time.monotonic() - killed) and _settled(load, killed), "it is back")
    away = [each.planned for each in load.account.sent if each.failure]
    assert max(away, default=killed) - killed < start + BACK
    assert load.account.longest < start + BACK


def _settled(load: Load, killed: float) -> bool:
    """Whether the last twenty requests were answered, the first of them after the kill."""
    last = sorted(load.account.sent, key=lambda each: each.planned)[-20:]
    return last[0].planned > killed and not any(each.failure for each in last)


def _replace(site: Site, worker: int) -> float:
    """Kill that worker, and wait for another; when it was killed."""
    before = _workers(site)
    killed = time.monotonic()
    os.kill(worker, signal.SIGKILL)
    until(lambda: _replaced(site, worker, len(before)), lambda: f"another is there: {site.stdout.text[-800:]}")
    return killed


def _flows(load: Load) -> None:
    answered = load.account.answered
    until(lambda: load.account.answered > answered + 20, "the load flows")


def _replaced(site: Site, gone: int, count: int) -> bool:
    now = _workers(site)
    return len(now) == count and gone not in now


def _workers(site: Site) -> list[int]:
    """Pids, without the process that uvicorn's multiprocessing keeps for itself."""
    return sorted(pid for pid in site.workers_of("app") if b"resource_tracker" not in _command(pid))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
