"""The report shows every row, failed ones too, and can be drawn again from the stored figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import plot
import pytest
import report
import results
from contenders import MEMORY, STARTS, THROUGHPUT
from results import Machine, Memory, Pair, Results, Row
from targets import TARGETS

MACHINE = Machine(cores=2, memory_gb=8, kernel="6.1", versions={"nginx": "1.22.1"})
FULL = Results(
    date="2030-01-02",
    machine=MACHINE,
    rounds=3,
    seconds=3,
    times=5,
    rows=[Row(row.key, rates=[100.0, 300.0, 200.0], p50=[1.0], p99=[2.0]) for row in THROUGHPUT],
    starts=[Row(row.key, starts=[0.3, 0.1, 0.2]) for row in STARTS],
    weights=[Memory(row.key, rss=2000, pss=1000) for row in MEMORY],
    pairs=[Pair(target.ours, target.theirs, [1.0, 9.0, 5.0]) for target in TARGETS if target.what == "rate"],
)


def failed(key: str) -> Results:
    """The same run with one row that failed."""
    rows = [Row(row.key, rates=[1.0], failure="cut off") if row.key == key else row for row in FULL.rows]
    return replace(FULL, rows=rows)


def test_the_figure_is_the_median() -> None:
    """Of 100, 300 and 200 the row shows 200."""
    assert FULL.rows[0].rate == 200.0


def test_every_row_is_on_the_page_and_on_the_terminal() -> None:
    """Nothing that was measured is left out."""
    page, terminal = report.page(FULL), report.terminal(FULL, colour=False)
    labels = {row.label for row in (*THROUGHPUT, *STARTS, *MEMORY)}
    assert [label for label in sorted(labels) if label not in page or label not in terminal] == []


def test_a_failed_row_is_shown_as_failed_and_has_no_figure() -> None:
    """A failure is seen on the page, on the terminal and in the plot, and leaves its targets unjudged."""
    broken = failed("article-gunicorn")
    label = next(row.label for row in THROUGHPUT if row.key == "article-gunicorn")
    assert f"| {label} | failed | - |" in report.page(broken)
    assert "failed" in report.terminal(broken, colour=False)
    assert ">failed</text>" in report.picture(broken)
    marks = {verdict.target.theirs: verdict.mark for verdict in broken.verdicts()}
    assert marks["article-gunicorn"] == "not measured"


def test_a_pair_that_failed_is_named_and_not_judged() -> None:
    """The rows may be there; without the pair there is no ratio."""
    pairs = [replace(pair, failure="cut off") if pair.theirs == "mod-wsgi" else pair for pair in FULL.pairs]
    broken = replace(FULL, pairs=pairs)
    assert broken.failures == [("porch-wsgi beside mod-wsgi", "cut off")]
    values = {verdict.target.theirs: verdict.value for verdict in broken.verdicts() if verdict.target.what == "rate"}
    assert (values["mod-wsgi"], values["bare-uvicorn"]) == (None, 5.0)


def test_a_failure_is_named_with_its_reason() -> None:
    """The run's failures are key and reason."""
    assert failed("mod-wsgi").failures == [("mod-wsgi", "cut off")]


def test_what_is_stored_can_be_read_back(tmp_path: Path) -> None:
    """A report drawn again is the same report."""
    FULL.save(tmp_path / "results.json")
    assert report.page(results.load(tmp_path / "results.json")) == report.page(FULL)


def test_targets_without_a_row_in_this_run_are_not_listed() -> None:
    """A run of one row does not show ten targets that it did not look at."""
    part = replace(FULL, rows=[Row("mod-wsgi", rates=[1.0])], starts=[], weights=[])
    assert [verdict.target.theirs for verdict in part.verdicts()] == ["mod-wsgi"]


def test_the_plot_is_well_formed_and_no_text_meets_another() -> None:
    """The picture parses, and all text of one line starts after the line's label column."""
    drawn = ET.fromstring(report.picture(FULL))  # noqa: S314 (our own text)
    texts = [one for one in drawn.iter() if one.tag.endswith("text")]
    lines: dict[str, list[int]] = {}
    for one in texts:
        lines.setdefault(one.attrib["y"], []).append(int(one.attrib["x"]))
    pairs = [sorted(places) for places in lines.values() if len(places) > 1]
    assert len(pairs) == len([row for row in THROUGHPUT if row.role != "app"])
    assert all(right - left > plot.LABEL for left, right in pairs)


def test_a_label_that_does_not_fit_is_refused() -> None:
    """The plot never lays text over a bar."""
    long = plot.Section("t", [plot.Bar("x" * 80, 1.0, "1", ours=False)])
    with pytest.raises(ValueError, match="too long for its"):
        plot.draw("title", "note", [long])
