"""Static folders: which of them nginx can answer for, and which hold what nobody should fetch.

Rule: a folder that does not exist, or that would take `/` away from the app, is said and not reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from porch.frameworks.finding import StaticFolder, Statics
from porch.frameworks.project import Project
from porch.frameworks.reading import Module
from porch.records import dataclass

CODE = (".py", ".pyc", ".env", ".sqlite3", ".sqlite", ".db", ".key", ".pem", ".p12", ".pfx", ".kdbx")
SECRET = frozenset({".env", ".git", ".hg", ".svn", ".netrc", ".htpasswd", ".ssh", ".aws", "id_rsa", "id_ed25519"})
MOST_ENTRIES = 50_000


def contains_code(folder: Path | str) -> str:
    """The first thing in a folder that must not be fetched, relative to it; empty when there is none.

    That is code, an environment file, a database, a key, or a version control folder. Links are not followed.
    """
    seen = 0
    for current, names, files in os.walk(folder):
        names.sort()
        for name in sorted((*names, *files)):
            seen += 1
            if name.lower() in SECRET or name.startswith(".env.") or (name in files and name.lower().endswith(CODE)):
                return str((Path(current) / name).relative_to(folder))
        if seen > MOST_ENTRIES:
            return ""
    return ""


@dataclass(frozen=True)
class Place:
    """The line that a static folder is declared in."""

    project: Project
    module: Module
    line: int
    name: str = ""
    """What to say instead of the line itself, such as a setting's name."""

    def note(self, what: str) -> Statics:
        """No folder, but a reason."""
        said = f"{self.name} {what}" if self.name else what
        return Statics(notes=(self.project.evidence(self.module, self.line, said),))

    def folder(self, url: str, folder: Path, hint: str = "", missing: str = "", *, rooted: bool = False) -> Statics:
        """One folder that the app serves under a URL: for nginx to serve, or a note why not; `rooted` as there."""
        path = f"/{url.strip('/')}/".replace("//", "/")
        where = os.path.normpath(folder)
        if path == "/":
            return self.note(f"static folder {where} at / is left to the app, which would get no request otherwise")
        if set("<>{}") & set(path):
            return self.note(f"static folder at {path} is left to the app: the URL has a variable part")
        if not Path(where).is_dir():
            return self.note(f"static folder {where} does not exist{missing}")
        evidence = self.project.evidence(self.module, self.line, self.name)
        return Statics((StaticFolder(path, where, f"{evidence} ({hint})" if hint else evidence, rooted),))


def merged(parts: Iterable[Statics]) -> Statics:
    """All of them; where two claim one URL the first keeps it, as in every framework's routing."""
    folders: dict[str, StaticFolder] = {}
    notes: list[str] = []
    warnings: list[str] = []
    for part in parts:
        notes.extend(note for note in part.notes if note not in notes)
        warnings.extend(part.warnings)
        for folder in part.folders:
            folders.setdefault(folder.url, folder)
    return Statics(tuple(folders.values()), tuple(notes), tuple(warnings))
