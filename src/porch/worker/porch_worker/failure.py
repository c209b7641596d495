"""Why the app could not be loaded, for the supervisor or for a person.

Rule: the app's own traceback and nobody else's; written once, by whichever worker is first; then exit status 3
(22 under uWSGI, whose master takes only that for "do not start it again").
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from .settings import Settings

EXIT_FAILED = 3
"""gunicorn's WORKER_BOOT_ERROR and uvicorn's STARTUP_FAILURE: their masters give up and do not start it again."""

EXIT_FAILED_UWSGI = 22
"""uWSGI's UWSGI_FAILED_APP_CODE."""

PATIENCE = 0.5
"""Seconds until such a worker ends by itself: the signal may have come before it waited."""


class LoadError(Exception):
    """The app cannot be loaded: one sentence, what to do, and the app's own exception where there is one."""

    def __init__(self, what: str, fix: str, cause: BaseException | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.traceback = trimmed(cause) if cause is not None else ""


def trimmed(error: BaseException) -> str:
    """The traceback as the app's author knows it; empty when no line of the app is in it."""
    shown = traceback.TracebackException.from_exception(error)
    if not _trim(shown) and not isinstance(error, SyntaxError):
        return ""
    return "".join(shown.format())


def _trim(shown: traceback.TracebackException) -> int:
    """Drop the frames of the machinery, in the chain of causes too; how many frames are left."""
    kept = [frame for frame in shown.stack if not machinery(frame.filename)]
    shown.stack = traceback.StackSummary.from_list(kept)
    grouped: list[traceback.TracebackException] = getattr(shown, "exceptions", None) or []
    chained = [shown.__cause__, shown.__context__, *grouped]
    return len(kept) + sum(_trim(each) for each in chained if each is not None)


def exited(left: SystemExit) -> RuntimeError:
    """What an app is taken to have raised that wants to end the process while it answers a request.

    It would take all that the worker has in work with it, and nginx would ask the next worker for the same. gunicorn's
    own handlers of signals end a worker so, wherever it is: that is raised on.
    """
    frames = list(traceback.walk_tb(left.__traceback__))
    if frames and str(frames[-1][0].f_globals.get("__name__")).startswith("gunicorn."):
        raise left
    error = RuntimeError(f"the app called sys.exit({left.code!r}) while it answered a request")
    error.__cause__ = left
    return error


THREADS = ("concurrent", "futures")


def machinery(filename: str) -> bool:
    """Whether a frame is the worker's own, the import system's, or of the thread that the worker asks in."""
    if filename.startswith(("<frozen importlib", "<frozen runpy")):
        return True
    path = Path(filename)
    return path.parent == Path(__file__).parent or "importlib" in path.parts or path.parts[-3:-1] == THREADS


def leave(failure: LoadError, settings: Settings) -> NoReturn:
    """Report the failure and end this worker at once: the servers would add tracebacks of their own."""
    wrote = bool(settings.report) and _write_once(settings.report, failure)
    if not wrote and not (settings.report and Path(settings.report).exists()):
        sys.stderr.write(f"{failure.traceback}{failure.what}\n{failure.fix}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    if settings.report and not wrote and "gunicorn.arbiter" in sys.modules:
        _end_unnoticed()
    if settings.report and "granian" in sys.modules:
        _stop_granian()
    os._exit(EXIT_FAILED_UWSGI if "uwsgi" in sys.modules else EXIT_FAILED)


def _stop_granian() -> None:
    """Tell granian's master to stop, as the other masters do by themselves.

    It starts failed workers again, and sees a crash loop only where the same worker fails twice in a row: of two
    workers that fail in turn, it starts each for ever (measured on 2.8.7).
    """
    import multiprocessing

    master = multiprocessing.parent_process()
    if master is not None and master.pid == os.getppid():
        os.kill(os.getppid(), signal.SIGTERM)


def _end_unnoticed() -> NoReturn:
    """End when gunicorn's master stops for the worker that reported: a second failure then makes it fail itself."""
    signals = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    signal.sigtimedwait(signals, PATIENCE)
    os._exit(0)


def _write_once(path: str, failure: LoadError) -> bool:
    """Whether this worker is the first to report, and has; the report of another one stays."""
    report = {"what": failure.what, "fix": failure.fix, "traceback": failure.traceback}
    draft = f"{path}.{os.getpid()}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(report, file)
        try:
            os.link(draft, path)
        finally:
            os.unlink(draft)  # noqa: PTH108  # as its neighbours: plain calls on plain names
    except OSError:
        return False
    return True
