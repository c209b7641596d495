"""Which project a TARGET means, and which app of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch.mainline import placed

FILES = (
    "here/shop/__init__.py", "here/shop/app.py", "here/loose/app.py", "here/own/__init__.py", "here/own/porch.toml",
    "here/__init__.py", "there/app.py", "there/package/__init__.py", "there/package/web.py",
)  # fmt: skip
PLACED = [
    ("", "here", ""),
    ("shop:app", "here", "shop:app"),
    ("shop", "here", "shop"),
    ("shop/", "here", "shop"),
    ("shop/app.py", "here", "shop/app.py"),
    ("loose", "here/loose", ""),
    ("own", "here/own", ""),
    (".", "here", ""),
    ("../there", "there", ""),
    ("../there/package", "there/package", ""),
    ("../there/app.py", "there", "app.py"),
    ("../there/app.py:site", "there", "app.py:site"),
    ("../there/package/web.py", "there", "package/web.py"),
    ("../there/none.py", "here", "../there/none.py"),
]


@pytest.mark.parametrize(("typed", "folder", "app"), PLACED, ids=[row[0] or "nothing" for row in PLACED])
def test_a_target_means_a_project_and_an_app(
    typed: str, folder: str, app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package below this folder is a module here, a folder that is none or has settings is a project, and a file
    elsewhere belongs to a project there."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "here")
    assert placed(typed) == (tmp_path / folder, app)
