"""As the first process of a container, and as any other: orphans are reaped, exit codes are exact, signals are heeded.

Rule: the namespace is a real one, as containers have it; without the right to make one the same is asked outside.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time

import processes
import pytest
from releases import release
from story import MakeProject, Project, Site
from waiting import until

ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
MAY = subprocess.run((*ALONE, "true"), capture_output=True, check=False).returncode == 0
PLACES = [
    pytest.param(ALONE, id="first", marks=pytest.mark.skipif(not MAY, reason="no right to make a pid namespace")),
    pytest.param((), id="any"),
]
STRAYS = """\
import subprocess

def app(environ, start_response):
    if environ["PATH_INFO"] == "/strays":
        # Each subshell ends at once and leaves a child behind.
        subprocess.run(["sh", "-c", "i=0; while [ $i -lt 1000 ]; do (: &); i=$((i + 1)); done"], check=True)
    start_response("200 OK", [("Content-Length", "5")])
    return [b"alive"]
"""
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS)
"""They tell of a fault of the program's own."""
PERSONS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""They stop it as a person at the terminal wants."""
MEANT = {*STOPS, *FAULTS, *PERSONS, signal.SIGHUP, signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
NOTHING = tuple(number for number in signal.valid_signals() if number not in MEANT)


def run(project: Project, within: tuple[str, ...], *words: str) -> Site:
    """The app, in a namespace of its own or not."""
    project.within = within
    try:
        return project.run("app:app", "--workers", "1", *words)
    finally:
        project.within = ()


def supervisor(site: Site) -> int:
    """Its pid, as it is seen from here."""
    own = site.process.pid
    return next(each.pid for each in processes.below(own)) if "unshare" in _program(own) else own


def _program(pid: int) -> str:
    return next(each.command for each in processes.everything() if each.pid == pid)


@pytest.mark.parametrize("within", PLACES)
def test_a_thousand_orphans_are_reaped(project: MakeProject, within: tuple[str, ...]) -> None:
    """What the app forks twice and leaves behind is no zombie when it ends, and the site goes on."""
    made = project()
    made.write("app.py", STRAYS)
    site = run(made, within, "--server", "gunicorn", "--server-worker-class", "sync")
    own = supervisor(site)
    assert site.get("/strays").status == 200
    until(lambda: not strays(own), lambda: f"all are gone: {strays(own)[-3:]}")
    assert site.get("/").text == "alive"
    os.kill(own, signal.SIGTERM)
    assert site.wait_end() == 0


def strays(own: int) -> list[processes.Process]:
    """What is left of the shells: a zombie has no command, and stands by its name."""
    return [each for each in processes.below(own) if each.state == "Z" or each.command.startswith("sh -c")]


@pytest.mark.parametrize("within", PLACES)
def test_signals_that_mean_nothing_do_nothing(project: MakeProject, within: tuple[str, ...]) -> None:
    """USR1, USR2, WINCH, PIPE, ALRM and all others that porch knows nothing to do with leave the site as it is."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    # One worker of each kind, who has answered by now: nobody is still being started.
    site = run(made, within, "--nginx-workers", "1")
    own = supervisor(site)
    before = [each.pid for each in processes.below(own)]
    for number in NOTHING:
        os.kill(own, number)
    assert site.get("/").text == "1 0"
    assert [each.pid for each in processes.below(own)] == before
    os.kill(own, signal.SIGHUP)
    site.stderr.wait_for("generation 2 serves")
    assert site.get("/").text == "1 0"
    os.kill(own, signal.SIGTERM)
    assert site.wait_end() == 0


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize("within", PLACES)
def test_a_stop_ends_with_0(project: MakeProject, within: tuple[str, ...], number: signal.Signals) -> None:
    """TERM, INT and QUIT are an ordered stop."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    site = run(made, within)
    os.kill(supervisor(site), number)
    assert site.wait_end() == 0


ESSENTIAL = '[process.helper]\ncommand = ["sh", "-c", "{}"]\nrestart = "never"\nessential = true\n'
ENDS = [
    pytest.param("nothing:app", "", 3, id="no app"),
    pytest.param("app:app", "[server]\nworker = 3\n", 2, id="typo"),
    pytest.param("app:app", ESSENTIAL.format("exit 7"), 7, id="its code"),
    pytest.param("app:app", ESSENTIAL.format("kill -KILL $$"), 128 + 9, id="its signal"),
]


@pytest.mark.parametrize(("target", "settings", "code"), ENDS)
@pytest.mark.parametrize("within", PLACES[:1])
def test_each_end_has_its_code(
    project: MakeProject, within: tuple[str, ...], target: str, settings: str, code: int
) -> None:
    """What ends porch is told by its exit code, as the first process too."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    made.write("porch.toml", settings)
    made.within = within
    assert made.run_refused(target).code == code


@pytest.mark.parametrize("within", PLACES[:1])
def test_a_busy_port_is_4(project: MakeProject, within: tuple[str, ...]) -> None:
    """The machine refuses, and says so by its own code."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    made.within = within
    with socket.create_server(("127.0.0.1", made.port)):
        assert made.run_refused("app:app").code == 4


@pytest.mark.parametrize("within", PLACES)
def test_a_stop_during_the_start_ends_at_once(project: MakeProject, within: tuple[str, ...]) -> None:
    """Told to stop while the app is still imported, porch ends with 0 and leaves nothing."""
    made = project()
    made.write("app.py", release("wsgi", 1, 'open("begun", "w").close()\ntime.sleep(300)\n', takes=0))
    made.within = within
    site = made.run_later("app:app", "--workers", "1")
    until((made.folder / "begun").exists, "the app is being imported")
    began = time.monotonic()
    os.kill(supervisor(site), signal.SIGTERM)
    assert site.wait_end() == 0
    assert time.monotonic() - began < 20
