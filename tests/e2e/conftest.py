"""Projects for the tests, each judged at its end: nothing left running, no file left in the run folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parent))

import processes
from story import MakeProject, Project

ROOT = Path(__file__).parent.parent.parent
SHARING = re.compile(r'\b(shared_project|django_folder)\b|scope="module"')
"""What a file holds whose tests share something: it would be made again in each process that runs one of them."""


class Spread(LoadScopeScheduling):
    """Tests that share something stay together, in the order of their file; any other goes to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _shares(file) else nodeid


@cache
def _shares(file: str) -> bool:
    return SHARING.search((ROOT / file).read_text()) is not None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How the tests of this folder are spread."""
    return Spread(config, log)


@pytest.fixture(scope="session", autouse=True)
def _orphans_are_seen() -> None:
    """Whoever loses its parent becomes a child of the test, and is found."""
    processes.adopt_orphans()


def _projects() -> Iterator[MakeProject]:
    made: list[Project] = []

    def make(app: str | Path | None = None) -> Project:
        made.append(Project(app))
        return made[-1]

    yield make
    for project in made:
        project.close()


@pytest.fixture
def project() -> Iterator[MakeProject]:
    """Make a project from a folder of tests/apps, or an empty one, for this test alone."""
    yield from _projects()


@pytest.fixture(scope="module")
def shared_project() -> Iterator[MakeProject]:
    """The same for several questions to one instance."""
    yield from _projects()


@pytest.fixture(scope="session")
def django_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Django project as `startproject` makes it, migrated, with its static files collected and an owner."""
    folder = tmp_path_factory.mktemp("django")
    owner = {"DJANGO_SUPERUSER_USERNAME": "owner", "DJANGO_SUPERUSER_PASSWORD": "a long password"}

    def python(*words: str) -> None:
        subprocess.run([sys.executable, *words], cwd=folder, env={**os.environ, **owner}, check=True)

    python("-m", "django", "startproject", "shop", ".")
    settings = folder / "shop" / "settings.py"
    text = settings.read_text().replace("DEBUG = True", "DEBUG = False")
    text = text.replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['127.0.0.1']")
    settings.write_text(text + "\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\n")
    python("manage.py", "migrate", "--noinput", "-v", "0")
    python("manage.py", "collectstatic", "--noinput", "-v", "0")
    python("manage.py", "createsuperuser", "--noinput", "--email", "owner@example.org", "-v", "0")
    return folder
