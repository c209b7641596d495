"""The settings of the units that `porch render systemd` writes.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

import re

from porch import values as v
from porch.records import dataclass
from porch.spec import setting
from porch.values import Kind


def _name(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}|", raw):
        raise ValueError(f'"{raw}" is no name of a unit; write letters, figures, -, _ and dots, such as shop')
    return raw


def _paths(raw: object) -> tuple[str, ...]:
    found = v.WORDS.parse(raw)
    if any(not path or not path.isprintable() for path in found):
        raise ValueError('folders are a list of paths, such as ["media"]')
    return tuple(found)


NAME = Kind("name of a unit", _name, schema={"type": "string"})
PATHS = Kind("folders", _paths, v.WORDS.show, v.WORDS.schema)


@dataclass(frozen=True, slots=True)
class Systemd:
    """The units that `porch render systemd` writes."""

    name: str = setting(NAME, "", "Name of the units; that of the project's folder when left out.", example="shop")
    memory: int = setting(
        v.SIZE,
        0,
        "Memory that the service may take before the kernel ends one of its processes; "
        "0 is nine tenths of the machine's.",
        example="2G",
    )
    writable: tuple[str, ...] = setting(
        PATHS,
        (),
        "Folders that the app may write to; all others are read-only, but for /tmp and the service's own "
        "below /var/lib and /var/cache.",
        example="media",
    )
