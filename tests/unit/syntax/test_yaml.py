"""What YAML looks like on the page, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch.syntax import yaml
from porch.syntax.file import Unwritable
from porch.syntax.yaml import comment, entry, gap, item, listing, table


def text(*nodes: yaml.Entry | yaml.Comment | yaml.Gap, header: str = "") -> str:
    """The rendered document as one string."""
    return "\n".join(line.text for line in yaml.render(table(*nodes), header))


@pytest.mark.parametrize(
    "value",
    [
        "unless-stopped",
        "/srv/app",
        "512m",
        "30s",
        "shop:latest",
        "python -m shop",
        "a,b",
        "127.0.0.1/8",
        "$HOME",
        "NET",
    ],
)
def test_what_can_stand_plain_does(value: str) -> None:
    """Words, paths, sizes and commands stand without quotes."""
    assert text(entry("x", value)) == f"x: {value}"


MARKS = """
    yes NO on y null ~ 1.5 010 0x1f 1:30 22:22 1e3 2001-12-14 .5 8080:80 127.0.0.1:8080:8080 ::1
    -a a: *a &a !a @a %a << = [a] it's ? | #a --- ...
"""


@pytest.mark.parametrize("value", [*MARKS.split(), "", "a: b", "a #b", " a", "a "])
def test_what_reads_as_something_else_is_quoted(value: str) -> None:
    """What a reader of YAML 1.1 or 1.2 takes for a number, a date, a truth or a mark stands in double quotes."""
    assert text(entry("x", value)) == f'x: "{value}"'
    assert text(entry(value, "x")) == f'"{value}": x'


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ('say "a\\b"', '"say \\"a\\\\b\\""'),
        ("a\tb\r", '"a\\tb\\r"'),
        ("a\u2028\x85\0", '"a\\u2028\\x85\\x00"'),
        ("é", '"é"'),
        (True, "true"),
        (None, "null"),
        (1e-9, "1.0e-09"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_values_that_need_more(value: object, source: str) -> None:
    """Escapes only where a reader would lose the letter; empty tables and listings in brackets."""
    assert text(entry("x", value)) == f"x: {source}"


def test_a_text_of_several_lines_is_a_block() -> None:
    """Lines stand as they are, with an empty line where there is one; the last line end is kept or not."""
    assert text(entry("x", "a;\n\n  b # c\n"), entry("z", "a\nb")) == "x: |\n  a;\n\n    b # c\nz: |-\n  a\n  b"


@pytest.mark.parametrize("value", ["a\n\n", "\na", " a\nb", "a \nb", "a\n\tb\x07", "\n"])
def test_a_text_that_a_block_would_change_is_quoted(value: str) -> None:
    """Where indentation, chomping or an invisible letter would count, the text stands on one line in quotes."""
    assert text(entry("x", value)).startswith('x: "')


def test_layout_and_settings() -> None:
    """Notes stand above what they tell of, above the dash of an item too, and lines belong to their settings."""
    inner = table(entry("a", 1, "first"), gap(), entry("b", ["x", "z"], "second", "s.b"))
    nodes = (gap(), entry("x", listing(item(inner, "whole", "s.x"), comment("last"))), gap(), gap(), comment("end"))
    lines = yaml.render(table(*nodes, gap()), "Header.")
    assert [line.text for line in lines] == [
        "# Header.",
        "",
        "x:",
        "  # whole",
        "  # first",
        "  - a: 1",
        "",
        "    # second",
        "    b:",
        "      - x",
        "      - z",
        "  # last",
        "",
        "# end",
    ]
    assert [line.text for line in lines if line.setting == "s.x"] == ["  - a: 1"]
    assert [line.text.strip() for line in lines if line.setting == "s.b"] == ["b:", "- x", "- z"]


def test_several_documents_are_parted() -> None:
    """Documents of one file stand under one header with `---` between them."""
    lines = yaml.render([table(entry("a", 1)), table(), table(entry("b", 2))], "H.")
    assert [line.text for line in lines] == ["# H.", "", "a: 1", "", "---", "{}", "", "---", "b: 2"]


@pytest.mark.parametrize("value", [b"x", {1}, float("nan"), float("inf"), {1: 2}, Path("/a"), "\ud800", [object()]])
def test_what_yaml_cannot_hold_is_refused_with_its_setting(value: object) -> None:
    """A value that would not read back as itself raises Unwritable, which names the setting."""
    with pytest.raises(Unwritable, match="cannot hold") as refused:
        entry("x", value, setting="app.target")
    assert refused.value.setting == "app.target"


def test_a_key_stands_once_and_is_short_enough_for_readers() -> None:
    """A key that is there twice, or longer than readers look, is refused."""
    with pytest.raises(Unwritable, match="twice"):
        table(entry("a", 1), entry("a", 2))
    with pytest.raises(Unwritable, match="so long a key"):
        entry("a" * 1001, 1)
