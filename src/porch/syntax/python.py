"""Python as a configuration language: assignments of plain data, for `gunicorn.conf.py`.

Rule: what is assigned reads back equal and of the same type, or it is refused with Unwritable; no value is ever code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final, LiteralString, cast

from porch.records import dataclass
from porch.syntax.file import Line, Unwritable
from porch.syntax.nodes import Comment, Gap, comment, comment_lines, gap, spaced

__all__ = ["Comment", "Gap", "Node", "Statement", "assign", "comment", "gap", "load", "render", "source"]

LINE_WIDTH: Final = 100
INDENT: Final = "    "
COOKIE: Final = re.compile(r"^\s*#.*?coding[:=]")
"""A comment in the first two lines that Python takes as the name of the file's encoding (PEP 263)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A few lines of source that belong together."""

    lines: tuple[str, ...]
    note: str
    setting: str


Node = Statement | Comment | Gap


def assign(name: LiteralString, value: object, note: str = "", setting: str = "") -> Statement:
    """`name = value` for text, numbers, True, False, None, and tuples, lists and dicts of them; raises Unwritable."""
    if not name.isidentifier():
        raise ValueError(f"not a name in Python: {name!r}")
    try:
        return Statement(tuple(_laid_out(f"{name} = ", value, "", "")), note, setting)
    except Unwritable as problem:
        raise Unwritable(str(problem), setting) from None


def load(path: str, note: str = "", setting: str = "") -> Statement:
    """Run another file of Python in this namespace, as if it were the one that was loaded."""
    # compile() names the file, so that a traceback shows the line of the user's own file.
    lines = (
        f"__file__ = {_text(path)}",
        'with open(__file__, "rb") as _file:',
        f'{INDENT}exec(compile(_file.read(), __file__, "exec", dont_inherit=True))',
    )
    return Statement(lines, note, setting)


def source(*lines: LiteralString, note: str = "") -> Statement:
    """Lines of Python as they stand: always literals of porch's own source code."""
    return Statement(lines, note, "")


def render(nodes: Iterable[Node], header: str = "") -> tuple[Line, ...]:
    """The lines of a file: the header as a comment, then the nodes."""
    lines = list(spaced(None if isinstance(node, Gap) else _lines(node) for node in nodes))
    if header:
        lines = [*map(Line, comment_lines(header)), *([Line("")] if lines else []), *lines]
    if any(COOKIE.match(line.text) for line in lines[:2]):
        lines.insert(0, Line("# coding: utf-8"))
    return tuple(lines)


def _lines(node: Statement | Comment) -> Iterator[Line]:
    if isinstance(node, Comment):
        yield from map(Line, comment_lines(node.text))
    else:
        yield from map(Line, comment_lines(node.note))
        yield from (Line(text, node.setting) for text in node.lines)


def _laid_out(start: str, value: object, end: str, indent: str) -> Iterator[str]:
    """The value on one line, or with one item a line when it is too long for one."""
    one_line = f"{indent}{start}{_source(value)}{end}"
    if len(one_line) <= LINE_WIDTH or not isinstance(value, tuple | list | dict) or not value:
        yield one_line
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]") if isinstance(value, list) else ("(", ")")
    yield f"{indent}{start}{opening}"
    if isinstance(value, dict):
        for key, item in cast(dict[object, object], value).items():
            yield from _laid_out(f"{_source(key)}: ", item, ",", indent + INDENT)
    else:
        for item in cast(tuple[object, ...] | list[object], value):
            yield from _laid_out("", item, ",", indent + INDENT)
    yield f"{indent}{closing}{end}"


def _source(value: object) -> str:
    """Source of a value; the exact type counts, since an enumeration's repr is not what it equals."""
    kind = type(value)
    if value is None or kind in (str, int, bool):
        return _text(value) if kind is str else repr(value)
    if isinstance(value, float) and kind is float and math.isfinite(value):
        return repr(value)
    if isinstance(value, tuple | list) and kind in (tuple, list):
        items = [_source(item) for item in cast(tuple[object, ...] | list[object], value)]
        if kind is list:
            return f"[{', '.join(items)}]"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, dict) and kind is dict:
        pairs = cast(dict[object, object], value).items()
        return "{" + ", ".join(f"{_source(key)}: {_source(item)}" for key, item in pairs) + "}"
    raise Unwritable(f"a Python file of porch's cannot hold {value!r}, a value of the kind {kind.__name__}")


def _text(value: object) -> str:
    """A string in double quotes where repr's single ones are not needed, as most Python is written."""
    source = repr(value)
    return f'"{source[1:-1]}"' if source[0] == "'" and '"' not in source else source
