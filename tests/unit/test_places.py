"""What stands at a path, and what no visitor may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch import places
from porch.places import Place, Places, exposed, look


def test_nothing_is_told_as_nothing(tmp_path: Path) -> None:
    """A path where nothing stands does not exist."""
    assert look(tmp_path / "none") == Place(False)


def test_a_small_file_is_read(tmp_path: Path) -> None:
    """A file is told with its text, whatever its bytes are."""
    (tmp_path / "a.txt").write_bytes(b"caf\xc3\xa9 \xff")
    assert look(tmp_path / "a.txt") == Place(True, text="café \ufffd")


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """A file of more than 64 KiB exists, and its text is not held in memory."""
    (tmp_path / "film.mp4").write_bytes(b"x" * (64 * 1024 + 1))
    assert look(tmp_path / "film.mp4") == Place(True)


@pytest.mark.parametrize("name", ["app.py", ".env", "key.pem", "db.sqlite3", "porch.toml"])
def test_a_file_that_must_stay_private_says_so(tmp_path: Path, name: str) -> None:
    """A single file that holds code or a secret is told as exposed."""
    (tmp_path / name).write_text("x")
    assert look(tmp_path / name).exposed == name


def test_a_folder_of_files_is_fit_to_be_public(tmp_path: Path) -> None:
    """Style sheets, scripts and pictures expose nothing."""
    for name in ("css/site.css", "js/site.js", "logo.svg", "robots.txt", ".well-known/security.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert look(tmp_path) == Place(True, folder=True)


@pytest.mark.parametrize(
    "name",
    [
        "app.py", "deep/er/models.py", "old.PYC", ".env", ".env.production", "prod.env", "server.key", "cert.PEM",
        "store.p12", "data.sqlite", "data.sqlite3", "shop.db", "dump.sql", ".git/config", ".hg/x", ".svn/x",
        ".htpasswd", "id_rsa", "id_rsa.pub", "id_ed25519", "passwords.kdbx", "porch.toml", "pyproject.toml",
    ],
)  # fmt: skip
def test_what_must_stay_private_is_found(tmp_path: Path, name: str) -> None:
    """Code, keys, databases and version control are found at any depth and in any case."""
    (tmp_path / "index.html").write_text("x")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x")
    found, _ = exposed(tmp_path)
    assert name.startswith(found)
    assert found


def test_the_same_file_is_named_each_time(tmp_path: Path) -> None:
    """Of several, the first by name and nearest to the top is named."""
    for name in ("b.py", "a/a.py", "a.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert exposed(tmp_path) == ("a.py", 0)


def test_how_far_a_large_folder_was_searched_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of media is not read to its end, and that is known."""
    monkeypatch.setattr(places, "_MOST", 3)
    for name in ("a/1.txt", "a/2.txt", "b/1.txt", "c/app.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert exposed(tmp_path) == ("", 5)
    assert look(tmp_path).searched == 5


def test_a_place_is_looked_at_once(tmp_path: Path) -> None:
    """All decisions see the same, even where the disk changes in between."""
    seen, path = Places(), tmp_path / "a.txt"
    assert not seen[str(path)].exists
    path.write_text("x")
    assert not seen[str(path)].exists
    assert list(seen) == [str(path)]
    assert len(seen) == 1
