"""What Kubernetes replaces in the words of a command and in the value of a variable: `$(NAME)`, and `$$` by a `$`.

Rule: what is written is what a container gets, whatever its variables are.
"""

from __future__ import annotations

from collections.abc import Sequence


def verbatim(text: str) -> str:
    """The text, so that Kubernetes replaces nothing in it."""
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def words(argv: Sequence[str]) -> list[str]:
    """A command, each word as it is."""
    return [verbatim(word) for word in argv]
