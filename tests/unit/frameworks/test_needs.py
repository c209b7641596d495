"""Which file the dependencies are installed from, as the project's files tell."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from porch.frameworks.needs import Packaging, packaging
from porch.frameworks.project import Project

UV = """
[[package]]
name = "shop"
source = { virtual = "." }

[[package]]
name = "Flask_Login"
source = { registry = "https://example.org/simple" }
"""


def told(folder: Path, files: Mapping[str, str], lock: str = "") -> Packaging:
    """What a project with these files is found to need."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return packaging(Project(folder), str(folder / ".venv/bin/python"), lock)


@pytest.mark.parametrize(
    ("files", "tool", "read"),
    [
        ({"uv.lock": UV, "pyproject.toml": ""}, "uv", ("pyproject.toml", "uv.lock")),
        ({"poetry.lock": UV}, "poetry", ("pyproject.toml", "poetry.lock")),
        ({"pdm.lock": UV}, "pdm", ("pyproject.toml", "pdm.lock")),
        ({"Pipfile.lock": json.dumps({"default": {"Flask.Login": {}}})}, "pipenv", ("Pipfile", "Pipfile.lock")),
        ({"requirements.txt": "flask_login==1\n"}, "pip", ("requirements.txt",)),
        ({"requirements/prod.txt": "Flask-Login\n"}, "pip", ("requirements/prod.txt",)),
        ({"pyproject.toml": '[project]\ndependencies = ["flask_login>1"]'}, "pyproject", ("pyproject.toml",)),
    ],
)
def test_each_tool_is_known_by_its_file(
    tmp_path: Path, files: dict[str, str], tool: str, read: tuple[str, ...]
) -> None:
    """The tool, all the files that it reads, and the packages are told."""
    (needs,) = told(tmp_path, files).found
    assert (needs.tool, needs.files, needs.whole) == (tool, read, False)
    assert "flask-login" in needs.packages


def test_all_that_could_be_meant_are_told(tmp_path: Path) -> None:
    """Two locks and a list of requirements are three answers."""
    found = told(tmp_path, {"uv.lock": "", "poetry.lock": "", "requirements.txt": ""}).found
    assert [each.lock for each in found] == ["uv.lock", "poetry.lock", "requirements.txt"]


def test_the_named_file_is_the_only_one(tmp_path: Path) -> None:
    """What the user names is read, and a name of nothing is nothing."""
    files = {"uv.lock": "", "deploy/needs.txt": "flask\n"}
    assert [each.lock for each in told(tmp_path, files, "deploy/needs.txt").found] == ["deploy/needs.txt"]
    assert told(tmp_path, files, "none.txt").found == ()
    assert told(tmp_path, {"notes.md": "x"}, "notes.md").found == ()


def test_files_that_are_included_belong_to_it(tmp_path: Path) -> None:
    """Each is copied, from wherever it lies, once."""
    files = {
        "requirements.txt": "-r requirements/base.txt\n-c limits.txt\n",
        "requirements/base.txt": "-r more.txt\npsycopg[binary,pool]>=3\n",
        "requirements/more.txt": "-r base.txt\ndjango\n",
        "limits.txt": "django<6\n",
    }
    (needs,) = told(tmp_path, files).found
    assert set(needs.files) == set(files)
    assert {"psycopg", "psycopg-binary", "django"} <= needs.packages


@pytest.mark.parametrize("line", ["-e .", "./lib", "-e ./lib", "lib @ file:///app/lib", "../lib", "--editable=lib"])
def test_a_folder_of_the_project_needs_all_of_it(tmp_path: Path, line: str) -> None:
    """What is installed from the project cannot be installed before it is there."""
    (needs,) = told(tmp_path, {"requirements.txt": f"flask\n{line}\n"}).found
    assert needs.whole


@pytest.mark.parametrize(
    "text",
    [
        '[[package]]\nname = "lib"\nsource = { editable = "libs/lib" }',
        '[[package]]\nname = "lib"\n[package.source]\ntype = "directory"\nurl = "libs/lib"',
        '[[package]]\nname = "lib"\npath = "./lib"',
    ],
)
def test_a_locked_folder_needs_all_of_the_project(tmp_path: Path, text: str) -> None:
    """uv, poetry and pdm each say it in their own way."""
    (needs,) = told(tmp_path, {"uv.lock": text}).found
    assert needs.whole


def test_a_missing_lock_is_told_with_the_command_that_writes_it(tmp_path: Path) -> None:
    """Dependencies that no lock holds are not installed from a guess."""
    assert told(tmp_path / "a", {"Pipfile": "[packages]"}).unlocked == (("Pipfile", "pipenv lock"),)
    poetry = {"pyproject.toml": '[tool.poetry.dependencies]\nflask = "3"'}
    assert told(tmp_path / "b", poetry).unlocked == (("pyproject.toml", "poetry lock"),)


@pytest.mark.parametrize(
    ("files", "version", "where"),
    [
        ({".python-version": "3.12.4\n"}, "3.12", ".python-version"),
        ({".venv/pyvenv.cfg": "home = /usr\nversion = 3.11.2\n"}, "3.11", ".venv"),
        ({".venv/pyvenv.cfg": "version_info = 3.14.0\n"}, "3.14", ".venv"),
        ({}, "", ""),
    ],
)
def test_the_version_of_python_is_told_with_its_place(
    tmp_path: Path, files: dict[str, str], version: str, where: str
) -> None:
    """What the project says itself counts before its environment."""
    found = told(tmp_path, files)
    assert (found.python, found.python_from) == (version, where)


def test_the_version_that_the_app_runs_with_is_told_where_the_project_names_none(tmp_path: Path) -> None:
    """Of an environment elsewhere by its own file, and of the interpreter that asks."""
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").write_text("version = 3.12.1\n")
    code = Project(tmp_path / "shop")
    assert packaging(code, str(tmp_path / "env/bin/python")).tried == "3.12"
    assert packaging(code, sys.executable).tried == ""
    assert packaging(code, "/none/bin/python").tried == ""


def test_variables_of_secrets_are_found(tmp_path: Path) -> None:
    """However the settings ask for them."""
    code = 'import os\nA = os.environ["DJANGO_SECRET_KEY"]\nB = os.getenv(\'SECRET\')\nC = env("OTHER")\n'
    found = told(tmp_path, {"settings.py": code})
    assert found.secrets == ("DJANGO_SECRET_KEY", "SECRET")


def test_broken_files_tell_nothing(tmp_path: Path) -> None:
    """Whoever installs from them says what is wrong."""
    (needs,) = told(tmp_path, {"uv.lock": "[[", "pyproject.toml": "[["}).found
    assert needs.packages == frozenset()


@pytest.mark.parametrize(
    ("more", "builds"),
    [
        ("", True),
        ("[tool.uv]\npackage = false", False),
        ("[tool.poetry]\npackage-mode = false", False),
        ("[tool.pdm]\ndistribution = false", False),
    ],
)
def test_a_build_system_makes_a_project_a_package(tmp_path: Path, more: str, builds: bool) -> None:
    """Unless the tool is told to leave the project itself out."""
    text = '[project]\nname = "shop"\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    (tmp_path / "pyproject.toml").write_text(text + more)
    assert packaging(Project(tmp_path)).builds == builds
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n' + more)
    assert not packaging(Project(tmp_path)).builds
