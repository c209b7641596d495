"""The table of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import built
import pytest
from built import Images, Row

GOOD = Row("Flask: `--slim`", True, 58.9, 24.1, [0.8, 0.9, 1.4], [0.5, 0.6, 0.7], 1, 3.2, 3, 3)
ALL = Images("2026-11-21", [0.3, 0.4, 0.5], [0.04, 0.04, 0.05], [GOOD])


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        (GOOD, True),
        (replace(GOOD, disk=60.1), False),
        (replace(GOOD, disk=178.0, slim=False), True),
        (replace(GOOD, starts=[0.9, 1.1, 1.2]), False),
        (replace(GOOD, layers_changed=2), False),
        (replace(GOOD, same_again=2), False),
        (replace(GOOD, same_again=2, slim=False), True),
    ],
)
def test_what_is_wanted(row: Row, reached: bool) -> None:
    """Each answers within a second and has its code in one layer; a slim one is small, and the same each time."""
    assert row.reached is reached


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    """The report can be drawn again without measuring again."""
    built.save(ALL, tmp_path / "images.json")
    assert built.load(tmp_path / "images.json") == ALL
    text = "\n".join(built.section(ALL))
    assert "| Flask: `--slim` | 58.9 MB | 24.1 MB | 0.90 s | 0.80 to 1.40 s | 0.60 s |" in text
    assert "only answers, in the first of these images |  |  | 0.40 s | 0.30 to 0.50 s | 0.04 s |" in text
    assert "| Flask: `--slim` | 1 of 3 | 3.2 s | 3 of 3 |" in text


def test_what_is_short_is_bold() -> None:
    """Nobody has to compare figures to see it."""
    short = replace(GOOD, disk=61.0, starts=[1.2], layers_changed=3, same_again=0)
    text = "\n".join(built.section(replace(ALL, rows=[short])))
    for words in ("**61.0 MB**", "**1.20 s**", "**3 of 3**", "**0 of 3**"):
        assert words in text


def test_without_a_measurement_the_report_has_no_such_table(tmp_path: Path) -> None:
    """Nothing is told of what was not measured."""
    assert built.load(tmp_path / "none.json") is None
    assert list(built.section(None)) == []
