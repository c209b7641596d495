"""What an app is told that looks for a variable which is not set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from porch.worker.porch_worker.load import raised
from porch.worker.porch_worker.variables import remedy

ImproperlyConfigured = type("ImproperlyConfigured", (Exception,), {})
UndefinedValueError = type("UndefinedValueError", (Exception,), {})
NAME = "A_VARIABLE_THAT_NOBODY_SETS"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the app starts in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _lookup() -> KeyError:
    with pytest.raises(KeyError) as error:
        os.environ[NAME]
    return error.value


def _handled() -> Exception:
    error = ValueError("no key")
    error.__cause__ = _lookup()
    return error


@pytest.mark.parametrize(
    "error",
    [
        _lookup(),
        _handled(),
        ImproperlyConfigured(f"Set the {NAME} environment variable"),
        UndefinedValueError(f"{NAME} not found. Declare it as envvar or define a default value."),
    ],
    ids=["lookup", "raised from it", "django", "decouple"],
)
def test_the_variable_is_named(error: Exception) -> None:
    """The fix is to set it."""
    assert raised(error, "the module", "when it was imported").fix == f"set the variable {NAME}"


@pytest.mark.parametrize(
    "error",
    [KeyError(NAME), ImproperlyConfigured("The SECRET_KEY setting must not be empty"), ValueError(NAME)],
    ids=["a key of something else", "of Django's settings", "another error"],
)
def test_another_error_is_about_no_variable(error: Exception) -> None:
    """A KeyError counts only from the environment's own lookup, and words only where they name a variable."""
    assert remedy(error) == ""


@pytest.mark.parametrize(("text", "told"), [(f"A=1\nexport {NAME}=1\n", True), (f"# {NAME}\nX{NAME}=1\n", False)])
def test_a_env_file_that_has_it_is_named(text: str, told: bool, project: Path) -> None:
    """A file .env in the project is not read by porch, and whoever relies on it is told how it is given."""
    (project / ".env").write_text(text)
    fix = remedy(_lookup())
    assert (f"it is in {project}/.env, which porch does not read: set -a; . ./.env; set +a" in fix) == told
