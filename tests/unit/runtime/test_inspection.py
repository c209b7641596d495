"""An import that does not end is told with the line of the project that it is in."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from porch.errors import Exit, Refused
from porch.runtime import inspection

STACK = """\
Timeout (0:00:58)!
Thread 0x1 (most recent call first):
  File "/usr/lib/python3.11/selectors.py", line 468 in select
  File "{folder}/shop/serve.py", line 8 in forever
  File "{folder}/shop/__init__.py", line 3 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
"""


@pytest.mark.parametrize("read", [str, str.encode], ids=["text", "bytes"])
def test_where_it_hangs_is_told(read: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The innermost line of the project is the place; what is outside of it only stands in the detail."""
    said = read(STACK.format(folder=tmp_path))  # type: ignore[operator]

    def late(*_: object) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired("python", 60, stderr=said)

    monkeypatch.setattr(inspection, "_run", late)
    with pytest.raises(Refused) as refused:
        inspection.import_app(inspection.Child("python", str(tmp_path)), "shop:app", str(tmp_path))
    (problem,) = refused.value.problems
    assert (problem.where, problem.exit) == (f"{tmp_path}/shop/serve.py:8", Exit.APP)
    assert "selectors.py" in problem.detail
    assert "__main__" in problem.fix
    assert "frozen" not in problem.detail


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(("stream", "said"), [(Screen, "porch: waiting for shop:app"), (io.StringIO, "")])
def test_a_person_who_waits_is_told_for_what(
    stream: type[io.StringIO], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, and in no log."""
    shown = stream()
    monkeypatch.setattr(sys, "stderr", shown)
    inspection.tell(inspection.Child("python", "/srv", longest=5), "shop:app")
    assert shown.getvalue().startswith(said)
    assert bool(shown.getvalue()) == bool(said)


@pytest.mark.parametrize(("longest", "shown"), [(60, 50.0), (30, 20.0), (5, 2.5), (1, 0.5)])
def test_it_shows_where_it_is_before_it_is_given_up(longest: int, shown: float) -> None:
    """Ten seconds before, or at half of a short time."""
    assert inspection.shown_after(longest) == shown
