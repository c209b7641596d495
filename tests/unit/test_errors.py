"""How messages are worded."""

from __future__ import annotations

import pytest

from porch.errors import counted, suggestion


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("error",), "0 errors"),
        (1, ("minute",), "1 minute"),
        (0.95, ("minute",), "1 minute"),
        (1.6, ("hour",), "2 hours"),
        (1, ("pod is", "pods are"), "1 pod is"),
        (3, ("address", "addresses"), "3 addresses"),
    ],
)
def test_a_number_is_told_as_people_say_it(number: float, words: tuple[str, ...], said: str) -> None:
    """One is one, rounded too; a word that takes more than an `s` is given whole."""
    assert counted(number, *words) == said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--wrokers", 'did you mean "--workers"?'),
        ("--bdoy", 'did you mean "--limits-body"?'),
        ("-W", ""),
        ("--no-color", ""),
    ],
)
def test_only_what_is_near_is_suggested(word: str, said: str) -> None:
    """Dashes make no two words alike."""
    assert suggestion(word, ("-w", "--workers", "--limits-body", "--topology")) == said
