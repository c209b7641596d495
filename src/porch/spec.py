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
    elsewhere: tuple[str, ...]

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

    @property
    def usual(self) -> str:
        """The flag that people type: the long one among the short ones, `--listen`, where there is one."""
        return next((each for each in reversed(self.short) if each.startswith("--")), self.flag)


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag as it was typed."""

    key: str
    raw: str
    spelled: str


def setting(
    kind: Kind,
    default: Any,
    says: str,
    *,
    example: str,
    short: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
    elsewhere: tuple[str, ...] = (),
) -> Any:
    """Declare a setting: `short` are its short flags, `images` the variables of known images that mean the same.

    `elsewhere` are flags of gunicorn, uvicorn, granian, uWSGI or hypercorn that mean it there: who types one is told.
    """
    told = {"kind": kind, "says": says, "example": example, "short": short, "images": images, "elsewhere": elsewhere}
    return field(default=default, metadata=MappingProxyType(told))
