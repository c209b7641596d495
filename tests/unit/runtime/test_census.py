"""Who the workers are, and how often each place was taken anew."""

from __future__ import annotations

from porch.runtime.census import Census
from porch.runtime.procfs import Process


def worker(pid: int, born: int = 1) -> Process:
    """A worker of master 10."""
    return Process(pid=pid, parent=10, session=10, state="S", born=born, rss_bytes=0)


def test_a_new_worker_takes_the_place_of_one_that_went() -> None:
    """Its restarts are one more than those of the worker before it; the others' stay."""
    census = Census()
    assert census.look(10, [worker(11), worker(12)]) == []
    assert census.look(10, [worker(12), worker(13)]) == [(11, 1)]
    assert [census.restarts(worker(pid)) for pid in (12, 13)] == [0, 1]
    assert census.look(10, [worker(12), worker(14)]) == [(13, 1)]
    assert census.restarts(worker(14)) == 2


def test_a_pid_that_is_used_again_is_another_worker() -> None:
    """Pid and hour of birth name a process, not the pid alone."""
    census = Census()
    census.look(10, [worker(11, born=1)])
    assert census.look(10, [worker(11, born=9)]) == [(11, 1)]
    assert census.restarts(worker(11, born=9)) == 1


def test_a_new_master_begins_anew() -> None:
    """The restart of the whole is counted with the master."""
    census = Census()
    census.look(10, [worker(11)])
    census.look(20, [worker(21)])
    assert census.restarts(worker(21)) == 0
