"""Reload without loss: every server, under an open-loop load that accounts for every request.

Rule: failures are counted exactly; latencies are bounded by what a person notices, and compared within one run only.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import kinds
import pytest
from open_loop import Account, Load
from releases import IMPORT_TAKES, release
from story import MakeProject, Project, Site
from waiting import until

RATE = 100
RELOADS = int(os.environ.get("RELOADS", "4"))
"""`make reloads` asks for twenty."""
STEADY = 2.0
"""Seconds of load before the first reload, to compare with."""
NOTICED = IMPORT_TAKES
"""Seconds that the slowest may take: who had to wait for the new release would wait for its import. On a machine with
nothing else to do it is a tenth of that; of ten thousand, one or another waits for a core that others have."""
FLOOR = IMPORT_TAKES / 2
"""Seconds below which a p99 says more about the machine than about the reload: of those that wait for an import, one
in a hundred waits for nearly all of it."""

SERVERS = kinds.by_name()
SIDE_BY_SIDE = [tuple(SERVERS)[place : place + 2] for place in range(0, len(SERVERS), 2)]
"""Two at a time: most of a reload is waiting."""


@dataclass
class Loaded:
    """A site under load, and when its reloads were."""

    project: Project
    site: Site
    interface: str
    load: Load
    began: float
    spans: list[tuple[float, float]]

    @property
    def account(self) -> Account:
        """Every request."""
        return self.load.account


def start(project: Project, name: str) -> tuple[Project, Site, str]:
    """The first release, on that server."""
    interface, words = SERVERS[name]
    project.write("app.py", release(interface, 1))
    return project, project.run("app:app", *words, "--workers", "2"), interface


def reload_all(sites: list[Loaded], number: int) -> None:
    """The next release of each, brought into service by HUP; returns when all serve it."""
    for one in sites:
        one.project.write("app.py", release(one.interface, number))
        one.spans.append((time.monotonic(), 0.0))
        one.site.process.send_signal(signal.SIGHUP)
    for one in sites:
        one.site.stderr.wait_for(f"generation {number} serves", 60)
        one.spans[-1] = (one.spans[-1][0], time.monotonic())


@pytest.mark.parametrize("names", SIDE_BY_SIDE, ids="+".join)
def test_no_request_is_lost(project: MakeProject, names: tuple[str, ...]) -> None:
    """At 100 requests a second, GET and POST, new and kept connections, reloads lose none and hold up none."""
    started = [start(project(), name) for name in names]
    with ExitStack() as loads:
        sites = [Loaded(*one, loads.enter_context(Load(one[1].port, RATE)), time.monotonic(), []) for one in started]
        until(lambda: all(one.account.planned >= STEADY * RATE for one in sites), "there was load to compare with")
        for number in range(2, RELOADS + 2):
            reload_all(sites, number)
        for one in sites:
            until(lambda one=one: generations(one.site) == 1, "the last old generation is gone")  # type: ignore[misc]
    for one in sites:
        judge(one)


def judge(one: Loaded) -> None:
    """Every request was answered by a release that was in service, and in time."""
    account = one.account
    assert not account.failed, one.site.stderr.text
    assert account.planned == account.answered
    assert account.answers() == {str(number) for number in range(1, RELOADS + 2)}
    steady = account.quantile(0.99, [(one.began + 0.5, one.spans[0][0])])
    during = account.quantile(0.99, one.spans)
    assert during <= max(1.5 * steady, FLOOR), f"p99 {during * 1000:.0f} ms, {steady * 1000:.0f} ms before"
    assert account.longest <= NOTICED, f"one waited {account.longest * 1000:.0f} ms"


def generations(site: Site) -> int:
    """How many have processes."""
    return sum("app master" in each["role"] for each in site.status()["processes"])


@pytest.fixture
def small(project: MakeProject) -> tuple[Project, Site]:
    """A site on the default server whose release needs no time to import."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    site = made.run("app:app", "--workers", "2")
    # One that is still to load it would take the next release for the first.
    site.wait_loaded(2)
    return made, site


def ask_reload(project: Project) -> tuple[int, str]:
    """Exit code and standard error of `porch reload`."""
    outcome = project.porch("reload", "--run-dir", str(project.run_folder))
    return outcome.code, outcome.stderr


def test_the_command_returns_when_the_old_is_gone(small: tuple[Project, Site]) -> None:
    """After `porch reload` the new release alone has processes and a folder, and `status` tells of it."""
    project, site = small
    project.write("app.py", release("wsgi", 2, takes=0))
    before = site.pid_of("app")
    assert ask_reload(project) == (0, "")
    status = site.status()
    assert (status["state"], status["generation"]) == ("ready", 2)
    assert status["last_reload"]["ok"] is True
    assert generations(site) == 1
    assert site.pid_of("app") != before
    assert [each.name for each in project.run_folder.glob("app-*")] == ["app-2"]
    assert site.get("/").text == "2 0"


def test_a_long_request_is_finished_by_the_old(small: tuple[Project, Site]) -> None:
    """A POST that takes longer than the pool of connections lives is answered by the generation that has it."""
    project, site = small
    project.write("app.py", release("wsgi", 2, takes=0))
    until(lambda: connected(site) == 0, "the connection of the readiness question is gone")
    with Load(site.port, 20, path="/slow?4", only=2) as load:
        until(lambda: load.account.planned == 2, "the requests are on their way")
        until(lambda: connected(site) >= 2, "the app has them")
        code, said = ask_reload(project)
        assert code == 0, said
        assert site.get("/").text == "2 0"
    assert not load.account.failed
    assert load.account.answers() == {"1"}


def connected(site: Site) -> int:
    """Connections that the app of generation 1 has taken."""
    path = f"{site.project.run_folder}/app-1/app.sock"
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return sum(line.endswith(path) and line.split()[5] == "03" for line in lines)


def test_a_storm_is_one_reload_more(small: tuple[Project, Site]) -> None:
    """Fifty HUPs at once end in the latest release, in one or two reloads."""
    project, site = small
    project.write("app.py", release("wsgi", 2, takes=0))
    began = time.monotonic()
    for _ in range(50):
        site.process.send_signal(signal.SIGHUP)
    storm = time.monotonic() - began
    assert ask_reload(project)[0] == 0
    assert site.get("/").text == "2 0"
    status = site.status()
    assert status["state"] == "ready"
    # One for the first of them, one for the rest, one for the command; a storm that was held up is more than one.
    assert status["generation"] <= 4 + 4 * int(storm / 0.1)


def test_what_nginx_answers_changes_too(small: tuple[Project, Site]) -> None:
    """A new static folder is answered by nginx after a reload, and the app goes on without a failed request."""
    project, site = small
    project.write("files/note.txt", "a note")
    project.write("porch.toml", '[static]\n"/files/" = "files"\n')
    assert site.get("/files/note.txt").text == "1 0"
    with Load(site.port, 50, keep=False) as load:
        until(lambda: load.account.planned > 20, "there is load")
        code, said = ask_reload(project)
        assert code == 0, said
    assert not load.account.failed
    assert site.get("/files/note.txt").text == "a note"
    assert not list(project.run_folder.glob("*.next"))


def test_a_new_address_needs_a_start(small: tuple[Project, Site]) -> None:
    """A changed setting that only a start can change is refused with code 5, both values and what to do."""
    project, site = small
    project.write("porch.toml", '[log]\nformat = "json"\n[run]\nuser = "root"\n')
    code, said = ask_reload(project)
    assert code == 5
    assert "the user that the app runs as: changed from" in said
    assert "porch stop, then porch run" in said
    assert "Traceback" not in said
    assert site.status()["generation"] == 1


def test_a_typo_is_told_to_who_asked(small: tuple[Project, Site]) -> None:
    """An unknown key in porch.toml is refused with code 5, its place and a suggestion."""
    project, site = small
    project.write("porch.toml", "[server]\nworker = 3\n")
    code, said = ask_reload(project)
    assert code == 5
    assert "porch.toml:2" in said
    assert 'did you mean "workers"?' in said
    assert site.get("/").text == "1 0"
