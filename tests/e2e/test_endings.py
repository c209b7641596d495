"""Stops and reloads with everything open at once: many requests, a long one, a stream of events, a WebSocket.

Rule: what a client sent to a connection that was accepted is answered whole; what never ends by itself is ended in
order, the WebSocket with a close frame and the stream with its last part.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import kinds
import pytest
from open_loop import Load, Sent
from story import MakeProject, Site
from waiting import until

LONG = 8.0
"""Seconds that the longest request takes."""
AFTER = 1.0
"""Seconds for the rest of a stop, on a machine that has nothing else to do."""
AFTER_BESIDE = 8.0
"""The same beside other tests: each process of the stack waits for a core before it can end. What is cut off in place
of an ordered stop takes longer: nginx would wait ten seconds for an idle client, and porch forty for what hangs."""
AT_ONCE = 0.25
"""Seconds in which a Python starts, imports something and ends, on a machine that has nothing else to do."""
RESTARTS = 1012
LAST = b"\r\n0\r\n\r\n"
"""The chunk that ends an answer whose length was not told (RFC 9112, 7.1)."""
TOGETHER = (
    ("asgi-uvicorn", "wsgi-granian"),
    ("asgi-granian", "wsgi-gunicorn-gthread"),
    ("asgi-gunicorn-asgi", "wsgi-uwsgi"),
    ("aiohttp-gunicorn-aiohttp", "wsgi-gunicorn-gevent"),
)
"""Two at a time: most of a stop is waiting."""
SOCKETS = TOGETHER[0][:1] + TOGETHER[1][:1], TOGETHER[2][:1] + TOGETHER[3][:1]
SERVERS = kinds.by_name()


class Events(threading.Thread):
    """A client that reads the stream of events to its end."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.heard = b""
        self.ended = 0.0
        self._connection = socket.create_connection(("127.0.0.1", port), 30)
        self._connection.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
        self.start()

    def run(self) -> None:
        """Read."""
        with self._connection:
            while not self.heard.endswith(LAST) and (part := self._connection.recv(65536)):
                self.heard += part
        self.ended = time.monotonic()


class Long(threading.Thread):
    """One request that takes its time."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.status = 0
        self.ended = 0.0
        # Sent here and now: what is not sent yet when a stop begins is refused.
        self._connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        self._connection.request("GET", f"/slow?{LONG}")
        self.start()

    def run(self) -> None:
        """Wait for the answer."""
        answer = self._connection.getresponse()
        answer.read()
        self.status = answer.status
        self.ended = time.monotonic()
        self._connection.close()


class Socket(threading.Thread):
    """A client of the WebSocket, which hangs up when it is told to, as all do."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[int, bytes]] = []
        self._socket = site.websocket("/socket")
        self._socket.patient()
        self.start()

    def run(self) -> None:
        """Read."""
        while not self.heard or self.heard[-1][0] == 1:
            self.heard.append(self._socket.receive())
        self._socket.close()

    def echoes(self) -> None:
        """It is alive."""
        before = len(self.heard)
        self._socket.send("hello")
        until(lambda: self.heard[before:] == [(1, b"HELLO")], lambda: f"an echo comes: {self.heard}")


class Busy:
    """A site with everything open."""

    def __init__(self, name: str, project: MakeProject, *words: str) -> None:
        self.interface, server = SERVERS[name]
        threads = ("--threads", "32") if self.interface == "wsgi" and "gevent" not in name else ()
        self.site = project(f"open_{self.interface}").run("app:app", *server, "--workers", "1", *threads, *words)
        self.events = Events(self.site.port)
        self.socket = Socket(self.site) if self.interface != "wsgi" else None
        until(lambda: b"data: 3\n" in self.events.heard, "the stream flows")
        self.goes_on()

    def goes_on(self) -> None:
        """Both are alive."""
        before = len(self.events.heard)
        if self.socket is not None:
            self.socket.echoes()
        until(lambda: len(self.events.heard) > before, "the stream flows")

    def has_ended_well(self) -> None:
        """Both were ended as their standards have it."""
        self.events.join(30)
        assert self.events.heard.endswith(LAST), self.events.heard[-60:]
        if self.socket is not None:
            self.socket.join(30)
            assert self.socket.heard[-1] == (8, struct.pack("!H", RESTARTS))


def quiet() -> bool:
    """Whether the machine has little else to do, now and in the last minute."""
    began = time.monotonic()
    subprocess.run((sys.executable, "-I", "-c", "import asyncio"), check=True, timeout=30)
    return time.monotonic() - began < AT_ONCE and os.getloadavg()[0] < (os.cpu_count() or 1)


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_a_stop_cuts_nothing(project: MakeProject, names: tuple[str, ...]) -> None:
    """With 60 requests a second in work, a long one, a stream and a WebSocket, all are answered or ended in order."""
    sites = [Busy(name, project) for name in names]
    with ExitStack() as loads:
        loaded = [loads.enter_context(Load(one.site.port, 60, "/slow?0.3", keep=False)) for one in sites]
        calm = quiet()
        longest = [Long(one.site) for one in sites]
        # More than are in work at once: some of these were sent after the long ones, which so are in work too.
        enough = [load.account.answered + 40 for load in loaded]
        until(
            lambda: all(load.account.answered > few for load, few in zip(loaded, enough, strict=True)), "the load flows"
        )
        told = time.monotonic()
        for one in sites:
            one.site.process.send_signal(signal.SIGTERM)
        until(lambda: not any(one.site.running for one in sites), "both are gone")
        ended = time.monotonic()
        # Quiet from the beginning to the end: no client was held up either.
        calm = calm and quiet() and not any(load.account.held for load in loaded)
        within = AFTER if calm else AFTER_BESIDE
        for one, long in zip(sites, longest, strict=True):
            assert one.site.wait_end() == 0
            long.join(30)
            assert long.status == 200
            assert ended - long.ended < within
            one.has_ended_well()
    for load in loaded:
        cut = [each.failure for each in load.account.sent if not _never_taken(each, told)]
        assert set(cut) == {""}
        assert len(load.account.sent) == load.account.planned


def _never_taken(one: Sent, told: float) -> bool:
    """Refused; or reset in the queue that a worker of nginx left when it was held up at the stop.

    What nginx has read and then drops ends with an end of file, and is a failure.
    """
    left = one.failure.startswith(("ConnectionReset", "BrokenPipe")) and one.planned + one.took > told
    return left or one.failure.startswith("ConnectionRefused")


def test_a_client_that_does_not_answer_holds_up_nobody(project: MakeProject) -> None:
    """A WebSocket whose client is silent for good is hung up on, so that the stop does not wait for it."""
    site = project("open_asgi").run("app:app", "--server", "uvicorn", "--workers", "1")
    silent = site.websocket("/socket")
    assert silent.status == 101
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < 2 * AFTER_BESIDE
    assert silent.receive() == (8, struct.pack("!H", RESTARTS))
    silent.close()


GRACE = 8
"""Seconds that a replaced generation may go on."""


@pytest.mark.parametrize("names", SOCKETS, ids="+".join)
def test_a_reload_lets_open_ones_go_on(project: MakeProject, names: tuple[str, ...]) -> None:
    """A stream and a WebSocket stay with the old generation until the limit; then they are ended, and it is gone."""
    words = ("--limits-request-timeout", str(GRACE - 2), "--limits-graceful-timeout", str(GRACE))
    sites = [Busy(name, project, *words) for name in names]
    switched: list[float] = []
    for one in sites:
        one.site.process.send_signal(signal.SIGHUP)
        one.site.stderr.wait_for("generation 2 serves")
        switched.append(time.monotonic())
        one.goes_on()
        assert serves(one.site, 1)
    for one, then in zip(sites, switched, strict=True):
        one.has_ended_well()
        assert one.events.ended - then > GRACE - 2
        until(_gone(one.site), "the old generation is gone")
        assert one.site.get("/").text == "1 0"


def _gone(site: Site) -> Callable[[], bool]:
    return lambda: not serves(site, 1)


def serves(site: Site, number: int) -> bool:
    """Whether the generation is still there: its folder goes last."""
    return (site.project.run_folder / f"app-{number}").is_dir()
