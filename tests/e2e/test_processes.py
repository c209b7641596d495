"""Processes beside the app, and the command before it: in which order, how often, and what their ends mean.

Rule: what ran is read from what they wrote, in the order of the log.
"""

from __future__ import annotations

import re
import signal
import sqlite3
from itertools import pairwise

from story import MakeProject, Project
from waiting import until

WORKER = """\
import os, signal, sys, time
say = lambda word: print(word, os.environ["KIND"], flush=True)
signal.signal(signal.SIGINT, lambda *_: (say("ends"), sys.exit(0)))
say("begins")
while True: time.sleep(0.05)
"""
QUEUE = """\
[process.queue]
command = ["python", "work.py"]
count = 2
stop_signal = "INT"
env = {KIND = "mail"}
"""
RACE = """\
import sqlite3, time
base = sqlite3.connect("done.db", isolation_level=None)
base.execute("create table if not exists runs (at real, over real)")
base.execute("create table if not exists applied (name text)")
begin = time.time()
if not base.execute("select name from applied").fetchall():
    time.sleep(0.3)
    base.execute("insert into applied values ('0001')")
base.execute("insert into runs values (?, ?)", (begin, time.time()))
"""


def small(project: MakeProject, settings: str) -> Project:
    """The plain app with one worker."""
    made = project("echo_wsgi")
    made.write("work.py", WORKER)
    made.write("porch.toml", '[app]\ntarget = "app:app"\n[server]\nworkers = 1\n' + settings)
    return made


def test_processes_live_between_the_readiness_and_the_end_of_the_app(project: MakeProject) -> None:
    """They begin after the app, are in `status`, end by their signal before the app is ended, and the code is 0."""
    site = small(project, QUEUE).run()
    site.stdout.wait_for("begins mail", count=2)
    names = [each["name"] for each in site.status()["processes"] if each["role"] == "process"]
    assert names == ["queue.1", "queue.2"]
    assert site.stop() == 0
    said = site.stdout.text
    assert re.findall(r"queue\.[12]: (begins|ends) mail", said) == ["begins", "begins", "ends", "ends"]
    assert said.index("Started worker-") < said.index("begins mail")  # whichever of them is the first
    assert said.rindex("ends mail") < said.index("Shutting down granian")


def test_a_reload_gives_each_process_the_new_code(project: MakeProject) -> None:
    """Each is ended before its next one begins, and that runs what the file says now."""
    made = small(project, QUEUE.replace("count = 2", "count = 1"))
    site = made.run()
    site.stdout.wait_for("begins mail")
    made.write("work.py", WORKER.replace('"begins"', '"begins anew"'))
    assert made.porch("reload", "--run-dir", str(made.run_folder)).code == 0
    site.stdout.wait_for("begins anew mail")
    assert site.stop() == 0
    assert re.findall(r"queue: (.*) mail", site.stdout.text) == ["begins", "ends", "begins anew", "ends"]


def test_a_process_that_dies_is_started_again(project: MakeProject) -> None:
    """One that is not essential is started again after growing pauses, and the site goes on."""
    site = small(project, '[process.cron]\ncommand = ["sh", "-c", "exit 3"]\n').run()
    site.stderr.wait_for("cron exited with code 3", count=3)
    told = re.findall(r"starting it again in (\S+) s", site.stderr.text)[:3]
    assert told == ["0.1", "0.2", "0.4"]
    assert site.get("/").status == 200
    assert site.stop() == 0


def test_an_essential_process_takes_the_instance_along(project: MakeProject) -> None:
    """Its failure ends porch with its own code, after an ordered stop."""
    command = '[process.bus]\ncommand = ["sh", "-c", "until test -e fail; do sleep 0.1; done; exit 7"]\n'
    made = small(project, f"{command}essential = true\n")
    site = made.run()
    made.write("fail", "")
    assert site.wait_end() == 7
    assert "the instance cannot do without it" in site.stderr.text
    assert "Shutting down granian" in site.stdout.text


def test_a_process_that_is_done_is_not_started_again_when_told_so(project: MakeProject) -> None:
    """With `on-failure`, an exit with 0 is the end of it."""
    site = small(project, '[process.once]\ncommand = ["sh", "-c", "echo done"]\nrestart = "on-failure"\n').run()
    site.stderr.wait_for("once exited with code 0; it is not started again")
    assert site.stop() == 0
    assert site.stdout.text.count("once: done") == 1


def test_prestart_runs_at_a_reload_only_when_told_so(project: MakeProject) -> None:
    """Once for a start, none for a reload; with `prestart_on_reload` one for each, and its failure keeps the old."""
    made = small(project, "")
    plain = '[app]\ntarget = "app:app"\nprestart = ["sh", "-c", "echo runs; test ! -e bad"]\n'
    made.write("porch.toml", plain)
    site = made.run()
    reload = ("reload", "--run-dir", str(made.run_folder))
    site.stdout.wait_for("prestart: runs")
    assert made.porch(*reload).code == 0
    assert site.stdout.text.count("prestart: runs") == 1
    made.write("porch.toml", plain + "prestart_on_reload = true\n")
    assert made.porch(*reload).code == 0
    site.stdout.wait_for("prestart: runs", count=2)
    made.write("bad", "")
    assert made.porch(*reload).code == 5
    assert site.get("/").status == 200
    assert site.stop() == 0
    assert site.stdout.text.count("prestart: runs") == 3


def test_instances_that_share_a_lock_run_prestart_one_after_the_other(project: MakeProject) -> None:
    """Of five instances that start at once one applies the migration, and no two commands run at the same time."""
    made = [project("echo_wsgi") for _ in range(5)]
    common = made[0].folder
    made[0].write("race.py", RACE)
    text = f'[app]\ntarget = "app:app"\nprestart_lock = "{common}/lock"\n'
    for each in made:
        each.write(
            "porch.toml", text + f'prestart = ["sh", "-c", "cd {common} && python race.py"]\n[server]\nworkers=1'
        )
    starting = [each.run_later() for each in made]
    sites = [each.add(site) for each, site in zip(made, starting, strict=True)]
    base = sqlite3.connect(common / "done.db")
    runs = base.execute("select at, over from runs order by at").fetchall()
    assert base.execute("select count(*) from applied").fetchone() == (1,)
    assert len(runs) == 5
    assert all(before[1] <= after[0] for before, after in pairwise(runs))
    assert [site.stop() for site in sites] == [0] * 5


def test_a_saved_change_is_a_reload(project: MakeProject) -> None:
    """With --watch a save brings the next generation; a broken one keeps the old and says why; a mended one serves."""
    made = small(project, "")
    code = (made.folder / "app.py").read_text()
    site = made.run("--watch")
    site.stdout.wait_for("each save is a reload")
    made.write("app.py", code + "\nprint('the second', flush=True)\n")
    site.stderr.wait_for("generation 2 serves")
    made.write("app.py", code + "\nraise RuntimeError('half a thought')\n")
    site.stderr.wait_for("no reload: generation 2 keeps serving")
    assert "RuntimeError: half a thought" in site.stderr.text
    assert site.get("/").status == 200
    made.write("app.py", code + "\nprint('the third', flush=True)\n")
    site.stderr.wait_for("serves, ", count=2)
    watchers = [each for each in site.status()["processes"] if each["name"] == "watch"]
    assert [each["restarts"] for each in watchers] == [0]
    assert site.stop() == 0


def test_a_drain_delay_serves_on_while_readiness_is_refused(project: MakeProject) -> None:
    """After TERM the site goes on answering with readiness off; a second TERM ends the wait, and the code is 0."""
    site = small(project, "[run]\ndrain_delay = 60\n").run()
    assert site.get("/-/porch/ready").status == 200
    site.process.send_signal(signal.SIGTERM)
    until(lambda: site.get("/-/porch/ready").status == 503, "readiness is refused")
    assert site.get("/").status == 200
    assert site.status()["state"] == "draining"
    assert site.stop() == 0


def test_a_stop_during_prestart_ends_it(project: MakeProject) -> None:
    """TERM while the command before the app runs ends that command, starts no app, and the code is 0."""
    made = small(project, "")
    made.write("porch.toml", '[app]\ntarget = "app:app"\nprestart = ["sh", "-c", "echo begins; exec sleep 60"]\n')
    site = made.run_later()
    site.stdout.wait_for("prestart: begins")
    assert site.stop() == 0
    assert "Starting granian" not in site.stdout.text
