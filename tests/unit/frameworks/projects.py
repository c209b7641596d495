"""How the tests of detection write a project and ask what it is.

Rule: a project is a table of paths and texts; nothing of it is ever imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from porch.errors import Problem, Refused
from porch.frameworks import Finding, Project, detect

GATE = """\
import os
from django.core.{0} import get_{0}_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_{0}_application()
"""
"""A Django project's wsgi.py or asgi.py."""


@dataclass(frozen=True)
class Case:
    """One small project and what is to be said of it."""

    claim: str
    files: Mapping[str, str]
    """Path -> text; a path that ends with `/` is an empty folder."""
    target: str
    """What is found."""
    interface: str | None = "wsgi"
    framework: str = "flask"
    evidence: tuple[str, ...] = ()
    """Every evidence line, in order; empty: not looked at."""
    statics: Mapping[str, str] = field(default_factory=dict)
    """URL -> folder, relative to the project."""
    asked: str | None = None
    sure: bool = True
    import_from: str = ""
    """Relative to the project."""


class Folder:
    """A project folder of a test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, files: Mapping[str, str]) -> Folder:
        for name, text in files.items():
            path = self.path / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.write_text(dedent(text).lstrip("\n"))
        return self

    def found(self, target: str | None = None, *search_path: str, **environment: str) -> Finding:
        return detect(Project.at(self.path, search_path, environment), target)

    def refused(self, target: str | None = None) -> Problem:
        with pytest.raises(Refused) as caught:
            self.found(target)
        (problem,) = caught.value.problems
        return problem
