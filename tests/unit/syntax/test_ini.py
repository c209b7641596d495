"""What uWSGI's ini files look like on the page, and what they refuse."""

from __future__ import annotations

import pytest

from porch.syntax import ini
from porch.syntax.file import Unwritable
from porch.syntax.ini import comment, gap, option, section


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "x = plain"),
        (5, "x = 5"),
        (True, "x = true"),
        (False, "x = false"),
        ("", "x ="),
        ("100%", "x = 100%%"),
        ("%k%d", "x = %%k%%d"),
        ('"q" ; # [z] = \\', 'x = "q" ; # [z] = \\'),
        ("$x @y (z) =", "x = $x @y (z) ="),
        ("$(unclosed", "x = $(unclosed"),
    ],
)
def test_a_value_is_escaped_as_uwsgi_reads_it(value: str | int | bool, line: str) -> None:
    """Only the percent sign is doubled; quotes, comment marks and brackets are plain text to uWSGI."""
    assert [written.text for written in ini.render([section("uwsgi", [option("x", value)])])] == ["[uwsgi]", line]


@pytest.mark.parametrize(
    "value",
    ["$(HOME)", "a@(/etc/shadow)b", "%(x)", "=(1+1)", "%((x)", " a", "a ", "a\nb", "a\tb", "a\r", "\0", "\udc80"],
)
def test_what_cannot_be_written_is_refused_with_its_setting(value: str) -> None:
    """What uWSGI would expand, strip or split raises Unwritable, which names the setting and shows the value."""
    with pytest.raises(Unwritable, match="uWSGI") as refused:
        option("x", value, setting="app.target")
    assert refused.value.setting == "app.target"
    assert repr(value) in str(refused.value)


def test_a_note_cannot_swallow_the_next_line() -> None:
    """A percent sign is doubled in comments too, where uWSGI would take it and the line end together for magic."""
    lines = ini.render([section("uwsgi", [option("x", 1, note="80 %\nb"), comment("c %")])], header="d %")
    assert [line.text for line in lines] == ["# d %%", "", "[uwsgi]", "# 80 %%", "# b", "x = 1", "# c %%"]


def test_sections_and_groups_are_parted_by_one_line() -> None:
    """Gaps are never doubled nor at an edge, and each option's line alone belongs to its setting."""
    options = [gap(), option("a", 1, "why", "s.a"), gap(), gap(), option("b", 2), gap()]
    lines = ini.render([section("uwsgi", options), section("other", [option("c", 3)])])
    assert [line.text for line in lines] == ["[uwsgi]", "# why", "a = 1", "", "b = 2", "", "[other]", "c = 3"]
    assert [line.text for line in lines if line.setting] == ["a = 1"]
