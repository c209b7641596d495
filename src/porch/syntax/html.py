"""HTML: elements and text, and the one rule by which text is quoted.

Rule: text and the values of attributes are data, whatever they hold; the names of elements and attributes, and a style
sheet, are literals of the source code. Nothing runs: a script cannot be said.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final, LiteralString
from unicodedata import category

from porch.records import dataclass

VOID: Final = frozenset({"meta", "br", "hr"})
"""Elements that have no end."""
RAW: Final = frozenset({"script", "style", "template", "textarea", "title"})
"""Elements whose text is read by other rules: of these a title is safe as data, a style sheet has a node of its own."""


_BARRED: Final = frozenset({"Cc", "Cs"})
"""Control characters, and halves of characters."""
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Element:
    """`<name attributes>children</name>`; a child that is text is data."""

    name: LiteralString
    children: tuple[Node, ...] = ()
    attributes: tuple[tuple[LiteralString, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet."""

    text: LiteralString


Node = Element | Style | str


def element(name: LiteralString, *children: Node, attributes: Mapping[LiteralString, str] | None = None) -> Element:
    """One element; raises ValueError for one whose text would not be read as data."""
    if name in RAW - {"title"}:
        raise ValueError(f"{name}: its text would not be data")
    return Element(name, children, tuple((attributes or {}).items()))


def render(language: LiteralString, head: tuple[Node, ...], body: tuple[Node, ...]) -> str:
    """A whole page; white space in text stays as it is."""
    coded = Element("meta", attributes=(("charset", "utf-8"),))
    page = Element("html", (Element("head", (coded, *head)), Element("body", body)), (("lang", language),))
    return f"<!doctype html>\n{_text(page)}\n"


def _text(node: Node) -> str:
    if isinstance(node, str):
        return html.escape(_sound(node))
    if isinstance(node, Style):
        return f"<style>{node.text}</style>"
    told = "".join(f' {name}="{html.escape(_sound(value))}"' for name, value in node.attributes)
    if node.name in VOID:
        return f"<{node.name}{told}>"
    return f"<{node.name}{told}>{''.join(map(_text, node.children))}</{node.name}>"


def _sound(text: str) -> str:
    """Without what no page may hold: NUL and its like, and halves of characters."""
    return "".join(letter if letter in "\n\t" or category(letter) not in _BARRED else _UNKNOWN for letter in text)
