"""uWSGI's ini files: sections, options, and the one escape that uWSGI knows.

Rule: uWSGI reads back exactly the value that was given, or it is refused with Unwritable. uWSGI replaces `%x` in the
whole text first, comments and line ends included (so that a comment ending in `%` swallows the next line); only `%%`
gives a `%`. Then it strips spaces around a value, and last it expands `$(...)`, `@(...)`, `%(...)` and `=(...)` in it,
which nothing can escape. Quotes, `;` and `#` inside a value are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, LiteralString

from porch.syntax import sections
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable
from porch.syntax.sections import Option, Section, Style, named, section

__all__ = ["Comment", "Gap", "Option", "Section", "comment", "gap", "option", "render", "section"]

EXPANDED: Final = re.compile(r"[$@%=]\(.*\)")
"""`=(...)` only in builds with matheval; refused everywhere, so that a file means the same on every machine."""


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One option: True and False are `true` and `false`; raises Unwritable."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Option(key, (Line(named(_escaped, text, setting), setting),), note)


def render(given: Iterable[Section], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    return sections.render(STYLE, given, header)


def _laid_out(node: Option) -> Iterator[Line]:
    (line,) = node.lines
    yield Line(f"{node.key} = {line.text}".rstrip(" "), line.setting)


def _comment(text: str) -> Iterator[str]:
    return (line.replace("%", "%%") for line in comment_lines(text))


STYLE: Final = Style(_laid_out, _comment)


def _escaped(value: str) -> str:
    refuse_unprintable(value, "uWSGI's ini")
    if value != value.strip(" "):
        raise Unwritable(f"uWSGI's ini cannot hold a space at the edge of a value: {value!r}")
    if expanded := EXPANDED.search(value):
        raise Unwritable(f'uWSGI would expand "{expanded[0]}", which is in {value!r}, and has no escape for it')
    return value.replace("%", "%%")
