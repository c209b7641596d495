"""One decision: a value beside its reason and its origin.

Rule: frozen data; a reason can stand as a sentence.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from porch.records import dataclass

T = TypeVar("T")

AS_SET = "as set"
"""The reason of what was simply said: a note with these words would tell nothing."""


@dataclass(frozen=True, slots=True)
class Chosen(Generic[T]):
    """One decision."""

    setting: str
    """Key of the setting, such as `limits.body`."""
    value: T
    origin: str
    """`default`, `detected`, `porch.toml:7`, `$WEB_CONCURRENCY`, `--workers`, ..."""
    reason: str
    """Why this value, for a reader of the rendered file; one line."""

    @property
    def note(self) -> str:
        """The reason as the sentence above a rendered line; empty when the value was simply said."""
        plain = not self.reason or self.reason == AS_SET
        return "" if plain else f"{self.reason[0].upper()}{self.reason[1:]}."
