"""What each worker process does once, before it takes requests.

Rule: a worker never outlives its master under porch's supervisor, and each log record can be joined to its request.
"""

from __future__ import annotations

import atexit
import ctypes
import faulthandler
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from . import request_id

PR_SET_PDEATHSIG = 1  # prctl(2)
LAST = -1000
"""After whatever else multiprocessing has to end."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it dies; Linux only.

    A killed master leaves workers behind that hold the listening socket: with them, requests would go to two
    generations of the app at once.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    except (OSError, AttributeError):
        return  # a C library without prctl: the supervisor's own sweep remains


def end_as_python_does() -> None:
    """Run what the app has registered with `atexit` also in a child of multiprocessing's, as granian's workers are.

    Python itself does so from 3.13 on (its issue 83856); before, what waits there to be sent would be lost.
    """
    # Who has not loaded it is no child of its own, and need not pay for it.
    if sys.version_info >= (3, 13) or "multiprocessing" not in sys.modules:
        return
    from multiprocessing import parent_process, util

    if parent_process() is not None:
        util.Finalize(None, _run_what_waits, exitpriority=LAST)


def _run_what_waits() -> None:
    """In the order of an interpreter's end: threads that are still at work may give the functions something to do."""
    threading._shutdown()  # type: ignore[attr-defined]  # as multiprocessing does, just after this
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]  # as Python 3.13's multiprocessing does


@contextmanager
def stoppable() -> Generator[None, None, None]:
    """While the app is loaded, let the master's stop end this process at once: no request is in work here.

    Measured: a granian worker has its master's handler until then, gunicorn's ASGI worker has one that waits for an
    event loop, and uWSGI ignores HUP, its graceful stop; each would come up after all, and its master waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = signal.SIGHUP if "uwsgi" in sys.modules else signal.SIGTERM
    before = signal.signal(stop, signal.SIG_DFL)
    master = _granians_master(before)
    if master is not None and master.interrupt_signal:
        os.kill(os.getpid(), stop)  # it came before, and its handler took note of it in the wrong process
    yield
    if stop is signal.SIGTERM and before is not None and master is None:  # uWSGI and granian set their own next
        signal.signal(stop, before)
        signal.siginterrupt(stop, False)


def _granians_master(handler: object) -> Any:
    """Its copy in this process, whose handler it is; None elsewhere."""
    owner = getattr(handler, "__self__", None)
    return owner if hasattr(owner, "interrupt_signal") else None


def write_at_once() -> None:
    """Hand on each line when it ends, and whole: Python keeps what is printed into a pipe, and a killed worker would
    lose it.

    PYTHONUNBUFFERED, which porch's supervisor says, hands on too early: `print` writes a line and its end apart, and
    of lines that eight threads printed so, every eightieth ran into another.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, write_through=False)


def tell_stacks() -> None:
    """Write each thread's stack to standard error when asked to, and when this process crashes or is aborted.

    It needs no lock of Python's, so a worker that hangs tells it too, whatever it hangs in. gunicorn aborts a worker
    of which it has heard nothing; its own handler, which was there before, comes after.
    """
    with suppress(OSError, RuntimeError, ValueError):
        if "gevent" in sys.modules:
            # What waits is no thread there, but a greenlet, which only gevent can tell of.
            signal.signal(stacks_signal(), _tell_greenlets)
        faulthandler.register(stacks_signal(), file=2, all_threads=True, chain="gevent" in sys.modules)
        if not faulthandler.is_enabled():
            faulthandler.enable(file=2, all_threads=True)


def _tell_greenlets(*_: object) -> None:
    import_module("gevent.util").print_run_info(thread_stacks=False, file=sys.stderr)


def stacks_signal() -> int:
    """One that no server and hardly any app uses."""
    return int(getattr(signal, "SIGRTMAX", 0)) - 7


def tag_records() -> None:
    """Give each log record the id of the request in work, as `record.request_id`."""
    make = logging.getLogRecordFactory()
    current = request_id.get

    def tagged(*args: Any, **named: Any) -> logging.LogRecord:
        record = make(*args, **named)
        record.request_id = current()
        return record

    logging.setLogRecordFactory(tagged)
