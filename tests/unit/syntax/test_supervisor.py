"""What supervisord's files look like on the page, and what they refuse."""

from __future__ import annotations

import pytest

from porch.syntax import supervisor
from porch.syntax.file import Unwritable
from porch.syntax.supervisor import command, comment, environment, gap, option, section


def written(*options: supervisor.Option | supervisor.Comment | supervisor.Gap) -> list[str]:
    """The lines below the section's name."""
    return [line.text for line in supervisor.render([section("program:x", options)])][1:]


@pytest.mark.parametrize(
    ("value", "line"),
    [("plain", "x = plain"), (5, "x = 5"), (True, "x = true"), ("", "x ="), ("100%", "x = 100%%"), ("a;b", "x = a;b")],
)
def test_a_value_is_escaped_as_supervisord_reads_it(value: str | int | bool, line: str) -> None:
    """Only the percent sign is doubled."""
    assert written(option("x", value)) == [line]


@pytest.mark.parametrize("value", ["a ;b", "a #b", ";a", "#a", "%(here)s", " a", "a ", "a\nb", "a\0b", "\udc80"])
def test_what_cannot_be_written_is_refused_with_its_setting(value: str) -> None:
    """What supervisord would cut, strip, replace or split raises Unwritable, which names the setting."""
    with pytest.raises(Unwritable) as refused:
        option("x", value, setting="app.target")
    assert refused.value.setting == "app.target"


def test_a_long_command_has_a_line_for_each_option() -> None:
    """An option and its value stand together, and the line belongs to the setting that the option carries."""
    node = command("command", ("python", "-m", "granian", "--workers", "2", "--uds", "/a b"), {"--workers": "w"})
    assert written(node) == ["command =", "    python -m granian", "    --workers 2", "    --uds '/a b'"]
    assert [line.setting for line in node.lines] == ["", "w", ""]


def test_variables_stand_one_a_line() -> None:
    """Each in quotes that it does not hold itself."""
    node = environment({"A": "1,2", "B": '{"c": "%"}'})
    assert written(node) == ["environment =", '    A="1,2",', '    B=\'{"c": "%%"}\'']


@pytest.mark.parametrize("value", ["'\"", '"a', "a'", "a ;b"])
def test_a_variable_that_cannot_be_written_is_refused(value: str) -> None:
    """Quotes of both kinds, quotes at an edge, and what would end the line."""
    with pytest.raises(Unwritable):
        environment({"A": value})


def test_sections_and_groups_are_parted_by_one_line() -> None:
    """Gaps are never doubled nor at an edge."""
    lines = supervisor.render([section("a", [gap(), option("b", 1, "why"), gap(), gap(), comment("c")])], "head")
    assert [line.text for line in lines] == ["# head", "", "[a]", "# why", "b = 1", "", "# c"]
