"""The state folder: what outlives an instance and cannot be had again for nothing: keys, certificates, accounts.

Rule: for its owner alone (0700, files 0600); written beside and switched, by one process at a time.
"""

from __future__ import annotations

import fcntl
import os
import stat
import zlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.runtime import folder

CERTIFICATE, KEY = "certificate.pem", "key.pem"


@contextmanager
def locked(state: str, *inside: str) -> Generator[Path]:
    """The folder in the state folder, made where it is missing, while no other process works in it; raises Refused."""
    path = Path(state, *inside)
    try:
        Path(state).parent.mkdir(parents=True, exist_ok=True)
        for each in (*reversed(path.relative_to(state).parents), path.relative_to(state)):
            Path(state, each).mkdir(mode=0o700, exist_ok=True)
        _check(Path(state))
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        what = f"cannot write to {path}, where certificates are kept: {error.strerror}"
        fix = "make it writable for this user, or name another folder with --tls-folder"
        raise Refused(Problem(what, str(path), fix, Exit.MACHINE)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)


def _check(path: Path) -> None:
    """Whoever else may write there could put an authority of theirs in."""
    found = path.stat()
    if found.st_uid not in {os.geteuid(), 0} or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        what = f"{path}, where keys are kept, belongs to another user or can be written by others"
        raise Refused(Problem(what, str(path), f"chown and chmod 700 {path}, or name another", Exit.MACHINE))


def read(path: Path) -> str:
    """The file's text; empty when there is none."""
    with suppress(OSError):
        return path.read_text(encoding="ascii", errors="replace")
    return ""


def keep(path: Path, text: str) -> None:
    """Write beside and switch."""
    folder.write(str(path), text, 0o600, None)


def named(names: Sequence[str]) -> str:
    """A folder's name for what belongs to these names: readable, and another for each set of them."""
    first = names[0].replace("*", "any").replace(":", "-")
    return f"{first[:60]}-{zlib.crc32(' '.join(names).encode()):08x}"
