"""Starts a contender's commands, waits for its answer, weighs it, and ends it with all that it started.

Rule: every command leads a session of its own, and only it and what it started is ever signalled, by number.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from contenders import Contender
from places import Site

START_WITHIN = 20.0
STOP_WITHIN = 10.0
POLL = 0.003

STATE, PARENT, SESSION, USER, SYSTEM, BORN = 0, 1, 3, 11, 12, 19
"""Places of the fields that are read of /proc/PID/stat, counted from its third."""


class Failed(Exception):
    """A contender that cannot be measured, and why."""


@contextmanager
def started(contender: Contender, site: Site) -> Iterator[list[int]]:
    """The contender with all its commands started; gives the process ids that lead its sessions."""
    leaders: list[subprocess.Popen[bytes]] = []
    try:
        for command in contender.commands:
            # Not `extend`: what was started before a command that cannot start must be ended too.
            leaders.append(_start(command, contender, site))  # noqa: PERF401
        yield [process.pid for process in leaders]
    finally:
        for process in reversed(leaders):
            end(process)


def first_answer(contender: Contender, site: Site, leaders: Sequence[int]) -> None:
    """Ask until the right answer comes; Failed when a command ends first, or the time is over."""
    deadline = time.monotonic() + START_WITHIN
    last = "no answer"
    while time.monotonic() < deadline:
        for leader in leaders:
            if not _alive(leader):
                raise Failed(f"ended at its start; its last words:\n{tail(site.log)}")
        last = _ask(contender, int(site.words["port"]))
        if not last:
            return
        time.sleep(POLL)
    raise Failed(f"never gave the right answer within {START_WITHIN:.0f} s: {last}\n{tail(site.log)}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop in order, then by force whatever is left of all that it started."""
    known = family(process.pid)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_WITHIN)
    known |= family(process.pid)
    for pid, born in known.items():
        if _born(pid) == born:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def family(leader: int) -> dict[int, str]:
    """Ids of the processes that this one started, itself included, each with the time of its birth.

    By parent and by session, because some contenders give their children a session of their own, and others let them
    be adopted. The time tells a process from a later one that got its number.
    """
    alive = _all_processes()
    found = {pid for pid, fields in alive.items() if leader in (pid, int(fields[SESSION]))}
    while more := {pid for pid, fields in alive.items() if int(fields[PARENT]) in found} - found:
        found |= more
    return {pid: alive[pid][BORN] for pid in found}


def weigh(pid: int) -> tuple[int, int]:
    """Resident and proportional memory of one process in kB (proc(5): VmRSS of status, Pss of smaps_rollup)."""
    status = Path(f"/proc/{pid}/status").read_text()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return _kilobytes(status, "VmRSS"), _kilobytes(rollup, "Pss")


def words_of(pid: int) -> list[str]:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def tail(path: Path, lines: int = 6) -> str:
    """The last lines of a log, indented."""
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def _start(command: tuple[str, ...], contender: Contender, site: Site) -> subprocess.Popen[bytes]:
    # HOME: some servers leave files there; nothing of this run may land in the caller's own.
    environment = {**os.environ, "HOME": str(site.folder), "PYTHONUNBUFFERED": "1"}
    # What is installed has its bytecode; where none may be written, each start of a checkout would compile anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment |= {name: site.fill(value) for name, value in contender.environment}
    words = [site.fill(word) for word in command]
    with site.log.open("ab") as log:
        try:
            return subprocess.Popen(
                words,
                cwd=site.app,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise Failed(f"cannot start {words[0]}: {error.strerror}") from error


def _ask(contender: Contender, port: int) -> str:
    """Empty when the answer is right, otherwise what was wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", contender.path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK or body != contender.expect:
        return f"{answer.status} with {body[:60]!r}"
    return ""


def cpu_seconds(pid: int) -> float:
    """CPU time that it has taken since its start."""
    fields = _fields(pid)
    if not fields:
        raise Failed(f"process {pid} is gone")
    return (int(fields[USER]) + int(fields[SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _alive(pid: int) -> bool:
    # Not Popen.poll: a contender may end while its own children go on, and that is a failure too.
    return _born(pid) != ""


def _born(pid: int) -> str:
    """When the process was started; empty when it is no more, or a zombie."""
    fields = _fields(pid)
    return fields[BORN] if fields else ""


def _all_processes() -> dict[int, list[str]]:
    numbers = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return {pid: fields for pid in numbers if (fields := _fields(pid))}


def _fields(pid: int) -> list[str]:
    """The fields of proc(5) stat from the third on: the second, a name, may hold spaces and brackets."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[STATE] == "Z" else fields


def _kilobytes(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise Failed(f"/proc does not tell {name}")
