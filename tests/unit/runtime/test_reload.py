"""The table of a reload: every state, passed and failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import get_args

import pytest

from porch.errors import Exit, Problem, Refused
from porch.runtime.reload import TABLE, State, follow, kept_old

ORDER: tuple[State, ...] = ("rendered", "checked", "started", "healthy", "switched", "drained")
ENDS: tuple[State, ...] = ("done", "kept_old", "restored")
FAILS: dict[State, State] = {
    "rendered": "kept_old",
    "checked": "kept_old",
    "started": "kept_old",
    "healthy": "kept_old",
    "switched": "restored",
    "drained": "done",
}


def steps(done: list[State], fails_in: State | None, failure: Exception) -> dict[State, Callable[[], Awaitable[None]]]:
    """A step for each state that only remembers it, and fails in one of them."""

    def step(state: State) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            done.append(state)
            if state == fails_in:
                raise failure

        return do

    return {state: step(state) for state in ORDER}


def test_the_table_is_whole() -> None:
    """Every state is a row or an end, and each row leads to a state that is one of these."""
    assert set(get_args(State)) == {*TABLE, *ENDS}
    assert {state for row in TABLE.values() for state in (row.passed, row.failed)} <= {*TABLE, *ENDS}


def test_the_way_through() -> None:
    """A good reload goes through every state in order, and is done."""
    done: list[State] = []
    assert asyncio.run(follow("rendered", steps(done, None, OSError()))) == ("done", None)
    assert tuple(done) == ORDER


@pytest.mark.parametrize("state", ORDER)
def test_a_failure_in_each_state(state: State) -> None:
    """A failure ends the reload where the table says, with its cause, and no later step is taken."""
    done: list[State] = []
    cause = Refused(Problem("no"))
    assert asyncio.run(follow("rendered", steps(done, state, cause))) == (FAILS[state], cause)
    assert tuple(done) == ORDER[: ORDER.index(state) + 1]


def test_an_exhausted_machine_is_a_failure_like_others() -> None:
    """No descriptor or no room left keeps the old generation, with a message."""
    end, refused = asyncio.run(follow("rendered", steps([], "started", OSError(28, "No space left on device"))))
    assert end == "kept_old"
    assert refused is not None
    assert "No space left on device" in refused.problems[0].what


def test_who_asked_is_told_all() -> None:
    """Every problem comes with code 5, the word that the old generation serves, and the failed one's lines."""
    refused = Refused(Problem("a", fix="Do b.", exit=Exit.APP, detail="Traceback"), Problem("c", exit=Exit.MACHINE))
    outcome = kept_old(7, refused, ("last words",))
    assert [each.exit for each in outcome.problems] == [Exit.RELOAD, Exit.RELOAD]
    assert [each.fix for each in outcome.problems] == ["Do b; generation 7 keeps serving", "generation 7 keeps serving"]
    assert [each.detail for each in outcome.problems] == ["Traceback", "last words"]
    assert outcome.shown() | {"at": ""} == {
        "generation": 7,
        "ok": False,
        "what": "a",
        "at": "",
        "lines": ["last words"],
    }
