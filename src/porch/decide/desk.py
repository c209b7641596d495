"""What the decisions are made from, and where problems and warnings are collected.

Rule: a decision returns a value in any case, so that all problems are found in one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from posixpath import join, normpath
from typing import Any, TypeVar

from porch import settings
from porch.errors import Exit, Problem
from porch.facts import Facts
from porch.frameworks.finding import Finding
from porch.plan.chosen import Chosen
from porch.records import dataclass
from porch.settings import Settings
from porch.sources import Said
from porch.values import AUTO

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the user's own configuration file for the server decides."""

    file: str = ""
    """Its name."""
    values: Mapping[str, tuple[object, int]] = field(default_factory=dict[str, tuple[object, int]])
    """Setting -> (value, or None when only the server can tell, and line)."""

    def place(self, key: str) -> str:
        """`gunicorn.conf.py:3`."""
        return f"{self.file}:{self.values[key][1]}"

    def read(self, key: str) -> Any:
        """The value; None when it cannot be told without running the file."""
        try:
            value = settings.spec(key).kind.parse(self.values[key][0])
        except ValueError:
            return None
        return None if value == AUTO else value


@dataclass
class Desk:
    """What the decisions are made from, and the problems and warnings met on the way."""

    said: Said
    facts: Facts
    finding: Finding
    problems: list[Problem] = field(default_factory=list[Problem])
    warnings: list[str] = field(default_factory=list[str])

    @property
    def settings(self) -> Settings:
        """Every setting, the defaults included."""
        return self.said.settings

    def chosen(self, key: str, value: T, reason: str, *, origin: str = "") -> Chosen[T]:
        """A decision; its origin is where the setting was said."""
        return Chosen(key, value, origin or self.said.origin(key), reason)

    def takes(self, taken: Taken, key: str) -> bool:
        """Whether the user's own file decides: it does where nothing stronger was said."""
        return key in taken.values and not self.is_said(key)

    def is_said(self, key: str) -> bool:
        """Whether the user said anything of that setting."""
        return key in self.said.origins

    def refuse(self, key: str, what: str, fix: str, code: Exit = Exit.USAGE) -> None:
        """Note a problem; the decisions go on, so that all problems are told."""
        where = f"{key} from {self.said.origin(key)}" if self.is_said(key) else key
        self.problems.append(Problem(what, where, fix, code))

    def path(self, text: str) -> str:
        """A path as the user wrote it, made absolute from the project's folder."""
        return normpath(join(self.facts.folder, text))
