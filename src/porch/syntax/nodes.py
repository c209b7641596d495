"""What every language shares: comments that stand alone, empty lines, and how a text becomes comment lines.

Rule: a comment is text for people; whatever it holds, it never ends early and never becomes a line of its own kind.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable

WIDTH: Final = 100
"""Columns that a comment is wrapped at."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Text on lines of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty line; at the edge of a block, or beside another one, it is left out."""


def comment(text: str) -> Comment:
    """Text for the reader, on lines of its own."""
    return Comment(text)


def gap() -> Gap:
    """An empty line between two groups."""
    return Gap()


def spaced(groups: Iterable[Iterable[Line] | None]) -> Iterator[Line]:
    """The lines of each node, with one empty line where None, for a gap, stands between two."""
    parted = begun = False
    for lines in groups:
        if lines is None:
            parted = begun
            continue
        if parted:
            yield Line("")
        parted, begun = False, True
        yield from lines


def comment_lines(text: str, indent: str = "") -> Iterator[str]:
    """The text as `# ...` lines, wrapped where they are not indented.

    Control characters become spaces, since one of them could end the line.
    """
    for paragraph in text.splitlines():
        clean = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in paragraph)
        clean = clean.encode(errors="backslashreplace").decode()
        if clean.startswith("    "):
            # A command, to be copied as one line.
            yield f"{indent}# {clean}".rstrip()
            continue
        wrapped = textwrap.wrap(clean, WIDTH - len(indent) - 2, break_on_hyphens=False) or [""]
        yield from (f"{indent}# {line}".rstrip() for line in wrapped)


def refuse_unprintable(value: str, language: str) -> None:
    """Raise Unwritable for what no line of text can carry: control characters, and bytes that are not UTF-8."""
    for letter in value:
        kind = unicodedata.category(letter)
        if kind == "Cc":
            raise Unwritable(f"{language} cannot hold the control character {letter!r}, which is in {value!r}")
        if kind == "Cs":
            raise Unwritable(f"{language} cannot hold {value!r}: it is not valid UTF-8")
