"""What a worker tells of itself, and how the supervisor reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from porch import worker
from porch.runtime import pulse as reading
from porch.worker.porch_worker import process
from porch.worker.porch_worker import pulse as telling


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """This process as a worker."""
    monkeypatch.setattr(telling.os, "register_at_fork", lambda **_: None)
    monkeypatch.setattr(telling.os, "getpid", lambda: 77)
    return telling.begin(str(tmp_path))


def test_more_requests_than_places_are_counted_all_the_same(own: Any, tmp_path: Path) -> None:
    """The ones beyond have no begin of their own."""
    slots = [own.enter() for _ in range(telling.SLOTS + 3)]
    for slot in slots:
        own.leave(slot)
    told = reading.read(str(tmp_path), 77)
    assert told is not None
    assert (told.requests, told.begun) == (telling.SLOTS + 3, ())


@pytest.mark.parametrize("text", [b"", b"x" * 16, b"\xff" * telling.SIZE])
def test_what_anyone_may_write_there_does_no_harm(text: bytes, tmp_path: Path) -> None:
    """A file of another size tells nothing, and one of nonsense no request."""
    (tmp_path / "pulse-5").write_bytes(text)
    told = reading.read(str(tmp_path), 5)
    assert told is None or told.begun == ()


def test_both_sides_mean_the_same_signal() -> None:
    """The one that asks for the stacks, in the wrapper, in the supervisor, and in files for the servers."""
    assert process.stacks_signal() == reading.STACKS == worker.STACKS


def test_nobody_to_read_it_costs_nothing() -> None:
    """Without a folder the app is called as it is."""
    assert telling.begin("") is None
