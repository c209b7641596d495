"""The table of reloads under load."""

from __future__ import annotations

from pathlib import Path

import pytest
import reloads
from reloads import Reloads, Row

GOOD = Row("wsgi-granian", 100, 175_000, 0, 6.0, 8.5, 1.4, 120.0, 3.4)


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        (GOOD, True),
        (Row("x", 100, 175_000, 1, 6.0, 8.5, 1.4, 120.0, 3.4), False),
        (Row("x", 100, 175_000, 0, 6.0, 8.5, 1.51, 120.0, 3.4), False),
        (Row("x", 100, 175_000, 0, 6.0, 8.5, 1.4, 251.0, 3.4), False),
    ],
)
def test_what_is_wanted(row: Row, reached: bool) -> None:
    """No request fails, the p99 is at most half as much again, and nobody waits longer than a quarter of a second."""
    assert row.reached is reached


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    """The report can be drawn again without measuring again."""
    found = Reloads("2026-11-21", 500.0, [GOOD])
    reloads.save(found, tmp_path / "reloads.json")
    assert reloads.load(tmp_path / "reloads.json") == found
    text = "\n".join(reloads.section(found))
    assert "| wsgi-granian | 100 | 175,000 | 0 | 6.0 ms | 8.5 ms | 1.40x | 120 ms | 3.4 s |" in text


def test_without_a_measurement_the_report_has_no_such_table(tmp_path: Path) -> None:
    """Nothing is told of what was not measured."""
    assert reloads.load(tmp_path / "none.json") is None
    assert list(reloads.section(None)) == []
