"""Dependencies come from the project's own lock, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine import Engine, docker
from made import LOCKS, copied

LOCKED = ("uv", "poetry", "pdm", "pipenv")


@pytest.mark.parametrize("tool", LOCKED)
def test_what_is_locked_is_installed(tool: str, tmp_path: Path, engine: Engine) -> None:
    """The app runs on the versions of its lock, and nothing that only developers need is there."""
    folder = copied(LOCKS / tool, tmp_path / tool)
    engine.render(folder, "--slim")
    image = engine.build(folder)
    locked = "flask", "werkzeug", "jinja2"
    asked = f"from importlib.metadata import version as v; print(*map(v, {locked}))"
    told = docker("run", "--rm", image, "python", "-c", asked).stdout.split()
    text = "".join(path.read_text() for path in folder.iterdir() if "lock" in path.name)
    assert [number for number in told if number not in text] == []
    developers = docker("run", "--rm", image, "python", "-c", "import iniconfig", check=False)
    assert "ModuleNotFoundError" in developers.stderr
    assert engine.start(image).wait_ready().ask("/").text == "locked\n"
