"""YAML in block style, for compose files and Kubernetes manifests.

Rule: a reader of YAML 1.1 and one of 1.2 find the same value, equal and of the same type, or it is refused with
Unwritable. A string stands plain only where neither could take it for a number, a date, true, null or a mark of the
language; a text of several lines stands as a block; all else is in double quotes. No anchor, tag or flow is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, Union, cast

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, spaced

__all__ = ["Comment", "Entry", "Gap", "Item", "Listing", "Table", "comment", "entry", "gap", "item", "listing"]
__all__ += ["render", "table"]

INDENT: Final = "  "
LONGEST_KEY: Final = 1000
"""Characters; readers look no further than 1024 for the colon behind a key."""
PLAIN: Final = re.compile(r"[A-Za-z0-9_./$](?:[A-Za-z0-9_./$@%+=,()*?!^;<>~&-]|:(?=[^\s:])| (?=[A-Za-z0-9_./$(-]))*")
"""No quotes, no `#`, no bracket; a colon only within a word; a space only between words."""
NUMBER_LIKE: Final = re.compile(r"(?=.*[0-9])[-+.0-9][-+.0-9A-Fa-f_xXoObBTtZz: ]*")
"""Wider than numbers and dates of any version are, base 60 included."""
WORDS: Final = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off", "null", ".inf", ".nan", "..."))
ESCAPES: Final[Mapping[str, str]] = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """`key: value`."""

    key: str
    value: Value
    note: str
    setting: str


@dataclass(frozen=True, slots=True)
class Item:
    """`- value`."""

    value: Value
    note: str
    setting: str


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and their values, in order."""

    nodes: tuple[Entry | Comment | Gap, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Values in order."""

    nodes: tuple[Item | Comment | Gap, ...]


Node = Entry | Item | Comment | Gap
Value = Union[Scalar, Table, Listing]  # noqa: UP007  # the classes above name it before it is there
Given = object
"""What is taken for a value: a Value, or dicts, lists and tuples of them."""


def entry(key: str, value: Given, note: str = "", setting: str = "") -> Entry:
    """One key of a table; a dict becomes a table, and a list or tuple a listing. Raises Unwritable."""
    try:
        return Entry(_key(key), _value(value), note, setting)
    except Unwritable as problem:
        raise Unwritable(str(problem), problem.setting or setting) from None


def item(value: Given, note: str = "", setting: str = "") -> Item:
    """One value of a listing. Raises Unwritable."""
    try:
        return Item(_value(value), note, setting)
    except Unwritable as problem:
        raise Unwritable(str(problem), problem.setting or setting) from None


def table(*nodes: Entry | Comment | Gap) -> Table:
    """Entries under one key, or the whole of a document; raises Unwritable for a key that is there twice."""
    keys = [node.key for node in nodes if isinstance(node, Entry)]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise Unwritable(f"YAML cannot hold the key {twice[0]!r} twice in one place")
    return Table(nodes)


def listing(*nodes: Item | Comment | Gap) -> Listing:
    """Items under one key."""
    return Listing(nodes)


def render(documents: Table | Sequence[Table], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then each document, parted by `---` where there are several."""
    given = (documents,) if isinstance(documents, Table) else documents
    lines = [*map(Line, comment_lines(header)), Line("")] if header else []
    for number, document in enumerate(given):
        if number:
            lines += [Line(""), Line("---")]
        lines += _nodes(document.nodes, "") if _entries(document) else [Line("{}")]
    return tuple(lines)


def _key(key: str) -> str:
    if len(_text(key)) > LONGEST_KEY:
        raise Unwritable(f"YAML cannot hold so long a key: {key[:40]!r}...")
    return key


def _value(given: Given) -> Value:
    if isinstance(given, Table | Listing):
        return given
    if given is None or type(given) in (str, int, bool, float):
        _scalar(cast("Scalar", given))
        return cast("Scalar", given)
    held: object = given
    if isinstance(given, dict):
        pairs = cast("dict[object, object]", given).items()
        if all(type(key) is str for key, _ in pairs):
            return Table(tuple(entry(cast("str", key), value) for key, value in pairs))
    if isinstance(given, list | tuple):
        return Listing(tuple(item(value) for value in cast("list[object] | tuple[object, ...]", given)))
    raise Unwritable(f"a YAML file of porch's cannot hold {held!r}, a value of the kind {type(held).__name__}")


def _entries(value: Table | Listing) -> list[Entry | Item]:
    return [node for node in value.nodes if isinstance(node, Entry | Item)]


def _nodes(nodes: Iterable[Node], indent: str) -> Iterator[Line]:
    return spaced(None if isinstance(node, Gap) else _node(node, indent) for node in nodes)


def _node(node: Entry | Item | Comment, indent: str) -> Iterator[Line]:
    if isinstance(node, Comment):
        yield from map(Line, comment_lines(node.text, indent))
        return
    yield from map(Line, comment_lines(node.note, indent))
    yield from _entry(node, indent) if isinstance(node, Entry) else _item(node, indent)


def _entry(node: Entry, indent: str) -> Iterator[Line]:
    start, value = f"{indent}{_text(node.key)}:", node.value
    if isinstance(value, Table | Listing) and _entries(value):
        yield Line(start, node.setting)
        yield from _inherited(_nodes(value.nodes, indent + INDENT), node.setting)
    else:
        yield from _short(f"{start} ", value, indent, node.setting)


def _item(node: Item, indent: str) -> Iterator[Line]:
    value = node.value
    if not isinstance(value, Table | Listing) or not _entries(value):
        yield from _short(f"{indent}- ", value, indent, node.setting)
        return
    # What stands above the first entry stands above the dash, which shares a line with that entry.
    begun = False
    for line in _inherited(_nodes(value.nodes, indent + INDENT), node.setting):
        above = not begun and (not line.text or line.text.lstrip(" ").startswith("#"))
        text = line.text if begun else f"{indent}{'' if above else '- '}{line.text.lstrip(' ')}".rstrip(" ")
        begun = begun or not above
        yield Line(text, line.setting)


def _inherited(lines: Iterable[Line], setting: str) -> Iterator[Line]:
    """Lines of values without a setting of their own belong to the one around them; comments belong to none."""
    for line in lines:
        own = line.setting or ("" if line.text.lstrip(" ").startswith("#") or not line.text else setting)
        yield Line(line.text, own)


def _short(start: str, value: Value, indent: str, setting: str) -> Iterator[Line]:
    """A value that begins on the line of its key or dash."""
    if isinstance(value, Table | Listing):
        yield Line(start + ("{}" if isinstance(value, Table) else "[]"), setting)
    elif isinstance(value, str) and _fits_a_block(value):
        yield Line(f"{start}|{'' if value.endswith(chr(10)) else '-'}", setting)
        for text in value.removesuffix("\n").split("\n"):
            yield Line(f"{indent}{INDENT}{text}" if text else "", setting)
    else:
        yield Line(start + _scalar(value), setting)


def _fits_a_block(value: str) -> bool:
    """Whether a text of several lines can stand as it is: nothing at an edge that indentation or chomping would eat."""
    lines = value.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and bool(lines[0])
        and bool(lines[-1])
        and not lines[0].startswith((" ", "\t"))
        and all(_shown(letter) or letter == "\t" for letter in chain.from_iterable(lines))
        and not any(line.endswith((" ", "\t")) for line in lines)
    )


def _scalar(value: Scalar) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unwritable(f"a YAML file of porch's cannot hold the number {value!r}")
        # YAML 1.1 wants a point in the mantissa.
        mantissa, exponent, power = repr(value).partition("e")
        return f"{mantissa}{'.0' if exponent and '.' not in mantissa else ''}{exponent}{power}"
    return str(value)


def _text(value: str) -> str:
    """The string on one line: plain where it reads as nothing else, otherwise in double quotes."""
    if PLAIN.fullmatch(value) and not NUMBER_LIKE.fullmatch(value) and value.lower() not in WORDS:
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unwritable(f"YAML cannot hold {value!r}: it is not valid UTF-8") from None
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(letter: str) -> str:
    if letter in ESCAPES:
        return ESCAPES[letter]
    if _shown(letter):
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shown(letter: str) -> bool:
    """Whether readers take the letter as it is: a space, or what people can see."""
    return letter == " " or letter.isprintable()
