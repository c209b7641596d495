"""Whom the kernel ended is named, once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from porch.cgroups import Cgroups
from porch.runtime.generation import Generation
from porch.runtime.say import Voice
from porch.runtime.shortage import PATIENCE, Shortage, Toll


class Counter:
    """The kernel's count."""

    def __init__(self) -> None:
        self.now = 5

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def counter() -> Counter:
    """Five were ended before porch came."""
    return Counter()


@pytest.fixture
def shortage(counter: Counter) -> Shortage:
    """With a limit of 64 MiB."""
    return Shortage(Voice("text", lambda _: None), counter, 64 * 1024**2)


def test_the_worker_that_is_missing_is_named(shortage: Shortage, counter: Counter) -> None:
    """One end is counted and one worker has gone."""
    counter.now += 1
    (told,) = shortage.look([34])
    assert told == "a worker of the app (pid 34) was ended by the kernel: the memory limit of 64 MiB was reached"
    assert shortage.look([]) == []


def test_a_worker_that_is_missed_later_is_named_then(shortage: Shortage, counter: Counter) -> None:
    """The count rises a look before the process has gone."""
    counter.now += 1
    assert shortage.look([]) == []
    assert len(shortage.look([34])) == 1


def test_where_nobody_is_missing_the_event_is_told(shortage: Shortage, counter: Counter) -> None:
    """A process that is no worker was ended, which is told after a few looks."""
    counter.now += 1
    told = [shortage.look([]) for _ in range(PATIENCE + 3)]
    assert [len(each) for each in told] == [0] * PATIENCE + [1, 0, 0]
    assert told[PATIENCE][0].startswith("a process was ended")
    counter.now += 4
    several = [shortage.look([]) for _ in range(PATIENCE + 3)]
    assert several[PATIENCE][0].startswith("4 processes were ended")


def test_a_toll_counts_from_when_it_began(counter: Counter) -> None:
    """What was ended before is no reason for what fails now."""
    toll = Toll(counter, 256 * 1024**2)
    assert toll.why == ""
    counter.now += 1
    assert toll.why == "the kernel ended a process, as the memory limit of 256 MiB was reached"
    assert Toll(counter).why == ""


@pytest.mark.parametrize("why", ["died", "keeps dying"])
def test_memory_is_named_before_a_library_is_blamed(why: str, counter: Counter) -> None:
    """A release that the kernel ends has no words of its own, and no library is at fault."""
    launch = SimpleNamespace(app=SimpleNamespace(name="app", folder="/app"), server="gunicorn", prefix="")
    launch.socket, launch.stuck_after, launch.recycle, launch.elastic, launch.upstream = "/run/1/s", 0, None, False, ""
    around: Any = SimpleNamespace(launch=launch)
    made = Generation(around, 1)
    made._toll = Toll(counter, 256 * 1024**2)
    told = (lambda: made._died(-9)) if why == "died" else (lambda: made._keeps_dying(6))
    assert "memory" not in told().what + told().fix
    counter.now += 1
    assert "as the memory limit of 256 MiB was reached" in told().what
    assert told().fix.startswith("allow more memory, or run fewer workers")


def test_a_worker_that_ends_by_itself_is_no_shortage(shortage: Shortage) -> None:
    """Workers come and go, and what was ended before is not told again."""
    assert shortage.look([34, 35]) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sys/fs/cgroup/memory.events", "low 0\noom 4\noom_kill 3\n"),
        ("sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
    ],
)
def test_the_count_is_read_of_both_kinds_of_control_group(tmp_path: Path, file: str, text: str) -> None:
    """Version 2 has it in one file, version 1 in another."""
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert Cgroups(tmp_path).killed() == 3
    assert Cgroups(tmp_path / "none").killed() == 0
