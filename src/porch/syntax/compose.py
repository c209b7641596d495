"""What Compose reads into the text of its YAML: `$NAME`, `${NAME}`, and `$$` for a `$`.

Rule: what is written is what a service gets, whatever the shell holds in which `docker compose` is called.
"""

from __future__ import annotations

from collections.abc import Sequence


def verbatim(text: str) -> str:
    """The text, so that Compose replaces nothing in it."""
    return text.replace("$", "$$")


def words(argv: Sequence[str]) -> list[str]:
    """A command, each word as it is."""
    return [verbatim(word) for word in argv]
