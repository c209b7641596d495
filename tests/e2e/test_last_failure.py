"""What `porch status` tells of the last failure: what, when, and the last words of the process that failed."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from releases import release
from story import MakeProject, Project, Site
from waiting import until

SERVED = [
    pytest.param("wsgi", "granian", id="granian"),
    pytest.param("wsgi", "gunicorn", id="gunicorn"),
    pytest.param("asgi", "uvicorn", id="uvicorn"),
]
SAYS = 'import os\nprint(f"worker {os.getpid()} is up", flush=True)\n'


def failure(site: Site) -> dict[str, Any]:
    """The last one; empty when there was none."""
    found: dict[str, Any] | None = site.status()["last_failure"]
    return found or {}


def workers(site: Site) -> list[int]:
    """As `status` lists them."""
    return [int(each["pid"]) for each in site.status()["processes"] if each["role"] == "app worker"]


def until_told(site: Site, what: str) -> dict[str, Any]:
    """Wait for a failure with these words."""
    until(lambda: what in failure(site).get("what", ""), lambda: f"a failure: {site.status()}")
    return failure(site)


@pytest.mark.parametrize(("interface", "server"), SERVED)
def test_a_killed_worker_is_a_failure(project: MakeProject, interface: str, server: str) -> None:
    """Two workers are listed, and no keeper of shared memory; the one that is killed is told of, with its lines."""
    made = project()
    made.write("app.py", SAYS + release(interface, 1, takes=0))
    site = made.run("app:app", "--server", server, "--workers", "2")
    until(lambda: len(workers(site)) == 2, "both workers are listed")
    assert failure(site) == {}
    home = made.run_folder / "app-1"
    until(lambda: all((home / f"pulse-{each}").exists() for each in workers(site)), "both have loaded the app")
    loaded = site.status()["uptime_s"]
    # Who dies before the first look at the workers, which is taken once a second, was never known.
    until(lambda: site.status()["uptime_s"] > loaded + 2, "the supervisor has looked")
    pid = workers(site)[0]
    os.kill(pid, signal.SIGKILL)
    told = until_told(site, f"a worker of the app (pid {pid}) ended by itself")
    assert told["name"] == "app"
    assert any("is up" in line or str(pid) in line for line in told["lines"])
    until(lambda: len(workers(site)) == 2, "another takes its place")


def test_each_later_failure_takes_the_place_of_the_one_before(project: MakeProject) -> None:
    """A process beside the app, a reload, nginx and the app's master: each is told of, in JSON and to a person."""
    made = project()
    made.write("app.py", SAYS + release("wsgi", 1, takes=0))
    made.write("queue.sh", "echo no broker; exit 3\n")
    made.write("porch.toml", '[process.queue]\ncommand = "sh queue.sh"\n')
    site = made.run("app:app", "--server", "gunicorn", "--workers", "1")
    told = until_told(site, "queue exited with code 3")
    assert (told["name"], told["lines"]) == ("queue", ["no broker"])
    made.write("porch.toml", "")
    assert reload(made) == 0
    made.write("app.py", release("wsgi", 2, bad='raise RuntimeError("no")\n', takes=0))
    assert reload(made) == 5
    assert "raised RuntimeError: no" in until_told(site, "app")["what"]
    os.kill(site.pid_of("nginx"), signal.SIGKILL)
    assert until_told(site, "nginx was killed by SIGKILL")["name"] == "nginx"
    made.write("app.py", SAYS + release("wsgi", 2, takes=0))
    os.kill(site.pid_of("app"), signal.SIGKILL)
    assert "is up" in "".join(until_told(site, "app was killed by SIGKILL")["lines"])
    shown = made.porch("status", "--run-dir", str(made.run_folder)).stdout
    assert "app was killed by SIGKILL" in shown
    assert "  worker" in shown


def reload(made: Project) -> int:
    """Exit code of the command."""
    return made.porch("reload", "--run-dir", str(made.run_folder)).code
