"""What supervisord's event listener makes of the events that it hears."""

from __future__ import annotations

import io
import sys

import pytest

from porch.worker.porch_worker import keeper
from porch.worker.porch_worker.keeper import CRASHES, WITHIN, Keeper


@pytest.fixture(autouse=True)
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Groups that were killed; supervisord has two children, of which 11 is dead."""
    found: list[int] = []
    monkeypatch.setattr(keeper, "children", lambda _: {10, 11})
    monkeypatch.setattr(keeper, "alive", lambda pid: pid != 11)
    monkeypatch.setattr(keeper.os, "killpg", lambda group, _: found.append(group))
    return found


def heard(listener: Keeper, name: str, now: float = 0.0, **told: str) -> str:
    """One event."""
    return listener.heard(f"PROCESS_STATE_{name}", told, now)


def test_the_rest_of_a_dead_program_is_killed_once(killed: list[int]) -> None:
    """Only the group whose leader is gone, and its number is forgotten then."""
    listener = Keeper(["nginx", "app"])
    heard(listener, "EXITED", processname="app", expected="0")
    heard(listener, "EXITED", processname="app", expected="0")
    assert killed == [11]


def test_what_is_started_later_is_known_too(killed: list[int]) -> None:
    """A start tells no process id, so the children are looked at."""
    listener = Keeper(["app"])
    listener.leaders.clear()
    heard(listener, "BACKOFF", processname="app")
    assert killed == []
    heard(listener, "STARTING", processname="app")
    assert killed == [11]


def test_a_program_that_cannot_be_started_is_given_up() -> None:
    """FATAL is supervisord's own word for it."""
    assert heard(Keeper(["nginx", "app"]), "FATAL", processname="app") == "app cannot be started"


def test_a_program_of_someone_else_is_left_alone() -> None:
    """What the user added to the file is the user's."""
    assert heard(Keeper(["nginx", "app"]), "FATAL", processname="mine") == ""


@pytest.mark.parametrize("name", ["FATAL", "EXITED"])
def test_the_failure_of_an_essential_process_ends_all(name: str) -> None:
    """At once, as porch does it; of another one it does not."""
    listener = Keeper(["nginx", "queue", "cron", "app"], ["queue"])
    assert heard(listener, name, processname="cron", expected="0") == ""
    told = heard(listener, name, processname="queue", expected="0")
    assert told == "queue has failed, and the rest cannot do without it"


def test_a_crash_loop_is_given_up() -> None:
    """Programs that run for a while and then end never become FATAL."""
    listener = Keeper(["app"])
    told = [heard(listener, "EXITED", each * 2.0, processname="app", expected="0") for each in range(CRASHES)]
    assert told == [""] * (CRASHES - 1) + [f"app has ended {CRASHES} times within 60 s"]


def test_crashes_far_apart_are_none() -> None:
    """Each is started again, for ever; an expected end counts for nothing."""
    listener = Keeper(["app"])
    assert not any(heard(listener, "EXITED", each * WITHIN, processname="app", expected="0") for each in range(20))
    assert not any(heard(listener, "EXITED", processname="app", expected="1") for _ in range(20))


def test_events_are_read_by_the_listeners_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """READY, a header with the payload's length, the payload, RESULT."""
    payload = "processname:app groupname:app from_state:RUNNING expected:0 pid:5"
    said = io.StringIO()
    monkeypatch.setattr(
        sys, "stdin", io.StringIO(f"ver:3.0 eventname:PROCESS_STATE_EXITED len:{len(payload)}\n{payload}")
    )
    monkeypatch.setattr(sys, "stdout", said)
    ((name, told),) = keeper.events()
    assert (name, told["processname"], told["pid"]) == ("PROCESS_STATE_EXITED", "app", "5")
    assert said.getvalue() == "READY\nRESULT 2\nOKREADY\n"
