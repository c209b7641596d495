"""Broken releases, and reloads that are cut short: the old generation keeps serving, and nothing of the new is left."""

from __future__ import annotations

import os
import signal
import time

import pytest
import releases
from open_loop import Load
from releases import release
from story import MakeProject, Project, Site
from waiting import until

AT_MOST = 8
"""Seconds for a start; a good one takes a tenth of it on a machine that has nothing else to do."""
IN_TIME = 20.0
BROKEN = [
    pytest.param("granian", releases.RAISES, "RuntimeError: the release is broken", id="raises"),
    pytest.param("uwsgi", releases.RAISES, "RuntimeError: the release is broken", id="raises-uwsgi"),
    pytest.param("granian", releases.ENDS, "ended the process with exit code 7", id="ends"),
    pytest.param("granian", releases.HANGS, f"was not ready within {AT_MOST} s", id="hangs"),
    pytest.param("granian", releases.ILL, "the app answered 500 at /health", id="ill"),
    # Its master ends, or its workers are seen to die in a row: whichever the supervisor sees first is told.
    pytest.param("granian", releases.CRASHES, "before the app", id="crashes"),
    pytest.param("gunicorn", releases.CRASHES, "die before the app is ready", id="crashes-gunicorn"),
]


def started(project: Project, *words: str) -> Site:
    """The first release, which is good."""
    project.write("app.py", release("wsgi", 1, takes=0))
    site = project.run("app:app", "--workers", "2", *words)
    # Ready is said with the first worker; the other must have read this release before the next one is written.
    site.wait_loaded(2)
    return site


def loaded(site: Site, number: int) -> int:
    """Workers of that generation that have loaded the app."""
    home = site.project.run_folder / f"app-{number}"
    return sum((home / f"pulse-{pid}").exists() for pid in site.workers_of("app"))


def left_of(project: Project, number: int) -> list[str]:
    """What lies in the run folder of that generation, or of any that is to come."""
    folder = project.run_folder
    found = [*folder.glob(f"app-{number}*"), *folder.glob("*.next"), *folder.glob("launch-*")]
    return sorted(path.name for path in found)


@pytest.mark.parametrize(("server", "bad", "cause"), BROKEN)
def test_a_broken_release_harms_nobody(project: MakeProject, server: str, bad: str, cause: str) -> None:
    """It is refused in time with its cause, no request fails, nothing of it is left, and the next good one works."""
    made = project()
    site = started(made, "--server", server, "--limits-start-timeout", str(AT_MOST), "--app-health", "/health")
    with Load(site.port, 50) as load:
        made.write("app.py", release("wsgi", 2, bad, takes=0))
        began = time.monotonic()
        refused = made.porch("reload", "--run-dir", str(made.run_folder))
        assert time.monotonic() - began < IN_TIME
        assert refused.code == 5
        assert cause in refused.stderr
        assert "generation 1 keeps serving" in refused.stderr
        if bad == releases.HANGS:
            place = f'{made.folder}/app.py", line 6 in <module>'
            until(lambda: place in site.stdout.text, "the log shows where it hangs")
        until(lambda: left_of(made, 2) == [], "no file of the failed generation is left")
        status = site.status()
        assert (status["state"], status["generation"]) == ("ready", 1)
        assert status["last_reload"]["ok"] is False
        assert sum("app master" in each["role"] for each in status["processes"]) == 1
        made.write("app.py", release("wsgi", 3, takes=0))
        assert made.porch("reload", "--run-dir", str(made.run_folder)).code == 0
        until(lambda: "3" in load.account.answers(), "the next release answers")
    assert not load.account.failed
    assert load.account.answers() == {"1", "3"}


def slow_reload(project: Project, site: Site, number: int = 2) -> None:
    """A reload that is under way: the next generation is being imported, until `import_ends`."""
    waits = f"import os\nwhile not os.path.exists('{project.folder}/imported'): time.sleep(0.02)\n"
    project.write("app.py", release("wsgi", number, waits, takes=0))
    site.process.send_signal(signal.SIGHUP)
    until(lambda: site.status()["state"] == "reloading", "the reload is under way")
    until(lambda: next_master(site), "the next generation has a process")


def import_ends(project: Project) -> None:
    """Let the next generation go on."""
    project.write("imported", "")


def next_master(site: Site) -> int:
    """Pid of the generation that starts; 0 when there is none."""
    rows = [each for each in site.status()["processes"] if each["role"] == "next app master"]
    return int(rows[0]["pid"]) if rows else 0


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_stop_wins(project: MakeProject, by: signal.Signals) -> None:
    """Told to stop in the midst of a reload, porch ends with 0 at once, and leaves nothing."""
    made = project()
    site = started(made)
    slow_reload(made, site)
    assert site.stop(by, deadline=25) == 0


def test_the_old_may_die_meanwhile(project: MakeProject) -> None:
    """The old generation, killed during a reload, is started again, and gives way when the new one serves first."""
    made = project()
    site = started(made)
    slow_reload(made, site)
    os.kill(site.pid_of("app"), signal.SIGKILL)
    site.stderr.wait_for("app was killed by SIGKILL; starting it again")
    import_ends(made)
    site.stderr.wait_for("generation 2 serves")
    until(lambda: sum("app master" in each["role"] for each in site.status()["processes"]) == 1, "one is left")
    assert site.get("/").text == "2 0"
    back = site.stderr.text.count("app is back")
    os.kill(site.pid_of("app"), signal.SIGKILL)
    site.stderr.wait_for("app is back", count=back + 1)
    assert site.get("/").text == "2 0"
    # The stop is not the claim here: granian's, told while one of its workers still starts, may take all its time.
    until(lambda: loaded(site, 2) == 2, "both workers have loaded the app")


def test_the_new_may_die_meanwhile(project: MakeProject) -> None:
    """The new generation, killed before it serves, is given up with its cause, and the old one serves on."""
    made = project()
    site = started(made)
    slow_reload(made, site)
    os.kill(next_master(site), signal.SIGKILL)
    site.stderr.wait_for("was killed by SIGKILL before the app was ready")
    site.stderr.wait_for("no reload: generation 1 keeps serving")
    assert site.get("/").text == "1 0"
    until(lambda: left_of(made, 2) == [], "no file of the failed generation is left")
