"""What porch makes of whole projects, file beside file: the surface that a reviewer reads.

Rule: a case is a folder, and adding one is adding files; `pytest --update-golden` writes what is expected anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import nginx_rules

sys.path.append(str(Path(__file__).parent))

from golden import HERE, Case, cases, compare, image_outputs, outputs, refusal

KINDS = ("cases", "cases/errors", "images")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour, whatever the terminal of who runs the tests."""
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether the expected files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", cases("cases"), ids=lambda case: case.folder.name)
def test_a_project_becomes_these_files(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], update: bool
) -> None:
    """The rendered files, the command, the plan and its explanation are those that were reviewed."""
    compare(case, outputs(*case.plan(monkeypatch), capsys), update=update)


@pytest.mark.parametrize("case", cases("cases"), ids=lambda case: case.folder.name)
def test_every_project_keeps_the_rules(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule of the edge is broken in any of them."""
    plan, _ = case.plan(monkeypatch)
    assert nginx_rules.broken(nginx_rules.read(plan)) == []


@pytest.mark.parametrize("case", cases("images"), ids=lambda case: case.folder.name)
def test_a_project_becomes_this_image(case: Case, monkeypatch: pytest.MonkeyPatch, update: bool) -> None:
    """The Dockerfile and what it leaves out are those that were reviewed."""
    compare(case, image_outputs(case.image(monkeypatch)), update=update)


@pytest.mark.parametrize("case", cases("cases/errors"), ids=lambda case: case.folder.name)
def test_a_mistake_is_told_like_this(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], update: bool
) -> None:
    """The message and the exit code are those that were reviewed."""
    compare(case, refusal(case, monkeypatch, capsys), update=update)


def test_nothing_in_a_case_is_without_use() -> None:
    """A file or folder that no case reads is a slip of the pen."""
    known = {"app", "argv", "environ", "facts.json", "expected"}
    folders = [case.folder for kind in KINDS for case in cases(kind)]
    stray = [path for folder in folders for path in folder.iterdir() if path.name not in known]
    stray += [path for kind in KINDS for path in (HERE / kind).iterdir() if not path.is_dir()]
    assert stray == []


def test_every_case_has_a_project() -> None:
    """A case without an app would be decided from nothing."""
    assert [case.folder.name for kind in KINDS for case in cases(kind) if not case.app.is_dir()] == []
