"""systemd's units: sections, options, and the quoting of words (systemd.syntax(7), systemd.service(5)).

Rule: systemd reads back exactly what was given, or it is refused with Unwritable. It replaces `%x` in nearly every
value, so that a percent sign is doubled; it takes a line that ends in a backslash as going on, and strips spaces at the
edges of a value. A word in double quotes has C's escapes; in a command, `$` begins a variable and is doubled, but not
in the program's path, where nothing can stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, LiteralString

from porch.syntax import sections
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, gap, refuse_unprintable
from porch.syntax.sections import Option, Section, Style, named, section

__all__ = [
    "Comment",
    "Gap",
    "Option",
    "Section",
    "command",
    "comment",
    "gap",
    "option",
    "render",
    "section",
    "share",
    "words",
]

NAME: Final = "a systemd unit"
PLAIN: Final = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One value up to the end of the line: True and False are `yes` and `no`; raises Unwritable."""
    text = ("no", "yes")[value] if isinstance(value, bool) else str(value)
    return Option(key, (Line(named(_whole, text, setting), setting),), note)


def share(key: LiteralString, percent: int, note: str = "", setting: str = "") -> Option:
    """A share of what there is, where no percent sign is replaced."""
    return Option(key, (Line(f"{percent:d}%", setting),), note)


def words(key: LiteralString, values: Iterable[str], note: str = "", setting: str = "") -> Option:
    """A list of words in one line, such as paths or variables; raises Unwritable."""
    return Option(key, (Line(" ".join(named(_word, value, setting) for value in values), setting),), note)


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


def render(given: Iterable[Section], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    return sections.render(STYLE, given, header)


def _laid_out(node: Option) -> Iterator[Line]:
    first, *further = node.lines
    yield Line(f"{node.key}={first.text}", first.setting)
    yield from (Line(sections.INDENT + line.text, line.setting) for line in further)


STYLE: Final = Style(_laid_out)


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
