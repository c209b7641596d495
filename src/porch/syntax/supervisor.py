"""supervisord's configuration: sections, options, commands and lists of variables.

Rule: supervisord reads back exactly what was given, or it is refused with Unwritable. It cuts a line at ` ;` and ` #`,
strips spaces around a value, replaces `%(here)s` even where the percent sign is doubled, and then takes `%%` for `%`. A
command is split by a shell's quoting rules; a variable's value loses the quotes at its edges, and nothing in it can be
escaped.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable, spaced

__all__ = [
    "Comment",
    "Gap",
    "Option",
    "Section",
    "command",
    "comment",
    "environment",
    "gap",
    "option",
    "program",
    "render",
]

NAME: Final = "supervisord.conf"
CUT: Final = re.compile(r"\s[;#]")
INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Option:
    """`key = value`, the value already escaped; its further lines are indented."""

    key: str
    lines: tuple[Line, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and what stands below it."""

    name: str
    options: Sequence[Option | Comment | Gap]


def program(name: str, options: Sequence[Option | Comment | Gap]) -> Section:
    """The section of one program; raises Unwritable for a name that supervisord does not take."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise Unwritable(f"{NAME} cannot hold a program with the name {name!r}")
    return Section(f"program:{name}", options)


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One option: True and False are `true` and `false`; raises Unwritable."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Option(key, (Line(_named(_escaped, text, setting), setting),), note)


def command(key: LiteralString, words: Sequence[str], settings: Mapping[str, str], note: str = "") -> Option:
    """A command, a line for each of its options; `settings` tells which setting an option carries."""
    lines: list[Line] = []
    for word in words:
        setting = settings.get(word, "")
        # What stands behind `--` is a command of its own.
        begins = word.startswith("-") and word not in ("-m", "--")
        if not lines or begins or lines[-1].text.endswith(" --"):
            lines.append(Line(_named(_word, word, setting), setting))
        else:
            before = lines[-1]
            lines[-1] = Line(f"{before.text} {_named(_word, word, setting or before.setting)}", before.setting)
    return Option(key, tuple(lines), note)


def environment(variables: Mapping[str, str], note: str = "", settings: Mapping[str, str] | None = None) -> Option:
    """Variables of a program's environment, one a line; `settings` tells which setting one carries."""
    lines: list[Line] = []
    for number, (name, value) in enumerate(variables.items(), 1):
        setting, end = (settings or {}).get(name, ""), "," * (number < len(variables))
        pair = f"{name}={_named(_quoted, value, setting)}{end}"
        lines.append(Line(_named(_escaped, pair, setting), setting))
    return Option("environment", tuple(lines), note)


def _named(write: Callable[[str], str], value: str, setting: str) -> str:
    """The value as it is written; what cannot be is told with its setting."""
    try:
        return write(value)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


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
        yield from _laid_out(node)


def _laid_out(node: Option) -> Iterator[Line]:
    first = node.lines[0] if node.lines else Line("")
    if len(node.lines) <= 1:
        yield Line(f"{node.key} = {first.text}".rstrip(" "), first.setting)
        return
    yield Line(f"{node.key} =")
    yield from (Line(INDENT + line.text, line.setting) for line in node.lines)


def _escaped(value: str) -> str:
    refuse_unprintable(value, NAME)
    if value != value.strip():
        raise Unwritable(f"{NAME} cannot hold a space at the edge of a value: {value!r}")
    if found := CUT.search(f" {value}"):
        raise Unwritable(f'{NAME} would end the line at "{found[0]}" in {value!r}, and has no escape for it')
    if "%(here)s" in value:
        raise Unwritable(f'supervisord would replace "%(here)s", which is in {value!r}, and has no escape for it')
    return value.replace("%", "%%")


def _word(word: str) -> str:
    """A word by a shell's rules; quotes of their own stand between a space and a mark that would cut the line."""
    return _escaped(re.sub(r"(?<=\s)(?=[;#])", "'" + '""' + "'", shlex.quote(word)))


def _quoted(value: str) -> str:
    """The value in quotes of the kind that it does not hold itself."""
    mark = '"' if '"' not in value else "'"
    if mark in value or value.strip("'\"") != value:
        raise Unwritable(f"{NAME} cannot hold these quotes in a variable: {value!r}")
    return f"{mark}{value}{mark}"
