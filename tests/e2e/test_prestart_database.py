"""The lock of the prestart command in a real PostgreSQL: who holds it, who waits, and what is said when it cannot be.

Rule: the server is the test's own, in a folder of its own; it runs as the user `postgres` where root runs the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ports import free_port

from porch import worker

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="Debian's postgresql is not installed")
LOCK = f"{worker.PATH}/porch_worker/lock.py"
RACE = "import sys, time; print(time.time(), flush=True); time.sleep(0.3); print(time.time())"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of a database."""
    assert PROGRAMS is not None
    home = Path(tempfile.mkdtemp(prefix="porch-", dir="/tmp"))
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(home, "postgres", "postgres")
    port = free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} -c fsync=off"
    control = (str(PROGRAMS / "pg_ctl"), "-D", str(home / "data"), "-w")
    quiet: dict[str, Any] = {"cwd": home, "stdout": subprocess.DEVNULL, **as_user}
    try:
        made = (str(PROGRAMS / "initdb"), "-D", str(home / "data"), "-A", "trust", "-U", "ada", "--no-sync")
        subprocess.run(made, check=True, **quiet)
        subprocess.run((*control, "-l", str(home / "log"), "-o", options, "start"), check=True, **quiet)
        yield f"postgresql://ada@127.0.0.1:{port}/postgres"
        subprocess.run((*control, "-m", "immediate", "stop"), check=True, **quiet)
    finally:
        shutil.rmtree(home)


def begin(lock: str, *command: str, **environment: str) -> subprocess.Popen[str]:
    """The command, under that lock."""
    words = (sys.executable, "-P", LOCK, "--", *command)
    known = {**os.environ, "PORCH_LOCK": lock, **environment}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words, env=known, text=True, start_new_session=True, **pipes)


@pytest.mark.parametrize("driver", ["psycopg", "pg8000"])
def test_one_runs_at_a_time(database: str, driver: str) -> None:
    """Of five that begin together each runs, and no two at the same time, with either driver."""
    lock = database.replace("postgresql:", f"postgresql+{driver}:")
    begun = [begin("$DATABASE", sys.executable, "-c", RACE, DATABASE=lock) for _ in range(5)]
    said = [each.communicate(timeout=90) for each in begun]
    assert [each.returncode for each in begun] == [0] * 5, said
    runs = sorted(tuple(map(float, stdout.split())) for stdout, _ in said)
    assert all(before[1] <= after[0] for before, after in pairwise(runs))


def test_a_killed_holder_lets_go(database: str) -> None:
    """The lock is its connection's: when the holder is killed, the next one has it."""
    holder = begin(database, "sh", "-c", "echo holds; exec sleep 600")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holds\n"
    waiting = begin(database, "echo", "has it")
    assert waiting.stderr is not None
    assert waiting.stderr.readline() == "waiting for the lock in the database\n"
    # With its command, as the supervisor does it.
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert waiting.communicate(timeout=60)[0] == "has it\n"


def test_the_code_of_the_command_is_the_code(database: str) -> None:
    """What the command ends with is what is ended with."""
    assert begin(database, "sh", "-c", "exit 7").wait(60) == 7


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("postgresql://ada@127.0.0.1:1/x", "cannot take the lock in the database at 127.0.0.1: "),
        ("mysql://ada@127.0.0.1/x", "a lock in mysql needs a driver in the app's environment: pip install mysqlclient"),
        ("$NOWHERE", "the prestart lock is to be read from $NOWHERE, which is not set"),
        ("/nowhere/lock", "cannot lock /nowhere/lock: No such file or directory"),
    ],
)
def test_what_is_in_the_way_is_said(lock: str, said: str) -> None:
    """Without the lock the command does not run, and one sentence says why."""
    process = begin(lock, "echo", "runs")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (1, "")
    assert said in stderr
    assert "Traceback" not in stderr
