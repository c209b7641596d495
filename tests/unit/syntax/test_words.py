"""Commands as people read and write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porch.syntax.words import show, split


@given(st.lists(st.text(), max_size=6).map(tuple))
def test_what_is_shown_splits_into_the_same_words(words: tuple[str, ...]) -> None:
    """Any command that is shown can be typed back and means the same."""
    assert split(show(words)) == words


def test_words_are_shown_as_a_person_would_type_them() -> None:
    """Only the words that need quotes have them."""
    assert show(("python", "manage.py", "say hello")) == "python manage.py 'say hello'"


@pytest.mark.parametrize(
    ("text", "message"),
    [("echo 'a", "a quote that is not closed"), ("echo a\\", "a backslash at its end")],
)
def test_what_cannot_be_split_is_said_in_words(text: str, message: str) -> None:
    """The error shows the text and says what is wrong with it."""
    with pytest.raises(ValueError, match=message) as refused:
        split(text)
    assert repr(text) in str(refused.value)
