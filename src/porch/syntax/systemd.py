"""systemd's units: sections, options, and the quoting of words (systemd.syntax(7), systemd.service(5)).

Rule: systemd reads back exactly what was given, or it is refused with Unwritable. It replaces `%x` in nearly every
value, so that a percent sign is doubled; it takes a line that ends in a backslash as going on, and strips spaces at the
edges of a value. A word in double quotes has C's escapes; in a command, `$` begins a variable and is doubled, but not
in the program's path, where nothing can stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable, spaced

__all__ = ["Comment", "Gap", "Option", "Section", "command", "comment", "gap", "option", "render", "share", "words"]

NAME: Final = "a systemd unit"
PLAIN: Final = re.compile(r"[\w@+=:,./-]+", re.ASCII)
INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Option:
    """`Key=value`, the value already escaped; what follows its first line is indented, as the value going on."""

    key: str
    lines: tuple[Line, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    """`[Name]` and what stands below it."""

    name: LiteralString
    options: Sequence[Option | Comment | Gap]


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One value up to the end of the line: True and False are `yes` and `no`; raises Unwritable."""
    text = ("no", "yes")[value] if isinstance(value, bool) else str(value)
    try:
        return Option(key, (Line(_whole(text), setting),), note)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def share(key: LiteralString, percent: int, note: str = "", setting: str = "") -> Option:
    """A share of what there is, where no percent sign is replaced."""
    return Option(key, (Line(f"{percent:d}%", setting),), note)


def words(key: LiteralString, values: Iterable[str], note: str = "", setting: str = "") -> Option:
    """A list of words in one line, such as paths or variables; raises Unwritable."""
    try:
        return Option(key, (Line(" ".join(_word(value) for value in values), setting),), note)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def command(key: LiteralString, argv: Sequence[str], note: str = "") -> Option:
    """A command, a line for each of its flags; raises Unwritable."""
    program = argv[0]
    if not program.startswith("/") or "$" in program:
        raise Unwritable(f"{NAME} needs the absolute path of a program, without $: {program!r}")
    lines = [_word(program)]
    for word in argv[1:]:
        text = _word(word).replace("$", "$$")
        if word.startswith("--"):
            lines[-1] += " \\"
            lines.append(text)
        else:
            lines[-1] += f" {text}"
    return Option(key, tuple(map(Line, lines)), note)


def render(sections: Iterable[Section], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    groups = [[Line(text) for text in comment_lines(header)]] if header else []
    groups += [list(_section(section)) for section in sections]
    return tuple(line for group in groups for line in (Line(""), *group))[1:]


def _section(section: Section) -> Iterator[Line]:
    yield Line(f"[{section.name}]")
    yield from spaced(None if isinstance(node, Gap) else _lines(node) for node in section.options)


def _lines(node: Option | Comment) -> Iterator[Line]:
    if isinstance(node, Comment):
        yield from map(Line, comment_lines(node.text))
    else:
        yield from map(Line, comment_lines(node.note))
        first, *further = node.lines
        yield Line(f"{node.key}={first.text}", first.setting)
        yield from (Line(INDENT + line.text, line.setting) for line in further)


def _whole(value: str) -> str:
    refuse_unprintable(value, NAME)
    if value != value.strip():
        raise Unwritable(f"{NAME} cannot hold a space at the edge of a value: {value!r}")
    if value.endswith("\\"):
        raise Unwritable(f"{NAME} cannot hold a backslash at the end of a value: {value!r}")
    return value.replace("%", "%%")


def _word(value: str) -> str:
    refuse_unprintable(value, NAME)
    if PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
