"""Dockerfiles: what is written, and what is refused."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porch.syntax.dockerfile import Assigned, Expr, Instruction, begin, check, copy, gap, pairs, render, run
from porch.syntax.file import Unwritable


def text(*nodes: Instruction) -> str:
    """What is rendered."""
    return "\n".join(line.text for line in render(nodes))


def test_commands_follow_one_another_only_when_they_succeed() -> None:
    """Each is on a line of its own, quoted by the shell's rules, after `&&`."""
    node = run([("a", "b c"), (Expr("d > e"),), (Assigned("F", Expr('"$(g)"')), "h;i")], "Why.")
    assert text(node) == "# Why.\nRUN a 'b c' \\\n    && d > e \\\n    && F=\"$(g)\" 'h;i'"


def test_a_command_of_several_lines_goes_on() -> None:
    """Each of its lines but the last ends with a backslash."""
    assert text(run([(Expr("a\n| b"),), ("c",)])) == "RUN a \\\n        | b \\\n    && c"


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))), min_size=1))
def test_words_stay_words(words: list[str]) -> None:
    """What a shell splits the line into are the words that were given."""
    assert shlex.split(text(run([words]))) == ["RUN", *words]


@pytest.mark.parametrize("name", ["Up", "", "a b", "a\nRUN evil", "$x"])
def test_what_is_no_image_is_refused(name: str) -> None:
    """Nothing that could be another instruction passes for a name."""
    with pytest.raises(Unwritable):
        begin(name)


@pytest.mark.parametrize("name", ["a*", "a?", "[a]", "$a", 'a"', "a\\b", "a'b", "a\nb"])
def test_what_copy_would_take_for_a_pattern_is_refused(name: str) -> None:
    """A name with a meaning of its own in COPY is not written."""
    with pytest.raises(Unwritable):
        copy([name], "./")


def test_names_with_spaces_are_copied() -> None:
    """They are written in the form of JSON."""
    assert text(copy(["two words.txt"], "./")) == 'COPY ["two words.txt", "./"]'


def test_a_name_of_a_variable_is_one() -> None:
    """No value passes for a second variable."""
    for name in ("a b", "", "1a", "a=b"):
        with pytest.raises(Unwritable):
            pairs("ENV", {name: "x"})
    with pytest.raises(Unwritable):
        text(run([(Assigned("a b", Expr("c")),)]))


def test_a_value_on_two_lines_is_refused() -> None:
    """It would end the instruction."""
    with pytest.raises(Unwritable) as refused:
        pairs("ENV", {"A": "b\nRUN evil"}, setting="app.target")
    assert refused.value.setting == "app.target"


def test_a_health_check_is_words() -> None:
    """Its options stand before a command that no shell reads."""
    node = check(("a", "b c"), {"interval": "5s"})
    assert text(node) == 'HEALTHCHECK --interval=5s \\\n    CMD ["a", "b c"]'


def test_gaps_part_instructions() -> None:
    """One empty line, however many gaps."""
    lines = render([begin("scratch"), gap(), gap(), begin("scratch"), gap()])
    assert [line.text for line in lines] == ["FROM scratch", "", "FROM scratch"]
