r"""nginx's language: directives, blocks, and its one quoting rule.

Rule: a plain value is data and is read back by nginx as exactly that text, or it is refused with Unwritable; only a
literal of the source code (`Expr`) may be more than data. The quoting follows `ngx_conf_read_token`: a word ends at
whitespace, `;` or `{`; inside quotes and outside, `\\`, `\"`, `\'`, `\t`, `\r` and `\n` are the only escapes; nothing
escapes `$`, which most directives expand after the word was read; a word has at most 4093 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, LiteralString

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, refuse_unprintable

__all__ = [
    "Arg",
    "Block",
    "Comment",
    "Directive",
    "Expr",
    "Gap",
    "Node",
    "Value",
    "block",
    "comment",
    "directive",
    "entry",
    "gap",
    "join",
    "render",
]

INDENT: Final = "    "
LINE_WIDTH: Final = 120
LONGEST_WORD: Final = 4093
"""Bytes between the quotes: nginx wants the word, its closing quote, a space and what follows in a buffer of 4096."""
ENTRY_WORDS: Final = frozenset(
    {"default", "delete", "hostnames", "include", "proxy", "proxy_recursive", "ranges", "volatile"}
)
"""Keys that `map`, `geo` and their like take as instructions, quoted or not."""


@dataclass(frozen=True, slots=True)
class Expr:
    """nginx source as it stands, such as `$scheme` or `~* \\.py$`: always a literal of porch's own source code."""

    source: LiteralString

    def __post_init__(self) -> None:
        dangling = (len(self.source) - len(self.source.rstrip("\\"))) % 2
        if not self.source or not self.source.isprintable() or dangling:
            raise ValueError(f"not one line of nginx source: {self.source!r}")


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument made of data and expressions; `join` makes it."""

    parts: tuple[str | Expr, ...]


Value = str | int | Expr | Arg


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive, its words already quoted."""

    words: tuple[str, ...]
    note: str
    setting: str


@dataclass(frozen=True, slots=True)
class Block:
    """A directive with more of them in braces."""

    words: tuple[str, ...]
    children: tuple[Node, ...]
    note: str
    setting: str


Node = Directive | Block | Comment | Gap


def directive(name: LiteralString, *args: Value, note: str = "", setting: str = "") -> Directive:
    """`name args;`: text and numbers are data, True and False are `on` and `off`; raises Unwritable."""
    return Directive(_words((name, *args), setting), note, setting)


def entry(key: Value, *args: Value, note: str = "", setting: str = "") -> Directive:
    """A line of a `map`, `geo` or `types` block, whose first word is data too; raises Unwritable."""
    if isinstance(key, str) and key in ENTRY_WORDS:
        raise Unwritable(f'nginx takes the word "{key}" at the start of a line here as an instruction', setting)
    return Directive(_words((key, *args), setting), note, setting)


def block(name: LiteralString, *args: Value, children: Iterable[Node], note: str = "", setting: str = "") -> Block:
    """`name args { children }`; raises Unwritable."""
    return Block(_words((name, *args), setting), tuple(children), note, setting)


def join(*parts: str | int | Expr | Arg) -> Arg:
    """One argument of several parts, such as `join("unix:", path)` or `join(Expr("$scheme"), "://", host)`."""
    flat: list[str | Expr] = []
    for part in parts:
        if isinstance(part, Arg):
            flat.extend(part.parts)
        else:
            flat.append(part if isinstance(part, Expr) else str(part))
    return Arg(tuple(part for part in flat if part != ""))


def render(nodes: Iterable[Node], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the nodes, indented by four."""
    lines = list(_rendered(tuple(nodes), ""))
    if header:
        lines = [*map(Line, comment_lines(header)), *([Line("")] if lines else []), *lines]
    return tuple(lines)


def _rendered(nodes: tuple[Node, ...], indent: str) -> Iterator[Line]:
    """The nodes, with an empty line where one was asked for and around a block."""
    previous: Node | None = None
    parted = False
    for node in nodes:
        if isinstance(node, Gap):
            parted = previous is not None
            continue
        begins_group = isinstance(node, Block) and isinstance(previous, Directive)
        if parted or begins_group or isinstance(previous, Block):
            yield Line("")
        yield from _rendered_one(node, indent)
        previous, parted = node, False


def _rendered_one(node: Directive | Block | Comment, indent: str) -> Iterator[Line]:
    match node:
        case Comment():
            yield from map(Line, comment_lines(node.text, indent))
        case Directive():
            yield from map(Line, comment_lines(node.note, indent))
            yield from (Line(text, node.setting) for text in _wrapped(node.words, indent))
        case Block():
            yield from map(Line, comment_lines(node.note, indent))
            if node.children:
                yield Line(f"{indent}{' '.join(node.words)} {{", node.setting)
                yield from _rendered(node.children, indent + INDENT)
                yield Line(f"{indent}}}")
            else:
                yield Line(f"{indent}{' '.join(node.words)} {{}}", node.setting)


def _wrapped(words: tuple[str, ...], indent: str) -> Iterator[str]:
    """A directive on one line; when it is too long for one, its later words go on below."""
    line = indent + " ".join(words[:2])
    for word in words[2:]:
        if len(line) + len(word) + 2 > LINE_WIDTH:
            yield line
            line = indent + INDENT + word
        else:
            line += " " + word
    yield line + ";"


def _words(values: tuple[Value, ...], setting: str) -> tuple[str, ...]:
    try:
        return tuple(_word(value) for value in values)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def _word(value: Value) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case int():
            return str(value)
        case Expr():
            return value.source
        case Arg():
            return _quoted(value.parts)
        case str():
            return _quoted((value,))


def _quoted(parts: tuple[str | Expr, ...]) -> str:
    """The parts as one word, in quotes where nginx would otherwise read it differently."""
    for part in parts:
        if isinstance(part, str):
            _refuse_unwritable(part)
    raw = "".join(part if isinstance(part, str) else part.source for part in parts)
    quote = "'" if '"' in raw and "'" not in raw else '"'
    word = "".join(
        _escaped_data(part, quote) if isinstance(part, str) else _escaped_source(parts, position, quote)
        for position, part in enumerate(parts)
    )
    if len(word.encode()) > LONGEST_WORD:
        raise Unwritable(f"nginx cannot hold a word of more than {LONGEST_WORD} bytes, such as {raw[:40]!r}...")
    return f"{quote}{word}{quote}" if _needs_quotes(word) else word


def _refuse_unwritable(value: str) -> None:
    refuse_unprintable(value, "nginx")
    if "$" in value:
        raise Unwritable(f'nginx cannot hold a plain "$", which is in {value!r}: it has no escape for it')


def _needs_quotes(word: str) -> bool:
    """nginx itself minds `#` and `}` at the start of a word only; anywhere else they would mislead the reader."""
    return not word or bool(re.search(r"""[\s;{}#"']|\\\\""", word))


def _escaped_data(value: str, quote: str) -> str:
    return value.replace("\\", "\\\\").replace(quote, "\\" + quote)


def _escaped_source(parts: tuple[str | Expr, ...], position: int, quote: str) -> str:
    """Source inside a word: quotes are escaped, and a variable's name is closed before text that would extend it."""
    part = parts[position]
    source: str = part.source if isinstance(part, Expr) else part
    following = parts[position + 1 : position + 2]
    if following:
        after = following[0].source if isinstance(following[0], Expr) else following[0]
        if source.endswith("$"):
            raise ValueError(f"the end of {source!r} would swallow the part that follows it")
        if re.match(r"[A-Za-z0-9_]", after):
            source = re.sub(r"\$([A-Za-z_][A-Za-z0-9_]*)$", r"${\1}", source)
    return re.sub(rf"(\\.)|{quote}", lambda found: found[1] or "\\" + quote, source)
