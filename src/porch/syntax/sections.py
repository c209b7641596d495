"""What the languages with `[section]` and `key = value` share: sections, options, and how the two become lines.

Rule: an option's value is already escaped by its own language, which alone knows how; here nothing is added to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, LiteralString

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment_lines, spaced

INDENT: Final = "    "
"""Before the further lines of a value."""


@dataclass(frozen=True, slots=True)
class Option:
    """A key and its value, already escaped, which may go on over several lines."""

    key: str
    lines: tuple[Line, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and what stands below it."""

    name: str
    options: Sequence[Option | Comment | Gap]


@dataclass(frozen=True, slots=True)
class Style:
    """How a language writes what it shares with the others."""

    option: Callable[[Option], Iterator[Line]]
    comment: Callable[[str], Iterator[str]] = comment_lines


def section(name: LiteralString, options: Sequence[Option | Comment | Gap]) -> Section:
    """`[name]`, which no value is part of, and what stands below it."""
    return Section(name, options)


def named(write: Callable[[str], str], value: str, setting: str) -> str:
    """The value as its language writes it; raises Unwritable with the setting that it comes from."""
    try:
        return write(value)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def render(style: Style, sections: Iterable[Section], header: str) -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    groups = [[Line(text) for text in style.comment(header)]] if header else []
    groups += [list(_section(style, section)) for section in sections]
    return tuple(line for group in groups for line in (Line(""), *group))[1:]


def _section(style: Style, section: Section) -> Iterator[Line]:
    yield Line(f"[{section.name}]")
    yield from spaced(None if isinstance(node, Gap) else _lines(style, node) for node in section.options)


def _lines(style: Style, node: Option | Comment) -> Iterator[Line]:
    if isinstance(node, Comment):
        yield from map(Line, style.comment(node.text))
    else:
        yield from map(Line, style.comment(node.note))
        yield from style.option(node)
