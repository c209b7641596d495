"""How many workers load the app at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from porch.worker.porch_worker import turn


@pytest.fixture(autouse=True)
def two_of_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may use two processors, and that has no patience."""

    def own(_process: int) -> set[int]:
        return {0, 1}

    monkeypatch.setattr(turn.os, "sched_getaffinity", own)
    monkeypatch.setattr(turn, "LONGEST", 0.0)


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The places that other processes have."""
    taken: set[int] = set()

    def lockf(_descriptor: int, _kind: int, _length: int, place: int) -> None:
        if place in taken:
            raise BlockingIOError

    monkeypatch.setattr(turn.fcntl, "lockf", lockf)
    return taken


@pytest.fixture
def left_open(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Files that were opened in the folder of the workers, and not closed."""
    named: dict[int, str] = {}
    left: set[str] = set()
    opening, closing = os.open, os.close

    def opened(path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = opening(path, flags, mode)
        named[descriptor] = path
        left.add(path)
        return descriptor

    def closed(descriptor: int) -> None:
        closing(descriptor)
        left.discard(named.pop(descriptor, ""))

    monkeypatch.setattr(turn.os, "open", opened)
    monkeypatch.setattr(turn.os, "close", closed)
    return left


def test_a_place_that_is_free_is_taken(tmp_path: Path, locked: set[int]) -> None:
    """While there is a place, nobody waits."""
    locked.add(0)
    descriptor = turn.take(str(tmp_path / "loading"), 2)
    assert descriptor is not None
    os.close(descriptor)


def test_who_waits_for_long_goes_on(tmp_path: Path, locked: set[int], left_open: set[str]) -> None:
    """Without a place in time there is no lock, and no file is left open."""
    locked |= {0, 1}
    assert turn.take(str(tmp_path / "loading"), 2) is None
    assert left_open == set()


@pytest.mark.parametrize("folder", ["", "/does/not/exist"])
def test_where_nobody_can_wait_the_app_is_loaded_at_once(folder: str) -> None:
    """A worker that was started by hand, or that may not write there, loads as if it were alone."""
    done = False
    with turn.turn(folder):
        done = True
    assert done


def test_the_place_is_given_back(tmp_path: Path, left_open: set[str]) -> None:
    """The file is open while the app is loaded, and not when that is over, though it failed."""
    during: set[str] = set()

    def load() -> None:
        with turn.turn(str(tmp_path)):
            during.update(left_open)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        load()
    assert (during, left_open) == ({str(tmp_path / "loading")}, set())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 2),
        ({"cpu.max": "max 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "800000 100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
    ],
)
def test_a_quota_is_heeded(files: dict[str, str], expected: int, tmp_path: Path) -> None:
    """Processors are those that the process may use, or as many as the quota of its container makes, the fewer."""
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert turn.processors(str(tmp_path)) == expected
