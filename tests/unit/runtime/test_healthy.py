"""Where a health check finds the part of the stack that runs by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch.runtime import folder, healthy


@pytest.mark.parametrize("told", ["run", "elsewhere/run"], ids=["relative", "below"])
def test_a_run_folder_that_a_variable_names_is_looked_into(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is absolute, or relative to the project; other variables name no such file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder, "run_folder", lambda project: f"{project}/none")
    monkeypatch.setattr(healthy.os, "environ", {"PATH": "/bin:/x", "LONG": "a" * 10_000, "HOME": "/root"})
    assert healthy.parts() == []
    (tmp_path / told).mkdir(parents=True)
    (tmp_path / told / folder.PART).write_text("{}")
    for value in (told, str(tmp_path / told)):
        monkeypatch.setitem(healthy.os.environ, "RUN", value)
        assert healthy.parts() == [str(tmp_path / told / folder.PART)]
