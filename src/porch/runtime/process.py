"""Starts, signals and reaps processes; the only module that forks.

Rule: a process is signalled only while it is not reaped, so a reused pid is never hit; every child leads a session
of its own, whose rest is killed before its dead leader's number is given back; no child outlives the supervisor.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime.identity import Identity
from porch.runtime.signals import TOLD, UNKNOWN

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Order:
    """One process to start."""

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    """Added to the supervisor's own."""
    identity: Identity | None
    stdout: int
    stderr: int
    keep: tuple[int, ...] = ()
    """Descriptors that it inherits under the same numbers."""
    drops: tuple[str, ...] = ()
    """What the variables of the supervisor's own environment begin with that it does not get."""
    death_signal: signal.Signals = signal.SIGTERM
    """Sent by the kernel when the supervisor dies; TERM, because a master that is killed leaves its workers behind."""


class Child:
    """A process of ours, until it is reaped."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Exit code, or minus the signal."""

    async def wait(self) -> int:
        """Wait for its end; giving up the wait does not touch it."""
        return await asyncio.shield(self.exited)

    def signal(self, number: signal.Signals) -> None:
        """Signal the process itself, if it is still there."""
        if not self.exited.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill it and all that it started."""
        if not self.exited.done():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


class Reaper:
    """Collects every dead child, strangers too: as PID 1 or subreaper they are handed to us."""

    def __init__(self) -> None:
        self._watched: dict[int, Child] = {}

    def start(self, order: Order) -> Child:
        """Start a process; Refused when it cannot be executed."""
        child = Child(_spawn(order))
        self._watched[child.pid] = child
        return child

    def reap(self) -> None:
        """Collect all that are dead now; to be called on SIGCHLD."""
        while (pid := _dead_child()) is not None:
            child = self._watched.pop(pid, None)
            if child is not None:
                # Its number still belongs to it, so the group is surely its own.
                child.kill_group()
            with suppress(ChildProcessError):
                _, status = os.waitpid(pid, 0)
                if child is not None and not child.exited.done():
                    child.exited.set_result(os.waitstatus_to_exitcode(status))

    @property
    def children(self) -> tuple[Child, ...]:
        """Those that were started here and are not reaped yet."""
        return tuple(self._watched.values())


def adopt_orphans() -> None:
    """Descendants whose parent dies become our children, so that none is lost (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(option, value, 0, 0, 0)


def exit_code(code: int) -> int:
    """As a shell says it: 128 + signal for a killed process."""
    return code if code >= 0 else 128 - code


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _dead_child() -> int | None:
    try:
        # WNOWAIT: look without reaping.
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found is not None else None


def _environment(order: Order) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(order.drops)}
    environment = {**own, **order.environment}
    if order.identity is not None:
        environment.update(order.identity.environment)
    return environment


def _spawn(order: Order) -> int:
    """Fork and execute; waits until the new program runs, so that a failure is known here."""
    environment = _environment(order)
    parent = os.getpid()
    read, write = os.pipe()
    # Until the child has its own handlers, a signal to it would be reported to the parent's loop.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _become(order, environment, parent, write)
    except BaseException:
        os.close(read)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(write)
    with open(read, "rb") as failure:  # noqa: PTH123 - a descriptor has no path
        reason = failure.read().decode(errors="replace")
    if reason:
        os.waitpid(pid, 0)
        raise Refused(_cannot_start(order, reason))
    return pid


def _become(order: Order, environment: dict[str, str], parent: int, failure: int) -> NoReturn:
    """In the child: nothing here may need a lock that another thread held at the fork."""
    try:
        os.setsid()
        # An ignored signal would stay ignored in the program; Python ignores PIPE and XFSZ by itself.
        for number in (*UNKNOWN, *TOLD, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(order.stdout, 1)
        os.dup2(order.stderr, 2)
        for descriptor in order.keep:
            os.set_inheritable(descriptor, True)
        if order.identity is not None:
            os.setgroups(order.identity.groups)
            os.setgid(order.identity.gid)
            os.setuid(order.identity.uid)
        # After the change of user, which would clear it.
        _prctl(_PR_SET_PDEATHSIG, int(order.death_signal))
        if os.getppid() != parent:
            os._exit(1)
        os.chdir(order.folder)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(order.argv[0], order.argv, environment)  # noqa: S606 - words, not a shell
    except BaseException as error:  # whatever it is, the parent has to hear of it
        os.write(failure, (getattr(error, "strerror", None) or repr(error)).encode())
    finally:
        os._exit(127)


def _cannot_start(order: Order, reason: str) -> Problem:
    user = f" as user {order.identity.name!r}" if order.identity is not None else ""
    what = f"cannot start {order.argv[0]}{user}: {reason}"
    fix = f"check that {order.argv[0]} exists and may be executed, and that {order.folder} may be entered"
    if order.identity is not None:
        fix += f", by {order.identity.name!r}; or choose another user with --user"
    return Problem(what, where=order.folder, fix=fix, exit=Exit.MACHINE)
