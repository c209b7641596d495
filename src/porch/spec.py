"""What is known of a setting, and how one is declared.

Rule: the names that people type (key, variable, flag) are derived here from the declaration, and nowhere else.
"""

from __future__ import annotations

from dataclasses import field
from types import MappingProxyType
from typing import Any

from porch.records import dataclass
from porch.values import Kind


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of one setting."""

    section: str
    name: str
    kind: Kind
    default: Any
    says: str
    example: str
    short: tuple[str, ...]
    images: tuple[str, ...]

    @property
    def key(self) -> str:
        """`limits.body`; a section that is one table has its own name as key."""
        return f"{self.section}.{self.name}" if self.name else self.section

    @property
    def variable(self) -> str:
        """`PORCH_LIMITS_BODY`."""
        return "PORCH_" + self.key.replace(".", "_").upper()

    @property
    def flag(self) -> str:
        """`--limits-body`."""
        return "--" + self.key.replace(".", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag as it was typed."""

    key: str
    raw: str
    spelled: str


def setting(
    kind: Kind, default: Any, says: str, *, example: str, short: tuple[str, ...] = (), images: tuple[str, ...] = ()
) -> Any:
    """Declare a setting: `short` are its short flags, `images` the variables of known images that mean the same."""
    told = {"kind": kind, "says": says, "example": example, "short": short, "images": images}
    return field(default=default, metadata=MappingProxyType(told))
