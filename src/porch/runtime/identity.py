"""Whom a process runs as.

Rule: a user that cannot be had is refused before anything is started; nothing is imported that a quick start can do
without.
"""

from __future__ import annotations

import grp
import os
import pwd

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a child runs as."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str

    @property
    def owner(self) -> tuple[int, int]:
        """For chown."""
        return self.uid, self.gid

    @property
    def environment(self) -> dict[str, str]:
        """What a login would set."""
        return {"HOME": self.home, "USER": self.name, "LOGNAME": self.name}


def identity(user: str) -> Identity | None:
    """The user of that name, or None when children are to run as the caller."""
    if not user:
        return None
    try:
        entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    except KeyError:
        fix = f"create it (useradd --system --no-create-home {user}), or choose another with --user"
        raise Refused(Problem(f"there is no user {user!r} here", fix=fix, exit=Exit.MACHINE)) from None
    if os.geteuid() == entry.pw_uid:
        return None
    if os.geteuid() != 0:
        fix = "leave --user out, or run as root"
        raise Refused(Problem(f"only root can run the app as {user!r}", fix=fix, exit=Exit.MACHINE))
    groups = {entry.pw_gid, *(group.gr_gid for group in grp.getgrall() if entry.pw_name in group.gr_mem)}
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(sorted(groups)), entry.pw_dir)
