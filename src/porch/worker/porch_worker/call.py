"""Calls a WSGI app for one request, and sees to its answer.

Rule: one function for all that is done around the call, for it is on the path of every request: with `environ` it adds
2.3 us, and most of it as wrappers of one another added 2.6 (measured in process, 3.11). What `standard` mends is apart.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from typing import Any

from . import FAILED_BODY, standard
from .endless import EVENTS, Endless
from .environ import App, Environ, StartResponse, answer
from .failure import exited, trimmed
from .parts import Begun, Parts
from .pulse import Pulse

FLOWING = ("X-Accel-Buffering", "no")
"""Asks nginx to hand an answer on as it comes."""
_EVENTS = EVENTS.decode()


def calling(app: App, pulse: Pulse | None, endless: Endless | None) -> App:
    """The app; each call of it told to the supervisor, each answer handed on as its headers ask for."""
    enter, leave = (pulse.enter, pulse.leave) if pulse else (_nothing, _nothing)
    begun, over = (endless.begun, endless.over) if endless else (_nothing, _nothing)
    begins, mended = standard.begins(), standard.headers()

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        streams = given = False
        written: list[bytes] = []

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            nonlocal streams
            streams, headers = _read(mended(status, headers) if mended else headers)
            if begins and failure:
                failure = _replaced(failure[0], begun=given or bool(written))
            # granian gives nothing to write with, which the standard has for old apps.
            return start_response(status, headers, *failure) or written.append

        # A WebSocket lasts as long as it likes. What is counted is the call: sending takes as long as the client does.
        slot = 0 if "HTTP_UPGRADE" in environ else enter()
        begun(start)
        try:
            parts = app(environ, start)
            if written:
                parts = Begun(parts, written)
            elif begins and not streams and parts.__class__ is not list:
                parts = Begun([parts] if isinstance(parts, bytes) else parts)
        except (Exception, SystemExit) as error:
            if not begins and not isinstance(error, SystemExit):
                raise
            return _failed(error, start_response)
        finally:
            leave(slot)
            over(start)
        given = True
        return Parts(parts, endless) if endless and streams and environ.get("REQUEST_METHOD") == "GET" else parts

    return call


def _replaced(failure: Any, *, begun: bool) -> tuple[()]:
    """An error page takes the place of an answer that has not begun; after that, the standard has it raised."""
    if failure and failure[1] and begun:
        raise failure[1].with_traceback(failure[2])
    return ()


def _read(headers: list[tuple[str, str]]) -> tuple[bool, list[tuple[str, str]]]:
    """Whether the answer is a stream of events, and the headers to send."""
    told = {name.lower(): value for name, value in headers}
    # With a length an answer is whole, or a file; without, it is made bit by bit.
    if "content-length" in told:
        return False, headers
    flowing = headers if "x-accel-buffering" in told else [*headers, FLOWING]
    return told.get("content-type", "").startswith(_EVENTS), flowing


def _failed(error: Exception | SystemExit, start_response: StartResponse) -> Iterable[bytes]:
    error = exited(error) if isinstance(error, SystemExit) else error
    sys.stderr.write(trimmed(error) or "".join(traceback.format_exception(error)))
    return answer(start_response, "500 Internal Server Error", "text/plain; charset=utf-8", FAILED_BODY)


def _nothing(*_: object) -> int:
    """Where no supervisor would look."""
    return 0
