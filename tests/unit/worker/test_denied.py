"""What an app is told that may not write where it wants to."""

from __future__ import annotations

import os
import pwd
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from porch.worker.porch_worker import denied
from porch.worker.porch_worker.denied import OF_SQLITE, remedy
from porch.worker.porch_worker.load import raised

NOBODY = 64_123
"""A number that no user has."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the app starts in, of another user than the app's, who is called shop."""
    home = tmp_path / "a project"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    monkeypatch.setattr(denied, "contained", lambda: False)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("shop", "x", NOBODY, NOBODY, "", "/", "")))
    return home


def _denied(path: object = None) -> PermissionError:
    return PermissionError(13, "Permission denied", path) if path else PermissionError("not for you")


def test_the_user_and_the_command_are_named(project: Path) -> None:
    """The fix names whom the app runs as, and what that user is to be given."""
    (project / "instance").mkdir()
    assert raised(_denied("instance"), "the module", "when it was imported").fix == (
        f"the app runs as user shop: give that user the file or folder (chown shop '{project}/instance'), "
        "or name another user with --user"
    )


def test_another_error_is_the_apps() -> None:
    """Where nothing was denied, the app is to be corrected."""
    assert raised(FileNotFoundError(2, "No such file", "x"), "it", "now").fix.startswith("correct the app")


@pytest.mark.parametrize("named", [".sesskey", b".sesskey", Path("new/.sesskey")], ids=["text", "bytes", "path"])
def test_a_file_that_is_not_there_yet_stands_for_its_folder(project: Path, named: object) -> None:
    """What cannot be made is named by the nearest folder that is there."""
    assert f"(chown shop '{project}')" in remedy(_denied(named))


def _made(path: str, how: Callable[[str], None]) -> PermissionError:
    """What the app's user is told that may not make a folder; the tests may be root."""
    with pytest.raises(PermissionError) as error:
        how(path)
    return error.value


def mkdir(path: str) -> None:
    """As Python's own does it."""
    raise _denied(path)


def write(path: str) -> None:
    """Of a file."""
    raise _denied(path)


def test_a_folder_that_is_missing_is_made_for_the_user(project: Path) -> None:
    """One folder directly below the project is made, and the project stays whose it is."""
    assert f"make that folder for that user (install -d -o shop '{project}/instance')" in remedy(
        _made("instance", mkdir)
    )
    assert f"(chown shop '{project}')" in remedy(_made("key", write))


def test_no_command_is_named_outside_of_the_project(project: Path) -> None:
    """Nobody is led to give away a file of the system's."""
    fix = remedy(_denied("/etc/passwd"))
    assert "chown" not in fix
    assert "give that user the right to use /etc/passwd, or name another user" in fix


def test_an_error_without_a_file_points_to_the_traceback(project: Path) -> None:
    """A port or a priority is denied without a name."""
    assert "the right to do what the last line of the traceback does" in remedy(_denied())


@pytest.mark.parametrize("text", OF_SQLITE)
def test_a_database_of_sqlite_needs_its_folder_too(project: Path, text: str) -> None:
    """SQLite names no file, so both are asked for."""
    assert "(chown shop FOLDER DATABASE)" in remedy(sqlite3.OperationalError(text))
    assert remedy(sqlite3.OperationalError("no such table: shop")) == ""


def test_what_an_error_was_raised_from_counts(project: Path) -> None:
    """A library wraps the refusal in an error of its own, said or by the way; what it hides stays hidden."""
    for attribute in ("__cause__", "__context__"):
        wrapped, outer = RuntimeError("no key"), RuntimeError("no app")
        setattr(wrapped, attribute, _denied("key"))
        outer.__cause__ = wrapped
        assert "chown shop" in remedy(outer)
    wrapped.__suppress_context__ = True
    assert remedy(wrapped) == ""


def test_errors_that_were_raised_from_each_other_end(project: Path) -> None:
    """A chain that comes back to itself is looked at once."""
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert remedy(one) == ""


def test_a_user_without_a_name_is_told_by_number(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers run apps as numbers that nobody has listed."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    fix = remedy(_denied(".sesskey"))
    assert f"runs as user {NOBODY}: " in fix
    assert f"(chown {NOBODY} " in fix


@pytest.mark.parametrize("root", [True, False], ids=["root", "owner"])
def test_no_other_user_is_named_where_none_would_help(
    project: Path, root: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, and the user whom the project belongs to, are to look at what bars their way."""
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else project.stat().st_uid)
    assert remedy(_denied("key")) == f"user shop may not use {project}: look at its owner and mode (ls -ld '{project}')"
    assert remedy(_denied()).startswith("user shop may not do what the last line")
    assert remedy(sqlite3.OperationalError(OF_SQLITE[0])).startswith("user shop may not write the database")


@pytest.fixture
def volume(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is mounted into the container that the app runs in."""
    folder = project.parent / "data"
    folder.mkdir()
    mounted = {folder, project / "uploads"}
    monkeypatch.setattr(Path, "is_mount", lambda path: path in mounted)
    monkeypatch.setattr(denied, "contained", lambda: True)
    return folder


def test_in_a_container_a_volume_is_given_away_from_outside(project: Path, volume: Path) -> None:
    """Inside of it nobody may chown, and no flag names another user."""
    (volume / "deep").mkdir()
    fix = remedy(_denied(volume / "deep/key"))
    assert fix.startswith(f"the app runs as user {NOBODY}: give that user the volume that {volume}/deep lies in")
    assert fix.endswith(f"docker run --rm --user 0 -v VOLUME:{volume} IMAGE chown {NOBODY} {volume}")
    assert "--user 0 -v VOLUME:FOLDER IMAGE" in remedy(sqlite3.OperationalError(OF_SQLITE[0]))
    assert "the right to do what" in remedy(_denied())


def test_in_a_container_code_is_not_given_away(project: Path, volume: Path) -> None:
    """What an app writes is to go into a volume, also where that is in the project."""
    assert "the code in an image cannot be written" in remedy(_denied("instance.db"))
    (project / "uploads").mkdir()
    assert f"-v VOLUME:'{project}/uploads'" in remedy(_denied(project / "uploads/a.png"))


@pytest.mark.parametrize("variable", ["container", "KUBERNETES_SERVICE_HOST"])
def test_a_container_is_told_by_what_its_engine_says(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a variable, or by a file of the engine's; nothing else."""
    monkeypatch.setattr(denied, "MARKS", (Path("/not/there"),))
    for each in ("container", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(each, raising=False)
    assert not denied.contained()
    monkeypatch.setenv(variable, "oci")
    assert denied.contained()
