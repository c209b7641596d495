"""supervisord's configuration: sections, options, commands and lists of variables.

Rule: supervisord reads back exactly what was given, or it is refused with Unwritable. It cuts a line at ` ;` and ` #`,
strips spaces around a value, replaces `%(here)s` even where the percent sign is doubled, and then takes `%%` for `%`. A
command is split by a shell's quoting rules; a variable's value loses the quotes at its edges, and nothing in it can be
escaped.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    "environment",
    "gap",
    "option",
    "program",
    "render",
    "section",
]

NAME: Final = "supervisord.conf"
CUT: Final = re.compile(r"\s[;#]")


def program(name: str, options: Sequence[Option | Comment | Gap]) -> Section:
    """The section of one program; raises Unwritable for a name that supervisord does not take."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise Unwritable(f"{NAME} cannot hold a program with the name {name!r}")
    return Section(f"program:{name}", options)


def option(key: LiteralString, value: str | int | bool, note: str = "", setting: str = "") -> Option:
    """One option: True and False are `true` and `false`; raises Unwritable."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Option(key, (Line(named(_escaped, text, setting), setting),), note)


def command(key: LiteralString, words: Sequence[str], settings: Mapping[str, str], note: str = "") -> Option:
    """A command, a line for each of its options; `settings` tells which setting an option carries."""
    lines: list[Line] = []
    for word in words:
        setting = settings.get(word, "")
        # What stands behind `--` is a command of its own.
        begins = word.startswith("-") and word not in ("-m", "--")
        if not lines or begins or lines[-1].text.endswith(" --"):
            lines.append(Line(named(_word, word, setting), setting))
        else:
            before = lines[-1]
            lines[-1] = Line(f"{before.text} {named(_word, word, setting or before.setting)}", before.setting)
    return Option(key, tuple(lines), note)


def environment(variables: Mapping[str, str], note: str = "", settings: Mapping[str, str] | None = None) -> Option:
    """Variables of a program's environment, one a line; `settings` tells which setting one carries."""
    lines: list[Line] = []
    for number, (name, value) in enumerate(variables.items(), 1):
        setting, end = (settings or {}).get(name, ""), "," * (number < len(variables))
        pair = f"{name}={named(_quoted, value, setting)}{end}"
        lines.append(Line(named(_escaped, pair, setting), setting))
    return Option("environment", tuple(lines), note)


def render(given: Iterable[Section], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the sections with an empty line between them."""
    return sections.render(STYLE, given, header)


def _laid_out(node: Option) -> Iterator[Line]:
    first = node.lines[0] if node.lines else Line("")
    if len(node.lines) <= 1:
        yield Line(f"{node.key} = {first.text}".rstrip(" "), first.setting)
        return
    yield Line(f"{node.key} =")
    yield from (Line(sections.INDENT + line.text, line.setting) for line in node.lines)


STYLE: Final = Style(_laid_out)


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
