"""What is read about processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from porch.runtime import procfs

NESTED = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A living child of ours, and a child of that."""
    with subprocess.Popen([sys.executable, "-c", NESTED], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        (below,) = procfs.descendants(child.pid)
        yield child.pid, below.pid
        child.communicate(b"\n")


@pytest.mark.parametrize("lists_children", sorted({False, procfs._KEEPS_CHILDREN}))
def test_children_and_workers(
    family: tuple[int, int], monkeypatch: pytest.MonkeyPatch, *, lists_children: bool
) -> None:
    """Children are those one level down, workers those of every level; also where the kernel keeps no list of them."""
    monkeypatch.setattr(procfs, "_KEEPS_CHILDREN", lists_children)
    child, below = family
    assert child in [one.pid for one in procfs.children(os.getpid())]
    assert below not in [one.pid for one in procfs.children(os.getpid())]
    assert [one.pid for one in procfs.children(child)] == [below]
    assert [one.pid for one in procfs.workers(child)] == [below]
    assert {child, below} <= {one.pid for one in procfs.workers(os.getpid())}


def test_dead_are_no_children() -> None:
    """One that has ended and is not collected yet does not count."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert child.pid not in [one.pid for one in procfs.children(os.getpid())]


def test_descendants_are_parents_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of workers are found too, zombies and strangers are not."""
    table = [
        procfs.Process(pid=pid, parent=parent, session=1, state=state, born=1, rss_bytes=0)
        for pid, parent, state in ((3, 2, "S"), (2, 1, "S"), (4, 1, "Z"), (9, 8, "S"))
    ]
    monkeypatch.setattr(procfs, "processes", lambda: iter(table))
    assert [found.pid for found in procfs.descendants(1)] == [2, 3]


def test_no_such_process() -> None:
    """A process that is gone is None and no error."""
    assert procfs.process(2**22 + 1) is None
