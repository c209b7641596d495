"""Loopback ports for what the tests start.

Rule: who was given a port has it alone, though it listens on it only later: each is marked as taken for all the test
processes of this machine, by a name that the kernel forgets with the process.
"""

from __future__ import annotations

import secrets
import socket
from collections import deque
from contextlib import suppress

FIRST, LAST = 15000, 31999
"""Below the range that the kernel gives to clients."""
KEPT = 200
"""Marks of one process: no test uses as many ports."""

_marks: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that nobody listens on, and that no other test is given."""
    while True:
        # Not of `random`, which hypothesis begins anew for each example.
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if _free(port) and _marked(port):
            return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _marked(port: int) -> bool:
    """Take the port's name: that of a unix socket that is no file (unix(7), abstract)."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0porch-tests-port-{port}")
    except OSError:
        mark.close()
        return False
    _marks.append(mark)
    if len(_marks) > KEPT:
        _marks.popleft().close()
    return True
