"""Dockerfiles: instructions, and how Docker reads the words in them.

Rule: Docker reads back exactly what was given, or it is refused with Unwritable. In ENV, LABEL, WORKDIR and their like
it takes quotes away and replaces `$NAME`, both of which a backslash stops; the words of a command in JSON it leaves
alone. What RUN hands to the shell is quoted by the shell's rules. Nothing here needs BuildKit: every builder reads it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, LiteralString

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable, spaced

__all__ = [
    "Assigned",
    "Comment",
    "Expr",
    "Gap",
    "Instruction",
    "argument",
    "begin",
    "check",
    "command",
    "comment",
    "copy",
    "expose",
    "gap",
    "pairs",
    "render",
    "run",
    "word",
]

LANGUAGE: Final = "a Dockerfile"
INDENT: Final = "    "
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
IMAGE: Final = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]*")
PLAIN: Final = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
"""A word that means itself wherever it stands."""


@dataclass(frozen=True, slots=True)
class Expr:
    """Words for the shell as they stand, written in the code and nowhere else."""

    source: LiteralString


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; its further lines are indented, and all but the last end with a backslash."""

    keyword: LiteralString
    lines: tuple[Line, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """A variable for one command, with a value that the shell finds."""

    name: str
    value: Expr


Step = Sequence[str | Expr | Assigned]
"""One command of a RUN: words that are quoted, and words that stand as they are."""


def begin(image: str, stage: str = "", note: str = "", setting: str = "") -> Instruction:
    """`FROM image AS stage`; raises Unwritable for what is no name of an image."""
    if not IMAGE.fullmatch(image):
        raise Unwritable(f"{LANGUAGE} cannot begin from an image with the name {image!r}", setting)
    return Instruction("FROM", (Line(f"{image} AS {stage}" if stage else image, setting),), note)


def copy(sources: Sequence[str], target: str, stage: str = "", note: str = "", setting: str = "") -> Instruction:
    """Files into the image, from the project or from another stage; the target is a folder when it ends with `/`."""
    words = [_path(each, setting) for each in (*sources, target)]
    plain = all(PLAIN.fullmatch(each) for each in words)
    text = " ".join(words) if plain else json.dumps(words, ensure_ascii=False)
    return Instruction("COPY", (Line(f"--from={stage} {text}" if stage else text, setting),), note)


def run(steps: Iterable[Step], note: str = "", setting: str = "") -> Instruction:
    """Commands for the shell, each on a line of its own, and none after one that failed."""
    lines: list[Line] = []
    for step in steps:
        first, *rest = " ".join(_shell(each, setting) for each in step).split("\n")
        lines.append(Line(f"&& {first}" if lines else first, setting))
        lines += [Line(INDENT + text, setting) for text in rest]
    return Instruction("RUN", tuple(lines), note)


def pairs(
    keyword: LiteralString,
    values: Mapping[str, str],
    note: str = "",
    setting: str = "",
    *,
    expanded: Sequence[str] = (),
) -> Instruction:
    """ENV or LABEL: names and values, one a line; in the values of those in `expanded`, Docker replaces variables."""
    for name in values:
        if not NAME.fullmatch(name):
            raise Unwritable(f"{LANGUAGE} cannot hold the name {name!r}", setting)
    told = {name: value if name in expanded else quoted(value, setting) for name, value in values.items()}
    lines = tuple(Line(f"{name}={value}", setting) for name, value in told.items())
    return Instruction(keyword, lines, note)


def argument(name: LiteralString, default: str | None = None, note: str = "") -> Instruction:
    """ARG: what `docker build --build-arg` may say."""
    return Instruction("ARG", (Line(name if default is None else f"{name}={quoted(default)}"),), note)


def word(keyword: LiteralString, value: str, note: str = "", setting: str = "") -> Instruction:
    """WORKDIR, USER, STOPSIGNAL: one word."""
    return Instruction(keyword, (Line(quoted(value, setting), setting),), note)


def expose(ports: Iterable[int], note: str = "", setting: str = "") -> Instruction:
    """EXPOSE: the ports that are listened on."""
    return Instruction("EXPOSE", (Line(" ".join(map(str, ports)), setting),), note)


def command(keyword: LiteralString, words: Sequence[str], note: str = "", setting: str = "") -> Instruction:
    """CMD or ENTRYPOINT in words, without a shell between."""
    return Instruction(keyword, (Line(_json(words, setting), setting),), note)


def check(words: Sequence[str], options: Mapping[str, str], note: str = "", setting: str = "") -> Instruction:
    """HEALTHCHECK: how often a command is asked, and the command."""
    told = " ".join(f"--{name}={value}" for name, value in options.items())
    return Instruction("HEALTHCHECK", (Line(told, setting), Line(f"CMD {_json(words, setting)}", setting)), note)


def render(nodes: Iterable[Instruction | Comment | Gap], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the instructions."""
    top = [Line(text) for text in comment_lines(header)]
    groups = (None if isinstance(node, Gap) else _lines(node) for node in nodes)
    return tuple(spaced((top, None, *groups) if top else groups))


def _lines(node: Instruction | Comment) -> tuple[Line, ...]:
    if isinstance(node, Comment):
        return tuple(map(Line, comment_lines(node.text)))
    return (*map(Line, comment_lines(node.note)), *_laid_out(node))


def _laid_out(node: Instruction) -> Iterator[Line]:
    last = len(node.lines) - 1
    for number, line in enumerate(node.lines):
        begins = f"{node.keyword} " if not number else INDENT
        yield Line(f"{begins}{line.text}{'' if number == last else ' ' + chr(92)}", line.setting)


def quoted(value: str, setting: str = "") -> str:
    """A value that Docker takes quotes and variables from, as it is meant."""
    _refuse(value, setting)
    if PLAIN.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def _path(value: str, setting: str) -> str:
    _refuse(value, setting)
    if found := re.search(r"[*?\[\\\"'$]", value):
        raise Unwritable(f"{LANGUAGE} cannot copy {value!r}: {found[0]} is a pattern's or a variable's there", setting)
    return value


def _shell(part: str | Expr | Assigned, setting: str) -> str:
    if isinstance(part, Expr):
        return part.source
    if isinstance(part, Assigned):
        if not VARIABLE.fullmatch(part.name):
            raise Unwritable(f"the shell cannot hold a variable with the name {part.name!r}", setting)
        return f"{part.name}={part.value.source}"
    _refuse(part, setting)
    return shlex.quote(part)


def _json(words: Sequence[str], setting: str) -> str:
    for each in words:
        _refuse(each, setting)
    return json.dumps(list(words), ensure_ascii=False)


def _refuse(value: str, setting: str) -> None:
    try:
        refuse_unprintable(value, LANGUAGE)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None
