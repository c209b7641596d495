"""Which signals the supervisor heeds, and which do nothing.

Rule: read by the command that becomes the supervisor too, so it imports nothing that a quick start can do without.
"""

from __future__ import annotations

import signal

TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
"""What the supervisor can be told by a signal."""
_PERSONS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT)
_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS)
_UNIGNORABLE = (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)
UNKNOWN = tuple(signal.valid_signals() - {*TOLD, *_PERSONS, *_FAULTS, *_UNIGNORABLE})
"""What means nothing to the supervisor. Most of these would end it: USR1, sent to have logs reopened, or ALRM."""


def ignore_unknown() -> None:
    """A signal that means nothing does nothing."""
    for number in UNKNOWN:
        signal.signal(number, signal.SIG_IGN)
