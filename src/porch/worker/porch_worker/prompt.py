"""Has gunicorn's workers that wait in a loop hear of a stop at once: by themselves, they look for it once a second.

Rule: what such a worker does at its stop stays its own; only its pause ends sooner. A worker that is not as it is known
here is left as it is, and looks once a second.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

PAUSE = 0.1
"""Seconds between two looks at the requests in work, after the stop was told."""


def begin(worker: Any) -> None:
    """Let TERM end a worker whose event loop does not run yet, and which has no request in work; to be called first.

    uvloop forgets a signal that comes before it runs, and the master would wait for the worker to the end of its time.
    """
    if not (hasattr(worker, "_notify_waiter_done") or hasattr(worker, "handle_exit_signal")):
        return
    own = worker.init_signals

    def init_signals() -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        own()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    worker.init_signals = init_signals


def stop(worker: Any) -> None:
    """Heed TERM at once; to be called when the app is loaded, before the worker waits for requests."""
    if hasattr(worker, "_notify_waiter_done"):
        _on_term(worker, lambda: _stop_aiohttp(worker))
    elif hasattr(worker, "handle_exit_signal"):
        _on_term(worker, lambda: _stop_asgi(worker))
    elif "gevent" in sys.modules and hasattr(sys.modules.get(type(worker).__module__), "gevent"):
        _stop_gevent(worker)


def _on_term(worker: Any, told: Callable[[], None]) -> None:
    """From the moment when the loop runs; until then TERM ends the worker at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker.loop.call_soon(worker.loop.add_signal_handler, signal.SIGTERM, told)


def _stop_aiohttp(worker: Any) -> None:
    worker.handle_exit(signal.SIGTERM, None)
    worker._notify_waiter_done()


def _stop_asgi(worker: Any) -> None:
    """Its pause is where it heeds being cancelled; there it is when it serves."""
    serving = worker.alive and getattr(worker, "servers", None)
    worker.handle_exit_signal()
    for task in asyncio.all_tasks(worker.loop) if serving else ():
        if getattr(task.get_coro(), "__qualname__", "").endswith("._serve"):
            task.cancel()


def _stop_gevent(worker: Any) -> None:
    """Its pauses are `gevent.sleep`, by the name that its own module has for gevent."""
    told = import_module("gevent.event").Event()
    home = sys.modules[type(worker).__module__]
    home.gevent = _Gevent(home.gevent, told)  # type: ignore[attr-defined]
    before = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: Any) -> None:
        if callable(before):
            before(number, frame)
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)


class _Gevent:
    """gevent, as that module sees it."""

    def __init__(self, gevent: Any, told: Any) -> None:
        self._gevent = gevent
        self._told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gevent, name)

    def sleep(self, seconds: float) -> None:
        """Until the stop is told, or so long; after it, for short."""
        if self._told.is_set():
            self._gevent.sleep(min(seconds, PAUSE))
        else:
            self._told.wait(seconds)
