""".dockerignore: what is kept out of an image, a pattern a line.

Rule: a pattern is written in the code and nowhere else; a note stands above its group.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from porch.syntax.file import Line
from porch.syntax.nodes import comment_lines


def render(groups: Iterable[tuple[str, tuple[LiteralString, ...]]], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then each group below its note."""
    lines = [Line(text) for text in comment_lines(header)]
    for note, patterns in groups:
        lines += [Line("")] * bool(lines)
        lines += [*map(Line, comment_lines(note)), *map(Line, patterns)]
    return tuple(lines)
