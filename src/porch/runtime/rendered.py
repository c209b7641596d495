"""Writes rendered files where the user wants to keep them.

Rule: the last line of a rendered file carries the digest of the text above it; a file whose digest does not agree was
edited, and is kept.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.syntax.file import SEAL, File, Folder

_SEAL = re.compile(re.escape(SEAL) + r"([0-9a-f]{64})\n\Z")


def sealed(file: File) -> str:
    """The text with its digest below it."""
    return f"{file.text}\n{SEAL}{_digest(file.text + chr(10))}\n"


def untouched(text: str) -> bool:
    """Whether the text is as it was rendered."""
    found = _SEAL.search(text)
    return found is not None and _digest(text[: found.start()]) == found[1]


def write(files: Sequence[File], folder: Path, *, force: bool) -> list[Path]:
    """Write all of the files, or none when one of them was edited and `force` is not given."""
    there = [(folder / file.path, file) for file in files if (folder / file.path).exists()]
    edited = [(path, file) for path, file in there if not untouched(_text(path))]
    if edited and not force:
        raise Refused(
            *(
                Problem(
                    f"{path} was edited, or is not porch's; it is kept",
                    str(path),
                    "take over what you want of it, or overwrite it with --force",
                    detail=_shown(path, file),
                )
                for path, file in edited
            )
        )
    for file in files:
        replace(folder / file.path, sealed(file), file.mode)
    return [folder / file.path for file in files]


def difference(file: File, folder: Path) -> str:
    """What writing the file would change, as a unified diff; empty for nothing."""
    path = folder / file.path
    before = _text(path) if path.is_file() else ""
    if file.aside and not before:
        return f"{path} would be added, as it stands in porch\n"
    old, new = before.splitlines(keepends=True), sealed(file).splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, str(path), f"{path} (rendered)"))


def _shown(path: Path, file: File) -> str:
    """The difference beside a problem: what an edit changed is read there at once."""
    return difference(file, path.parents[file.path.count("/")])


def make(folders: Iterable[Folder]) -> None:
    """Make the folders that are missing, each for its user; raises Refused."""
    for folder in folders:
        path = Path(folder.path)
        if path.is_dir():
            continue
        try:
            path.mkdir(parents=True, mode=0o755)
            path.chmod(folder.mode)
            if folder.user:
                shutil.chown(path, folder.user)
        except (OSError, LookupError) as error:
            what = f"cannot make the folder {path}: {error}"
            raise Refused(Problem(what, str(path), "choose another with --run-dir", Exit.MACHINE)) from None


def replace(path: Path, text: str, mode: int = 0o644) -> None:
    """Write beside and switch, so that no reader sees half a file."""
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.chmod(mode)
        os.replace(beside, path)  # noqa: PTH105  # beside.replace reads as if text were replaced
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        what = f"cannot write {path}: {error.strerror}"
        raise Refused(Problem(what, str(path), "choose another folder with --out", Exit.MACHINE)) from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
