"""Looks at files and folders that a setting or the app names.

Rule: what is public must hold no code, no key and no database; the first such file found is named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from porch.records import dataclass

SECRET = (
    "*.py", "*.pyc", ".env*", "*.env", "*.key", "*.pem", "*.p12", "*.sqlite", "*.sqlite3", "*.db", "*.sql",
    ".git", ".hg", ".svn", ".htpasswd", "id_rsa*", "id_ed25519*", "*.kdbx", "porch.toml", "pyproject.toml",
)  # fmt: skip
"""Names that no visitor may read (edge rules, "Static")."""
_MOST = 20_000
"""Entries looked at; a larger folder is one of media, not a project put online by mistake."""
_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a path."""

    exists: bool
    folder: bool = False
    text: str = ""
    """Content of a small file."""
    exposed: str = ""
    """First file below a folder that must not be public, relative; of a file its own name where it must not be."""
    searched: int = 0
    """Entries of a folder that were looked at, where it has more than that; 0: all of them."""
    barred: bool = False
    """What is there may not be looked at, or a place on the way to it may not be entered."""


class Places(Mapping[str, Place]):
    """Absolute path -> what stands there; read at the first look, then kept, so that all decisions see the same."""

    def __init__(self) -> None:
        self._seen: dict[str, Place] = {}

    def __getitem__(self, path: str) -> Place:
        if path not in self._seen:
            self._seen[path] = look(Path(path))
        return self._seen[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


def look(path: Path) -> Place:
    """What stands at the path; a place that may not be read is as good as none."""
    try:
        # Asked first: is_dir and is_file raise on what is barred, or say no, as the version of Python has it.
        size = path.stat().st_size
        if path.is_dir():
            found, searched = exposed(path)
            return Place(True, folder=True, exposed=found, searched=searched)
        if not path.is_file():
            return Place(False)
        small = size <= _TEXT
        text = path.read_text(encoding="utf-8", errors="replace") if small else ""
        return Place(True, text=text, exposed=path.name if _secret(path.name) else "")
    except PermissionError:
        return Place(False, barred=True)
    except OSError:
        return Place(False)


def exposed(folder: Path) -> tuple[str, int]:
    """The first entry below the folder that no visitor may read, relative to it; empty when there is none.

    And how many entries were looked at, where the folder has more; 0 where all were.
    """
    seen = 0
    for here, folders, files in os.walk(folder):
        folders.sort()
        for name in (*sorted(files), *folders):
            seen += 1
            if _secret(name):
                return str((Path(here) / name).relative_to(folder)), 0
        if seen > _MOST:
            return "", seen
    return "", 0


def _secret(name: str) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in SECRET)
