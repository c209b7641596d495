"""uWSGI's ini files: sections, options, and the one escape that uWSGI knows.

Rule: uWSGI reads back exactly the value that was given, or it is refused with Unwritable. uWSGI replaces `%x` in the
whole text first, comments and line ends included (so that a comment ending in `%` swallows the next line); only `%%`
gives a `%`. Then it strips spaces around a value, and last it expands `$(...)`, `@(...)`, `%(...)` and `=(...)` in it,
which nothing can escape. Quotes, `;` and `#` inside a value are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable, spaced

__all__ = ["Comment", "Gap", "Option", "Section", "comment", "gap", "option", "render"]

EXPANDED: Final = re.compile(r"[$@%=]\(.*\)")
"""`=(...)` only in builds with matheval; refused everywhere, so that a file means the same on every machine."""


@dataclass(frozen=True, slots=True)
class Option:
    """`key = value`, the value already escaped."""

    key: str
    value: str
    note: str
    setting: str


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and what stands below it; uWSGI reads the one called `uwsgi`."""

    name: LiteralString
    options: Sequence[Option | Comment | Gap]


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One option: True and False are `true` and `false`; raises Unwritable."""
    try:
        return Option(key, _escaped(value), note, setting)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def render(sections: Iterable[Section], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    groups = [[Line(text) for text in _comment(header)]] if header else []
    groups += [list(_section(section)) for section in sections]
    return tuple(line for group in groups for line in (Line(""), *group))[1:]


def _section(section: Section) -> Iterator[Line]:
    yield Line(f"[{section.name}]")
    yield from spaced(None if isinstance(node, Gap) else _lines(node) for node in section.options)


def _lines(node: Option | Comment) -> Iterator[Line]:
    if isinstance(node, Comment):
        yield from map(Line, _comment(node.text))
    else:
        yield from map(Line, _comment(node.note))
        yield Line(f"{node.key} = {node.value}".rstrip(" "), node.setting)


def _comment(text: str) -> Iterator[str]:
    return (line.replace("%", "%%") for line in comment_lines(text))


def _escaped(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    refuse_unprintable(value, "uWSGI's ini")
    if value != value.strip(" "):
        raise Unwritable(f"uWSGI's ini cannot hold a space at the edge of a value: {value!r}")
    if expanded := EXPANDED.search(value):
        raise Unwritable(f'uWSGI would expand "{expanded[0]}", which is in {value!r}, and has no escape for it')
    return value.replace("%", "%%")
