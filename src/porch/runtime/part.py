"""Becomes one part of the stack, nginx or the app server, where a container or a pod has each by itself.

Rule: nothing of porch stays: the part is the process that was started, hears its signals, and gives its exit code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import folder, rendered
from porch.runtime.identity import Identity, identity
from porch.syntax.file import File, Folder


@dataclass(frozen=True, slots=True)
class Start:
    """What is written, and what is started."""

    folder: str
    """The run folder, absolute, where the files go."""
    files: Sequence[File]
    folders: Sequence[Folder]
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: str
    listen: str
    """Where it can be asked for its health."""
    host: str
    """Host header of that question."""


def become(start: Start, user: str, reader: str) -> NoReturn:
    """Write the files and become the command as that user; `reader` has to come to the files. Raises Refused."""
    whom, readers = identity(user), identity(reader)
    folder.make(start.folder, readers.owner if readers else None)
    # Held for as long as the part runs: the descriptor is inherited.
    os.set_inheritable(folder.take_lock(start.folder), True)
    asked = {"listen": [start.listen], "host": start.host}
    rendered.replace(Path(start.folder, folder.PART), json.dumps(asked), 0o644)
    for file in start.files:
        rendered.replace(Path(start.folder, file.path), file.text, file.mode)
    rendered.make(start.folders)
    if whom:
        _take_on(whom)
    environment = {**os.environ, **start.environment, **(whom.environment if whom else {})}
    try:
        os.chdir(start.directory)
        os.execvpe(start.argv[0], start.argv, environment)  # noqa: S606  # words of the plan, no shell
    except OSError as error:
        what = f"cannot start {start.argv[0]} in {start.directory}: {error.strerror}"
        raise Refused(Problem(what, start.argv[0], "check that it is there and executable", Exit.MACHINE)) from None


def _take_on(whom: Identity) -> None:
    os.setgroups(whom.groups)
    os.setgid(whom.gid)
    os.setuid(whom.uid)
