"""A target is reached, short or not measured; nothing between."""

from __future__ import annotations

import pytest
from contenders import MEMORY, STARTS, THROUGHPUT
from targets import ONE_CORE, TARGETS, Target, Verdict, judge

RATE = Target("rate", "rate", "ours", "theirs", 2.0)
START = Target("start", "start", "ours", "theirs", 0.4)
MEMORY_TARGET = Target("memory", "memory", "ours", "theirs", 1.0)


@pytest.mark.parametrize(
    ("target", "value", "mark"),
    [
        (RATE, 2.0, "pass"),
        (RATE, 1.99, "short"),
        (START, 0.4, "pass"),
        (START, 0.41, "short"),
        (MEMORY_TARGET, 1.0, "pass"),
        (MEMORY_TARGET, 1.01, "short"),
        (RATE, None, "not measured"),
    ],
)
def test_the_limit_itself_is_reached(target: Target, value: float | None, mark: str) -> None:
    """Rates have a least ratio, starts and memory a greatest value; without a value there is no verdict."""
    assert Verdict(target, value).mark == mark


def test_a_share_of_a_core_is_read_as_one() -> None:
    """CPU is shown in hundredths of a core, and less is better."""
    target = Target("cpu", "cpu", "ours", ONE_CORE, 0.05)
    assert (Verdict(target, 0.015).shown, Verdict(target, 0.051).mark) == (("1.5%", "≤ 5.0%"), "short")


def test_a_failed_row_leaves_its_target_unjudged() -> None:
    """A target whose row is missing is not measured, never passed."""
    assert {verdict.mark for verdict in judge({}, {})} == {"not measured"}


def test_starts_are_compared_by_difference_and_rates_beside_each_other() -> None:
    """One second over half a second is +0.5 s, not 2x; a rate's ratio is not made of rows from minutes apart."""
    start = next(target for target in TARGETS if target.what == "start")
    rate = next(target for target in TARGETS if target.what == "rate")
    verdicts = judge(
        {
            "start": {start.ours: 1.0, start.theirs: 0.5},
            "rate": {rate.ours: 1.0, rate.theirs: 0.5},
        },
        {(rate.ours, rate.theirs): 1.9},
    )
    assert {v.target.says: v.value for v in verdicts if v.value is not None} == {start.says: 0.5, rate.says: 1.9}


def test_every_target_names_rows_that_are_measured() -> None:
    """No target waits for a row that does not exist."""
    rows = {
        "rate": {row.key for row in THROUGHPUT},
        "start": {row.key for row in STARTS},
        "memory": {row.key for row in MEMORY},
        "cpu": {row.key for row in MEMORY} | {ONE_CORE},
    }
    assert [t.says for t in TARGETS if not {t.ours, t.theirs} <= rows[t.what]] == []
