"""Switches the page for maintenance on and off, by a file that nginx looks for at each request.

Rule: the file is porch's own, in the run folder, and goes with the instance: what is on ends at a stop.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

from porch.errors import Exit, Problem
from porch.runtime.control import Answer, Request, refusal

_UNSET = Problem(
    "the instance has no page for maintenance",
    where="files.maintenance",
    fix='name one, such as files.maintenance = "maintenance.html", and start the instance again',
)


class Maintenance:
    """Whether the page stands in place of the app."""

    def __init__(self, path: str, owner: tuple[int, int] | None) -> None:
        self._path = path
        self._owner = owner

    @property
    def on(self) -> bool:
        """Whether it does, as nginx sees it."""
        return bool(self._path) and Path(self._path).exists()

    async def answer(self, request: Request) -> AsyncIterator[Answer]:
        """Do what was asked for, and say what is so now."""
        try:
            yield self._switch(on=bool(request.get("on")))
        except OSError as error:
            yield refusal(Problem(f"cannot switch it: {error.strerror}", where=self._path, exit=Exit.MACHINE))

    def _switch(self, *, on: bool) -> Answer:
        if not self._path:
            return refusal(_UNSET)
        if on:
            flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            os.close(os.open(self._path, flags, 0o644))
            if self._owner is not None:
                os.chown(self._path, *self._owner, follow_symlinks=False)
        else:
            Path(self._path).unlink(missing_ok=True)
        return {"ok": True, "maintenance": self.on}
