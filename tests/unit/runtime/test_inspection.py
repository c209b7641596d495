"""An import that does not end is told with the line of the project that it is in."""

from __future__ import annotations

import subprocess
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
