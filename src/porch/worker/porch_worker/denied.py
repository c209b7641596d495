"""What to do where the user that the app runs as may not have what the app asks for: a file, a folder, a database.

Rule: only the error itself is believed, and what it was raised from; a command is named only inside the project.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any, cast

from .causes import chain

OF_SQLITE = ("unable to open database file", "attempt to write a readonly database")
"""All that SQLite says of it; the first is said of a folder that is missing too."""

ENGINES = ("container", "KUBERNETES_SERVICE_HOST")
"""Variables that engines set in a container."""
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that engines put into a container."""

DEED = "do what the last line of the traceback does"


def remedy(error: BaseException) -> str:
    """The next step, with the name of the user; empty where nothing was denied."""
    denied = next((each for each in chain(error) if isinstance(each, PermissionError) or _of_sqlite(each)), None)
    if denied is None:
        return ""
    try:
        project = Path(os.path.realpath(Path.cwd()))
        owner = project.stat().st_uid
    except OSError:  # the project itself is what this user may not see
        return ""
    uid = os.geteuid()
    name = _name(uid)
    if uid in (0, owner):
        return _for_owner(denied, f"user {name}")
    if contained():
        return f"the app runs as user {uid}: {_from_outside(denied, uid, project)}"
    return f"the app runs as user {name}: {_for_another(denied, name, project)}, or name another user with --user"


def _of_sqlite(error: BaseException) -> bool:
    kind = type(error)
    return (kind.__module__, kind.__name__) == ("sqlite3", "OperationalError") and str(error).startswith(OF_SQLITE)


def _name(uid: int) -> str:
    """As chown takes it."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _for_owner(denied: BaseException, user: str) -> str:
    """For root, and for whom the project belongs to: another user would be no help."""
    if _of_sqlite(denied):
        return f"{user} may not write the database or its folder, or that folder is missing: look there (ls -la FOLDER)"
    path = _barring(denied)
    if path is None:
        return f"{user} may not {DEED}: correct the app, or the rights of that user"
    return f"{user} may not use {path}: look at its owner and mode (ls -ld {_quoted(path)})"


def contained() -> bool:
    """Whether this process is in a container, where nobody can give this user anything."""
    return any(os.environ.get(name) for name in ENGINES) or any(mark.exists() for mark in MARKS)


def _from_outside(denied: BaseException, uid: int, project: Path) -> str:
    """A fresh volume is root's; only who starts a container can give it away. The user has no name out there."""
    path = None if _of_sqlite(denied) else _barring(denied)
    if path is not None and (path == project or (path.is_relative_to(project) and not path.is_mount())):
        return f"the code in an image cannot be written ({path}): have the app write into a folder that is a volume"
    if path is None and not _of_sqlite(denied):
        return f"give that user the right to {DEED}"
    folder = "FOLDER" if path is None else _quoted(_mounted(path))
    way = f"docker run --rm --user 0 -v VOLUME:{folder} IMAGE chown {uid} {folder}"
    return f"give that user the volume that {path or 'the database'} lies in, from outside of the container: {way}"


def _mounted(path: Path) -> Path:
    """Where the volume of that file or folder begins; the folder itself where it lies in none."""
    around = (each for each in (path, *path.parents[:-1]) if each.is_mount())
    return next(around, path if path.is_dir() else path.parent)


def _for_another(denied: BaseException, name: str, project: Path) -> str:
    if _of_sqlite(denied):
        return f"give that user the database and its folder, which must be there (chown {name} FOLDER DATABASE)"
    path = _barring(denied)
    if path is None:
        return f"give that user the right to {DEED}"
    if not path.is_relative_to(project):
        return f"give that user the right to use {path}"
    if path == project and (folder := _folder_to_be(denied)) is not None:
        # Who may write the project may change the app's code.
        return f"make that folder for that user (install -d -o {name} {_quoted(folder)})"
    return f"give that user the file or folder (chown {name} {_quoted(path)})"


def _folder_to_be(denied: BaseException) -> Path | None:
    """What could not be made, where it is a folder."""
    frames = traceback.extract_tb(denied.__traceback__)[-1:]
    making = any("mkdir" in f"{frame.name} {frame.line}" or frame.name == "makedirs" for frame in frames)
    return Path(os.path.realpath(os.fsdecode(cast("Any", denied).filename))) if making else None


def _barring(denied: BaseException) -> Path | None:
    """The file, or the nearest folder above it that can be seen; None where the error names no file."""
    named: Any = getattr(denied, "filename", None)
    try:
        path = Path(os.path.realpath(os.fsdecode(named)))
    except TypeError:
        return None
    while not os.path.lexists(path):
        path = path.parent
    return path


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
