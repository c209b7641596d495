"""Listening sockets that systemd passes to `porch run` (`sd_listen_fds(3)`).

Rule: they belong to systemd: they are used as they are, and the file of a unix socket is not removed at the end.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, MutableMapping

from porch.errors import Exit, Problem, Refused

FIRST = 3
COUNT, PID, NAMES = "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"


def passed(environ: Mapping[str, str]) -> dict[str, int]:
    """Address -> descriptor, of the sockets that were passed to this very process; raises Refused."""
    count = environ.get(COUNT, "")
    if environ.get(PID) != str(os.getpid()) or not count.isdecimal():
        return {}
    found: dict[str, int] = {}
    for descriptor in range(FIRST, FIRST + int(count)):
        try:
            # The number stays open: it is only looked at.
            with socket.socket(fileno=os.dup(descriptor)) as one:
                found[_address(one)] = descriptor
        except OSError as error:
            raise Refused(_problem(descriptor, error.strerror or str(error))) from None
    return found


def forget(environ: MutableMapping[str, str]) -> None:
    """What was passed to this process is not passed on."""
    for name in (COUNT, PID, NAMES):
        environ.pop(name, None)


def _address(one: socket.socket) -> str:
    if one.type != socket.SOCK_STREAM or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise OSError("it does not listen for connections")
    name = one.getsockname()
    if one.family == socket.AF_UNIX:
        return f"unix:{name}"
    return f"[{name[0]}]:{name[1]}" if one.family == socket.AF_INET6 else f"{name[0]}:{name[1]}"


def _problem(descriptor: int, why: str) -> Problem:
    what = f"descriptor {descriptor}, passed as a listening socket, cannot be used: {why}"
    fix = "in the socket unit, name each address with ListenStream="
    return Problem(what, f"${COUNT}", fix, Exit.MACHINE)
