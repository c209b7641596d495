"""An open-loop client: it sends at planned times, whatever the answers do, and accounts for every request.

Rule: planned = answered + failed, each failure by its kind; a latency counts from the planned time, so that a stall of
the site is seen by all the requests that came meanwhile, and not by the one that waited alone. What held up the client
itself is the machine's, and is taken off: for so long nothing can be said of the site. It shares the machine with the
site, so it is lean: plain sockets and one loop over them take half of what asyncio's streams take, 0.35 ms of a
processor a request (at 500 a second).
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Generator
from dataclasses import dataclass, field
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TypeVar

PATIENCE = 25.0
LOOK = 0.1
"""Seconds between two looks for requests that wait for longer than `PATIENCE`, and for the end."""
HELD = 0.05
"""Seconds that a timer of the client may be late without being held up."""
IDLE = 0.5
"""Seconds after which a kept connection is not used again: nginx may close one after a second, at its own reload."""
BODY = b"x" * 512
KINDS = (("GET", False), ("POST", False), ("GET", True), ("POST", True))
"""Method, and whether on a connection that is kept: taken in turn."""


Told = TypeVar("Told")
Waits = Generator[tuple[socket.socket, int], None, Told]
"""A part of an exchange: it says which socket it waits for and for what, and gives what it was for at last."""
ANYONES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For a client that takes whatever certificate there is."""
ANYONES.check_hostname, ANYONES.verify_mode = False, ssl.CERT_NONE


@dataclass(frozen=True, slots=True)
class Sent:
    """One request."""

    kind: str
    planned: float
    """On the monotonic clock."""
    took: float
    """Seconds from the planned time to the end of the answer."""
    failure: str
    """Empty when it was answered 200 with the right body."""
    answer: str = ""


@dataclass
class Account:
    """All requests of one run."""

    sent: list[Sent] = field(default_factory=list)
    planned: int = 0
    held: list[tuple[float, float]] = field(default_factory=list)
    """When the client itself did not run, though it was due; on the monotonic clock."""

    @property
    def failed(self) -> Counter[str]:
        """Failures by kind; a planned request of which nothing is known is one too."""
        found = Counter(f"{each.kind}: {each.failure}" for each in self.sent if each.failure)
        missing = self.planned - len(self.sent)
        return found + Counter({"never accounted for": missing} if missing else {})

    @property
    def answered(self) -> int:
        """Those answered well."""
        return sum(not each.failure for each in self.sent)

    @property
    def longest(self) -> float:
        """Seconds that the slowest took."""
        return max(self._took(each) for each in self.sent)

    def _took(self, one: Sent) -> float:
        """Without the time for which the client was held up."""
        end = one.planned + one.took
        return one.took - sum(max(0.0, min(end, over) - max(one.planned, begun)) for begun, over in self.held)

    def quantile(self, part: float, spans: list[tuple[float, float]] | None = None) -> float:
        """Latency that this part of the requests stays below; of those planned within the spans."""
        inside = [each for each in self.sent if spans is None or any(a <= each.planned <= b for a, b in spans)]
        took = sorted(self._took(each) for each in inside)
        assert took, "no request was planned in these spans"
        return took[min(len(took) - 1, int(part * len(took)))]

    def answers(self) -> set[str]:
        """The different answers that came."""
        return {each.answer for each in self.sent if not each.failure}


@dataclass(eq=False)
class _Work:
    """A request on its way."""

    kind: str
    planned: float
    given_up: float
    waits: Waits[str]


class Load:
    """A load on one port, in a thread of its own; without kept connections, or with so many requests only, if asked.

    With a name it is by HTTPS, for that name and with whatever certificate.
    """

    def __init__(
        self, port: int, rate: float, path: str = "/", *, keep: bool = True, only: int = 0, name: str = ""
    ) -> None:
        self.account = Account()
        self._port = port
        self._rate = rate
        self._path = path
        self._kinds = [kind for kind in KINDS if keep or not kind[1]]
        self._only = only
        self._name = name
        self._over = threading.Event()
        self._idle: deque[_Connection] = deque()
        self._at_work: set[_Work] = set()
        self._selector = DefaultSelector()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE * 2)
        assert not self._thread.is_alive(), "the client came to no end"

    def _run(self) -> None:
        began = looked = time.monotonic()
        while (more := self._more()) or self._at_work:
            planned, now = began + self.account.planned / self._rate, time.monotonic()
            ahead = planned - now if more else LOOK
            if ahead <= 0:
                if now - (due := max(planned, looked)) > HELD:
                    self.account.held.append((due, now))
                self._begin(planned)
            looked = now
            self._look(min(LOOK, max(0.0, ahead)))
        for connection in self._idle:
            connection.close()
        self._selector.close()

    def _more(self) -> bool:
        return not self._over.is_set() and not (self._only and self.account.planned == self._only)

    def _begin(self, planned: float) -> None:
        method, keep = self._kinds[self.account.planned % len(self._kinds)]
        self.account.planned += 1
        kind, given_up = f"{method} {'kept' if keep else 'new'}", time.monotonic() + PATIENCE
        work = _Work(kind, planned, given_up, self._ask(method, keep))
        self._at_work.add(work)
        self._go_on(work)

    def _look(self, seconds: float) -> None:
        """Go on with what waits no longer, and give up what has waited for too long."""
        for key, _ in self._selector.select(seconds):
            self._selector.unregister(key.fileobj)
            self._go_on(key.data)
        now = time.monotonic()
        for key in [each for each in self._selector.get_map().values() if now > each.data.given_up]:
            self._selector.unregister(key.fileobj)
            key.data.waits.close()
            self._ended(key.data, f"no answer in {PATIENCE:g} s")

    def _go_on(self, work: _Work) -> None:
        try:
            wire, events = next(work.waits)
        except StopIteration as answered:
            self._ended(work, "", answered.value)
        except (OSError, EOFError, ValueError) as error:
            self._ended(work, f"{type(error).__name__}: {error}")
        else:
            self._selector.register(wire, events, work)

    def _ended(self, work: _Work, failure: str, answer: str = "") -> None:
        self.account.sent.append(Sent(work.kind, work.planned, time.monotonic() - work.planned, failure, answer))
        self._at_work.discard(work)

    def _ask(self, method: str, keep: bool) -> Waits[str]:
        connection = (self._kept() if keep else None) or _Connection(self._name)
        stays = False
        try:
            if not connection.used:
                yield from connection.connect(self._port)
            status, body, stays = yield from connection.ask(method, self._path, keep)
        finally:
            if keep and stays:
                self._idle.append(connection)
            else:
                connection.close()
        if status != 200:
            raise ValueError(f"status {status}")
        release, _, length = body.partition(" ")
        if length != str(len(BODY) if method == "POST" else 0):
            raise ValueError(f"the app saw another body: {body!r}")
        return release

    def _kept(self) -> _Connection | None:
        """One that was used a moment ago and is open: into another no client sends what it cannot send again."""
        while self._idle:
            connection = self._idle.popleft()
            if connection.usable():
                return connection
            connection.close()
        return None


class _Connection:
    """One to the site, by TLS if it has a name."""

    def __init__(self, name: str) -> None:
        self.used = 0
        self._name = name
        self._last = 0.0
        self._wire = socket.socket()
        self._wire.setblocking(False)

    def connect(self, port: int) -> Waits[None]:
        """Be connected."""
        with contextlib.suppress(BlockingIOError):
            self._wire.connect(("127.0.0.1", port))
        yield self._wire, EVENT_WRITE
        if failed := self._wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(failed, os.strerror(failed))
        self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._name:
            return
        secret = ANYONES.wrap_socket(self._wire, server_hostname=self._name, do_handshake_on_connect=False)
        self._wire = secret
        while True:
            try:
                return secret.do_handshake()
            except ssl.SSLWantReadError:
                yield secret, EVENT_READ
            except ssl.SSLWantWriteError:
                yield secret, EVENT_WRITE

    def usable(self) -> bool:
        """Whether it was used so shortly ago that no server closes it, and nothing is there to read, as its end is."""
        if time.monotonic() - self._last >= IDLE:
            return False
        looking = select.poll()
        looking.register(self._wire, select.POLLIN)
        return not looking.poll(0)

    def ask(self, method: str, path: str, keep: bool) -> Waits[tuple[int, str, bool]]:
        """Status, body, and whether the connection stays."""
        host, sent = self._name or "localhost", BODY if method == "POST" else b""
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Connection: {'keep-alive' if keep else 'close'}"]
        head += [f"Content-Length: {len(sent)}"] if sent else []
        # So little at a time always has room.
        self._wire.sendall("\r\n".join((*head, "", "")).encode() + sent)
        raw = b""
        while (begun := raw.find(b"\r\n\r\n")) < 0:
            raw += yield from self._read(f"closed before the answer, as request {self.used + 1} of its connection")
        self.used += 1
        first, *rest = raw[:begun].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = raw[begun + 4 :]
        while len(body) < int(headers.get("content-length", 0)):
            body += yield from self._read("closed within the answer")
        self._last = time.monotonic()
        return int(first.split()[1]), body.decode("latin-1"), headers.get("connection", "") != "close"

    def _read(self, closed: str) -> Waits[bytes]:
        """What comes next."""
        while True:
            try:
                data = self._wire.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield self._wire, EVENT_READ
            else:
                if not data:
                    raise EOFError(closed)
                return data

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._wire.close()
