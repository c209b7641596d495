"""What rendering returns: lines that remember their setting, joined to a File that is not yet written.

Rule: nothing here touches the disk; `runtime` alone writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from porch.records import dataclass

SEAL = "# rendered by porch, sha256 "
"""How the last line of a file begins that was written for the user to keep."""


class Unwritable(ValueError):
    """A value that the language cannot express, such as `$` in nginx; becomes a Problem that names the setting."""

    def __init__(self, what: str, setting: str = "") -> None:
        super().__init__(what)
        self.setting = setting


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, and the setting that it comes from (empty when it comes from none)."""

    text: str
    setting: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is not yet written."""

    path: str
    """Relative to the folder that it will be written to."""
    lines: tuple[Line, ...]
    mode: int = 0o644
    aside: bool = False
    """Copied as it stands beside what is rendered, for no one to read."""
    private: bool = False
    """For porch itself alone, whoever the processes run as: a key."""

    @property
    def text(self) -> str:
        """The content, each line ended."""
        return "".join(line.text + "\n" for line in self.lines)

    def lines_of(self, setting: str) -> Iterable[tuple[int, str]]:
        """Number (from 1) and text of each line that the setting lands in."""
        return ((number, line.text) for number, line in enumerate(self.lines, 1) if line.setting == setting)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is not yet made."""

    path: str
    """Absolute."""
    mode: int
    user: str = ""
    """Whom it belongs to; empty: whoever makes it."""


def plain(path: str, text: str, mode: int = 0o644, *, aside: bool = False) -> File:
    """A file whose text comes from no setting, such as a module that is copied as it stands."""
    return File(path, tuple(Line(line) for line in text.splitlines()), mode, aside)
