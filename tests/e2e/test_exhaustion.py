"""A machine that runs out: no room on the disk, no descriptors, no memory, and clocks that jump.

Rule: each fault is a real one; while it lasts porch says so and goes on with what it can, and within five seconds after
its cause is gone all is as before.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from releases import release
from story import MakeProject, Project, Site
from waiting import until

BACK = 5.0
"""Seconds after the cause is gone."""
BESIDE = 25.0
"""Seconds more for it where other tests run: each process that it takes waits for a core first."""
SERVERS = ("granian", "gunicorn")
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static char path[4096];
/* nginx empties its environment. */
__attribute__((constructor)) static void begin(void) { snprintf(path, sizeof path, "%s", getenv("CLOCK_SHIFT")); }
static long shift(void) {
    long found = 0;
    FILE *file = fopen(path, "re");
    if (file) { if (fscanf(file, "%ld", &found) != 1) found = 0; fclose(file); }
    return found;
}
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, now);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) now->tv_sec += shift();
    return code;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    int code = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return code;
}
time_t time(time_t *into) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (into) *into = found.tv_sec;
    return found.tv_sec;
}
"""
"""Loaded before all else: the time of day jumps, and nothing else. libfaketime 0.9.10 makes every sleep of Python 3.11
fail when it is told to leave the monotonic clock alone, as a jump of the real clock does."""


def _may_mount() -> bool:
    words = ("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt")
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


mounts = pytest.mark.skipif(not _may_mount(), reason="no right to mount a file system of its own size")


@contextmanager
def disk(folder: Path, size: str) -> Generator[Path]:
    """A file system of that size at the folder, open to its users as a folder in /tmp is."""
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "none", str(folder)), check=True)
    try:
        yield folder / "filling.log"
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


def fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return


def ready(project: Project, *words: str) -> Site:
    """The first release, on two workers."""
    project.write("app.py", release("wsgi", 1, takes=0))
    return project.run("app:app", "--workers", "2", *words)


def reload(project: Project) -> tuple[int, str]:
    """Exit code and words of `porch reload`."""
    outcome = project.porch("reload", "--run-dir", str(project.run_folder))
    assert "Traceback" not in outcome.stderr
    return outcome.code, outcome.stderr


def answers(site: Site) -> bool:
    """Whether the site is well."""
    try:
        return site.get("/").status == 200
    except OSError:
        return False


@mounts
def test_no_room_at_the_start(project: MakeProject) -> None:
    """The start ends with code 4 and the reason, and leaves nothing."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    with disk(made.run_folder, "8k"):
        refused = made.run_refused("app:app")
    assert refused.code == 4
    assert "No space left on device" in refused.stderr
    assert "Traceback" not in refused.stderr


@mounts
@pytest.mark.parametrize("server", SERVERS)
def test_no_room_for_the_run_folder(project: MakeProject, server: str) -> None:
    """The site goes on, even over the death of a master, and refuses a reload with the reason until there is room."""
    made = project()
    with disk(made.run_folder, "1m") as filling:
        site = ready(made, "--server", server)
        fill(filling)
        assert site.get("/").text == "1 0"
        code, said = reload(made)
        assert code == 5
        assert "No space left on device" in said
        assert "generation 1 keeps serving" in said
        os.kill(site.pid_of("app"), signal.SIGKILL)
        until(lambda: answers(site), "the site is back, without room")
        filling.unlink()
        made.write("app.py", release("wsgi", 2, takes=0))
        freed = time.monotonic()
        assert reload(made)[0] == 0
        assert site.get("/").text == "2 0"
        assert time.monotonic() - freed < BACK + BESIDE
        assert site.post("/", b"x" * 500_000).text == "2 500000"
        assert site.stop() == 0


@mounts
def test_no_room_for_a_large_body(project: MakeProject) -> None:
    """A body that nginx cannot keep is answered with an error, and the next one is taken when there is room."""
    made = project()
    with disk(made.run_folder, "1m") as filling:
        site = ready(made)
        fill(filling)
        assert site.post("/", b"x" * 500_000).status == 500
        assert site.get("/").status == 200
        filling.unlink()
        assert site.post("/", b"x" * 500_000).text == "1 500000"
        assert site.stop() == 0


def test_few_descriptors(project: MakeProject) -> None:
    """With `ulimit -n 64` the site works; when all of porch's are taken, what dies is back soon after."""
    made = project()
    made.within = ("prlimit", "--nofile=64:64")
    site = ready(made)
    made.within = ()
    with ExitStack() as taken:
        for _ in range(70):
            control = taken.enter_context(socket.socket(socket.AF_UNIX))
            control.settimeout(30)
            control.connect(str(made.run_folder / "control.sock"))
            # One that says nothing is hung up on after five seconds.
            control.sendall(b'{"do": "logs", "follow": true}\n')
        until(lambda: len(list(Path(f"/proc/{site.process.pid}/fd").iterdir())) >= 60, "porch has no descriptor left")
        assert site.get("/").status == 200
        master = _child(site, "granian")
        os.kill(master, signal.SIGKILL)
        site.stderr.wait_for("cannot start app")
    freed = time.monotonic()
    # The pauses between two tries grow while none succeeds.
    until(lambda: answers(site), lambda: f"the app is back: {site.stderr.text[-800:]}")
    assert time.monotonic() - freed < BACK + BESIDE
    until(lambda: site.status()["state"] == "ready", "it is ready again")
    assert "Traceback" not in site.stderr.text
    assert site.stop() == 0


def _child(site: Site, word: str) -> int:
    """Pid of a direct child whose command has this word: `status` cannot be asked when no descriptor is left."""
    for entry in Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split():
        if word in Path(f"/proc/{entry}/cmdline").read_text():
            return int(entry)
    raise AssertionError(f"no child of porch is {word}")


def test_more_clients_than_descriptors(project: MakeProject) -> None:
    """More idle connections than nginx can hold: it says so, and answers again as soon as they are gone."""
    made = project()
    made.within = ("prlimit", "--nofile=64:64")
    site = ready(made)
    made.within = ()
    with ExitStack() as crowd:
        for _ in range(200):
            crowd.enter_context(socket.create_connection(("127.0.0.1", site.port), 30))
        site.stdout.wait_for("nginx: .*(Too many open files|worker_connections are not enough)")
    until(lambda: answers(site), "the site answers again", BACK + BESIDE)
    assert site.stop() == 0


EATS = """\
def app(environ, start_response):
    if environ["PATH_INFO"] == "/eat":
        bytearray(8 << 30)
    start_response("200 OK", [("Content-Length", "3")])
    return [b"1 0"]
"""


def test_no_memory(project: MakeProject) -> None:
    """A request that needs more memory than there may be is answered 500, and the next ones 200."""
    made = project()
    made.write("app.py", EATS)
    made.within = ("prlimit", f"--as={6 << 30}")
    site = made.run("app:app", "--workers", "2")
    made.within = ()
    assert site.get("/eat").status == 500
    site.stdout.wait_for("MemoryError")
    assert site.get("/").status == 200
    assert site.stop() == 0


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler to make a clock that jumps")
@pytest.mark.parametrize("server", ["granian", "gunicorn", "uwsgi"])
def test_the_clock_jumps(project: MakeProject, server: str) -> None:
    """A day forward and two days back: no process is replaced, requests and reloads work, and the stop is in time."""
    made = project()
    source, library = made.write("clock.c", CLOCK), made.folder / "clock.so"
    subprocess.run(("cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"), check=True)
    clock = made.write("clock", "0")
    made.write("app.py", release("wsgi", 1, takes=0))
    words = ("--workers", "2", "--server", server, "--log-format", "json")
    site = made.run("app:app", *words, LD_PRELOAD=str(library), CLOCK_SHIFT=str(clock))
    until(lambda: len(_workers(site)) >= 2, "both workers are there")
    before = _workers(site)
    for days in (1, -1):
        clock.write_text(str(days * 86400))
        until(
            lambda days=days: _days_in_log(site) == days,
            lambda: f"the log tells the new time: {site.stdout.text[-400:]}",
        )  # type: ignore[misc]
        assert site.status()["state"] == "ready"
    assert _workers(site) == before
    made.write("app.py", release("wsgi", 2, takes=0))
    assert reload(made)[0] == 0
    assert site.get("/").text == "2 0"
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < BACK + BESIDE


def _workers(site: Site) -> list[int]:
    return sorted(site.workers_of("app"))


def _days_in_log(site: Site) -> int:
    """How far the time of the latest access line is from now, in days."""
    site.get("/")
    line = json.loads(site.stdout.wait_for('"source":"access"')[-1])
    return round((datetime.fromisoformat(line["time"]).timestamp() - time.time()) / 86400)


def test_a_number_that_is_used_again(project: MakeProject) -> None:
    """After porch was killed, a stranger that has one of its processes' numbers is left alone by the next start."""
    made = project()
    site = ready(made)
    stranger = made.start((sys.executable, "-c", "import time; time.sleep(600)"), {}, made.folder)
    record = made.run_folder / "processes.json"
    text = record.read_text()
    site.process.kill()
    site.process.wait(30)
    until(lambda: [each.pid for each in made.left_running()] == [stranger.pid], "what porch had is gone")
    told = json.loads(text)
    told["leaders"] = [[stranger.pid, born] for _, born in told["leaders"]]
    record.write_text(json.dumps(told))
    again = made.run("app:app", "--workers", "2")
    assert stranger.poll() is None
    assert again.get("/").status == 200
    stranger.kill()
    stranger.wait(30)
    assert again.stop() == 0
