"""A real supervisord with the files that porch rendered: deaths, stops with work in flight, and what cannot be kept up.

Rule: the files are used as they were written, by an interpreter that has no porch.
"""

from __future__ import annotations

import os
import signal
import threading

import processes
import pytest
import without_porch
from asking import Answer
from story import MakeProject, Site
from waiting import until

KINDS = {
    "granian": ("--server", "granian"),
    "gunicorn": ("--server", "gunicorn"),
    "uwsgi": ("--server", "uwsgi"),
}


def master(site: Site, mark: str) -> int:
    """Process id of the program below supervisord whose command holds the mark."""
    found = [each.pid for each in processes.below(site.process.pid) if mark in each.command]
    assert found, f"no process with {mark!r} in its command"
    return found[0]


def workers(site: Site, program: int) -> list[int]:
    """Children of that program."""
    return [each.pid for each in processes.below(program) if each.parent == program and each.state != "Z"]


def answers(site: Site) -> bool:
    """Whether the app is asked and answers."""
    try:
        return site.get("/").status == 200
    except OSError:  # nobody listens for the moment
        return False


@pytest.mark.parametrize("name", ["granian", "uwsgi"])
def test_worker_and_master_killed(project: MakeProject, name: str) -> None:
    """A killed worker is replaced by its master; a killed master is started again, and its workers do not stay."""
    site = without_porch.by_supervisord(project("echo_wsgi"), (*KINDS[name], "--workers", "2"))
    socket = str(site.project.run_folder / "app/app.sock")
    mark = {"granian": socket, "uwsgi": "uwsgi.ini"}[name]
    app = master(site, mark)
    until(lambda: len(workers(site, app)) >= 2, "both workers are there")
    before = workers(site, app)
    os.kill(before[-1], signal.SIGKILL)
    until(lambda: before[-1] not in workers(site, app) and len(workers(site, app)) >= len(before), "a new worker")
    before = workers(site, app)
    os.kill(app, signal.SIGKILL)
    until(lambda: not any(processes.alive(pid) for pid in before), "the workers of the dead master are gone")
    until(lambda: answers(site), "the site answers again")
    assert master(site, mark) != app
    assert site.stop() == 0


def test_killed_nginx_leaves_nobody_on_its_port(project: MakeProject) -> None:
    """The workers of a killed nginx are ended, so that the next one can listen."""
    site = without_porch.by_supervisord(project("echo_wsgi"), (*KINDS["granian"], "--workers", "1"))
    nginx = master(site, "nginx: master")
    until(lambda: len(workers(site, nginx)) >= 1, "nginx has its workers")
    before = workers(site, nginx)
    os.kill(nginx, signal.SIGKILL)
    until(lambda: not any(processes.alive(pid) for pid in before), "the workers of the dead nginx are gone")
    until(lambda: answers(site), "the site answers again")
    assert site.stop() == 0


def test_nothing_outlives_a_killed_supervisord(project: MakeProject) -> None:
    """What it started ends when it is gone, so that the next one can listen."""
    site = without_porch.by_supervisord(project("echo_wsgi"), (*KINDS["gunicorn"], "--workers", "1"))
    os.kill(site.process.pid, signal.SIGKILL)
    until(lambda: not site.project.left_running(), "nothing is left running")
    for left in ("supervisord.pid", "supervisor.sock"):
        (site.project.run_folder / left).unlink(missing_ok=True)


@pytest.mark.parametrize("name", KINDS)
def test_stop_cuts_no_request(project: MakeProject, name: str) -> None:
    """Told to stop with requests in work, supervisord lets each of them come to its end, then ends with 0."""
    site = without_porch.by_supervisord(project("echo_wsgi"), (*KINDS[name], "--workers", "2"))
    told: list[Answer] = []

    def ask() -> None:
        told.append(site.get("/slow?seconds=1.5"))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for each in asking:
        each.start()
    until(lambda: sum("slow begins" in line for line in site.stdout.lines) >= 3, "three requests are in work")
    assert site.stop() == 0
    for each in asking:
        each.join(10)
    assert [(each.status, each.text) for each in told] == [(200, "slow ends")] * 3


@pytest.mark.parametrize(
    ("name", "text"), [("broken", "raise RuntimeError('broken on purpose')\n"), ("prestart", None)]
)
def test_what_cannot_be_kept_up_ends_it_with_a_failure(project: MakeProject, name: str, text: str | None) -> None:
    """An app, or a prestart, that fails each time: tried again a few times, then nothing runs and the exit tells it."""
    broken = project("echo_wsgi")
    if text is None:
        broken.write("porch.toml", '[app]\nprestart = ["false"]\n')
    folder = without_porch.rendered(broken, "supervisord", ("--server", "granian"))
    if text is not None:
        broken.write("app.py", text)
    # Fewer tries than porch writes, so that the test is short.
    conf = folder / "supervisord.conf"
    conf.write_text(conf.read_text().replace("startretries = 3", "startretries = 0"))
    process = broken.start((str(without_porch.SUPERVISORD), "-c", str(conf)), {}, folder)
    said, _ = process.communicate(timeout=90)
    assert "keeper: app cannot be started; supervisord ends with a failure" in said
    assert process.returncode == -signal.SIGKILL
    assert said.index("stopped: nginx (exit status 0)") > said.index("keeper: app cannot be started")
    if text is not None:
        assert "RuntimeError: broken on purpose" in said
    until(lambda: not broken.left_running(), "nothing is left running")
    for left in ("supervisord.pid", "supervisor.sock", "nginx/nginx.pid"):
        (broken.run_folder / left).unlink(missing_ok=True)


def test_an_essential_process_that_fails_ends_all(project: MakeProject) -> None:
    """A process beside the app runs; when it fails, the rest is stopped in order and the exit tells it."""
    asked = project("echo_wsgi")
    asked.write(
        "queue.py",
        "import pathlib, sys, time\nwhile not pathlib.Path('fail').exists():\n    time.sleep(0.05)\nsys.exit(7)\n",
    )
    asked.write("porch.toml", '[process.jobs]\ncommand = ["python", "queue.py"]\nessential = true\n')
    site = without_porch.by_supervisord(asked, ("--server", "granian", "--workers", "1"))
    site.stdout.wait_for("jobs entered RUNNING state")
    assert master(site, "queue.py")
    asked.write("fail", "")
    assert site.process.wait(60) == -signal.SIGKILL
    site.stdout.wait_for("keeper: jobs has failed, and the rest cannot do without it")
    until(lambda: not asked.left_running(), "nothing is left running")
    for left in ("supervisord.pid", "supervisor.sock"):
        (asked.run_folder / left).unlink(missing_ok=True)
