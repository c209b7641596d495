"""How a failure is shown and written down."""

from __future__ import annotations

import json
from pathlib import Path

from porch.worker.porch_worker.failure import LoadError, _write_once, trimmed


def _raised() -> Exception:
    try:
        try:
            {}["a"]
        except KeyError as error:
            raise ValueError("no a") from error
    except ValueError as error:
        return error


def test_traceback_keeps_the_apps_frames_and_its_causes() -> None:
    """The chain of causes is shown, each with the app's own lines."""
    text = trimmed(_raised())
    assert "KeyError: 'a'" in text
    assert text.endswith("ValueError: no a\n")
    assert text.count("test_failure.py") == 2


def test_traceback_without_a_line_of_the_app_is_empty() -> None:
    """Machinery alone tells a person nothing."""
    assert trimmed(ValueError("never raised")) == ""


def test_first_report_stays(tmp_path: Path) -> None:
    """Several workers fail at once, and the first one is believed; no draft is left."""
    report = tmp_path / "failure.json"
    first = _write_once(str(report), LoadError("first", "do it", _raised()))
    second = _write_once(str(report), LoadError("second", ""))
    assert (first, second) == (True, False)
    assert json.loads(report.read_text())["what"] == "first"
    assert list(tmp_path.iterdir()) == [report]


def test_report_that_cannot_be_written_is_said_to_be_missing(tmp_path: Path) -> None:
    """Without the folder the failure must go elsewhere."""
    assert _write_once(str(tmp_path / "gone" / "failure.json"), LoadError("x", "")) is False
