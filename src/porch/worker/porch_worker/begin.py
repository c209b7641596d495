"""`python -m porch_worker.begin WHERE -- COMMAND...`: what porch's supervisor does before it starts an app server.

Rule: for supervisors that only start commands. WHERE is a socket's path, or an address. A socket that nobody listens on
any more is removed, the command in `PORCH_PRESTART` runs to its end, and the server that follows is told to stop when
its supervisor dies.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from .process import PR_SET_PDEATHSIG

PRESTART = "PORCH_PRESTART"
LOCK = "PORCH_LOCK"
"""For the command that holds a lock while the user's own runs, and takes it out again."""
OURS = ("PYTHONPATH", "PYTHONSAFEPATH", "PORCH_WORKER", PRESTART)
"""What the user's own command is not to find in its environment."""


def main(words: list[str]) -> None:
    """Prepare, then become the command."""
    split = words.index("--")
    path, command = words[0], words[split + 1 :]
    if path.startswith("/"):
        refuse_root(path)
        remove_stale(path)
    code = prestart(os.environ.get(PRESTART, ""))
    if code:
        sys.exit(code)
    for name in (PRESTART, LOCK):
        os.environ.pop(name, None)
    stop_with_parent()
    try:
        os.execvp(command[0], command)  # noqa: S606  # words of the plan, no shell
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror}")


def refuse_root(path: str) -> None:
    """End where root would run what was rendered for somebody else: that user owns the socket's folder."""
    folder = os.path.dirname(path)  # noqa: PTH120  # as its neighbours: plain calls on plain names
    with suppress(FileNotFoundError):
        owner = os.stat(folder).st_uid  # noqa: PTH116  # as above
        if os.geteuid() == 0 and owner != 0:
            sys.exit(f"the app would run as root, but {folder} belongs to user {owner}: start this as that user")


def remove_stale(path: str) -> None:
    """Remove a socket that refuses: granian and uvicorn would not start beside it."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108  # as its neighbours: plain calls on plain names
        except OSError:
            return


def prestart(told: str) -> int:
    """Run the user's command that comes before the app; its exit code, 128 + signal for a killed one."""
    if not told:
        return 0
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    words = json.loads(told)
    try:
        code = subprocess.run(words, env=environ, check=False).returncode
    except OSError as error:
        sys.exit(f"cannot start {words[0]}: {error.strerror}")
    return code if code >= 0 else 128 - code


def stop_with_parent() -> None:
    """Ask the kernel for a TERM when the supervisor dies; the command that follows keeps it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
