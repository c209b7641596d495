"""What gunicorn's configuration looks like on the page, what it does when run, and what it refuses."""

from __future__ import annotations

import traceback
from enum import IntEnum
from pathlib import Path

import pytest

from porch.syntax import python
from porch.syntax.file import Unwritable
from porch.syntax.python import assign, comment, gap, load


def text(*nodes: python.Node, header: str = "") -> str:
    """The rendered file as one string."""
    return "\n".join(line.text for line in python.render(nodes, header))


class Level(IntEnum):
    """A number whose repr is not a number."""

    HIGH = 3


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("gthread", '"gthread"'),
        ('a"b', "'a\"b'"),
        ("it's", '"it\'s"'),
        ("a\nb\\", '"a\\nb\\\\"'),
        ((), "()"),
        (("a",), '("a",)'),
        ([1, 2.5, None, True], "[1, 2.5, None, True]"),
        ({"a": (1, 2)}, '{"a": (1, 2)}'),
    ],
)
def test_values_read_like_written_python(value: object, source: str) -> None:
    """Strings stand in double quotes where they can, and short values on one line."""
    assert text(assign("x", value)) == f"x = {source}"


def test_a_long_value_has_one_item_a_line() -> None:
    """A value wider than 100 columns is laid out one item a line, with a comma after the last one."""
    assert text(assign("bind", ["a" * 60, "b" * 60])) == f'bind = [\n    "{"a" * 60}",\n    "{"b" * 60}",\n]'


@pytest.mark.parametrize("value", [b"x", {1}, object(), float("nan"), float("inf"), Level.HIGH, [object()], Path("/a")])
def test_what_is_no_plain_data_is_refused_with_its_setting(value: object) -> None:
    """A value whose repr might not read back as itself raises Unwritable, which names the setting."""
    with pytest.raises(Unwritable, match="cannot hold") as refused:
        assign("x", value, setting="server.args")
    assert refused.value.setting == "server.args"


def test_only_names_are_assigned_to() -> None:
    """A target that is no Python name is a fault of porch itself."""
    with pytest.raises(ValueError, match="not a name"):
        assign("x; y", 1)


def test_the_users_own_file_runs_first_in_the_same_namespace(tmp_path: Path) -> None:
    """What the user's file defines is there, its `__file__` is its own path, and later lines overrule it."""
    own = tmp_path / 'my "own" \\ conf.py'
    own.write_text("workers = 7\nbind = 'x'\nwhere = __file__\ndef late():\n    return __file__, bind\n")
    namespace: dict[str, object] = {"__file__": "porch's"}
    exec(text(load(str(own)), gap(), assign("bind", "y")), namespace)  # noqa: S102  # running it is the test
    assert (namespace["workers"], namespace["bind"], namespace["where"]) == (7, "y", str(own))
    late = namespace["late"]
    assert callable(late)
    assert late() == (str(own), "y")


def test_a_traceback_shows_the_line_of_the_users_own_file(tmp_path: Path) -> None:
    """An error in the user's file is reported with its own path, line and source."""
    own = tmp_path / "gunicorn.conf.py"
    own.write_text("\n\nraise RuntimeError('mine')\n")
    with pytest.raises(RuntimeError, match="mine") as raised:
        exec(text(load(str(own))), {})  # noqa: S102  # running it is the test
    frame = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno, frame.line) == (str(own), 3, "raise RuntimeError('mine')")


def test_a_comment_cannot_name_the_encoding() -> None:
    """A header that looks like an encoding cookie is kept from being one."""
    rendered = text(assign("x", "é"), header="The coding: rot13 is not what this is.")
    namespace: dict[str, object] = {}
    exec(compile(rendered.encode(), "conf", "exec"), namespace)  # noqa: S102  # running it is the test
    assert namespace["x"] == "é"


def test_layout_and_settings() -> None:
    """Gaps are never doubled nor at an edge, and all lines of an assignment belong to its setting."""
    nodes = [gap(), comment("c"), assign("x", ["a" * 60] * 2, "why", "s.x"), gap(), gap(), assign("y", 1), gap()]
    lines = python.render(nodes, "Header.")
    assert [line.text[:3] for line in lines] == ["# H", "", "# c", "# w", "x =", "   ", "   ", "]", "", "y ="]
    assert [line.text[:3] for line in lines if line.setting == "s.x"] == ["x =", "   ", "   ", "]"]
