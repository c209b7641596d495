"""An open-loop client: it sends at planned times, whatever the answers do, and accounts for every request.

Rule: planned = answered + failed, each failure by its kind; a latency counts from the planned time, so that a stall of
the site is seen by all the requests that came meanwhile, and not by the one that waited alone. What held up the client
itself is the machine's, and is taken off: for so long nothing can be said of the site.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import ssl
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

PATIENCE = 25.0
HELD = 0.05
"""Seconds that a timer of the client may be late without being held up."""
IDLE = 0.5
"""Seconds after which a kept connection is not used again: nginx may close one after a second, at its own reload."""
BODY = b"x" * 512
KINDS = (("GET", False), ("POST", False), ("GET", True), ("POST", True))
"""Method, and whether on a connection that is kept: taken in turn."""


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
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE * 2)
        assert not self._thread.is_alive(), "the client came to no end"

    async def _run(self) -> None:
        began, tasks = time.monotonic(), set[asyncio.Task[None]]()
        while not self._over.is_set() and not (self._only and self.account.planned == self._only):
            number = self.account.planned
            planned = began + number / self._rate
            due = max(planned, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            if (now := time.monotonic()) - due > HELD:
                self.account.held.append((due, now))
            self.account.planned += 1
            task = asyncio.create_task(self._send(planned, *self._kinds[number % len(self._kinds)]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)
        for connection in self._idle:
            connection.close()

    async def _send(self, planned: float, method: str, keep: bool) -> None:
        kind = f"{method} {'kept' if keep else 'new'}"
        failure, answer = "", ""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._ask(method, keep)
        except TimeoutError:
            failure = f"no answer in {PATIENCE:g} s"
        except (OSError, EOFError, ValueError) as error:
            failure = f"{type(error).__name__}: {error}"
        self.account.sent.append(Sent(kind, planned, time.monotonic() - planned, failure, answer))

    async def _ask(self, method: str, keep: bool) -> str:
        connection = (self._kept() if keep else None) or await _connect(self._port, self._name)
        try:
            status, body, stays = await connection.ask(method, self._path, keep, self._name or "localhost")
        except BaseException:
            connection.close()
            raise
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


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: int = 0
    last: float = 0.0

    def usable(self) -> bool:
        """Whether it was used so shortly ago that no server closes it, and nothing is there to read, as its end is."""
        wire = self.writer.get_extra_info("socket")
        # asyncio may have seen its end already: then there is no socket (TLS), or a closed one.
        if wire is None or wire.fileno() < 0 or time.monotonic() - self.last >= IDLE:
            return False
        looking = select.poll()
        looking.register(wire, select.POLLIN)
        return not looking.poll(0)

    async def ask(self, method: str, path: str, keep: bool, host: str) -> tuple[int, str, bool]:
        """Status, body, and whether the connection stays."""
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Connection: {'keep-alive' if keep else 'close'}"]
        sent = BODY if method == "POST" else b""
        head += [f"Content-Length: {len(sent)}"] if sent else []
        self.writer.write("\r\n".join((*head, "", "")).encode() + sent)
        try:
            raw = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise EOFError(f"closed before the answer, as request {self.used + 1} of its connection") from None
        self.used += 1
        first, *rest = raw.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        self.last = time.monotonic()
        return int(first.split()[1]), body.decode("latin-1"), headers.get("connection", "") != "close"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.writer.close()


async def _connect(port: int, name: str) -> _Connection:
    if not name:
        return _Connection(*await asyncio.open_connection("127.0.0.1", port))
    return _Connection(*await asyncio.open_connection("127.0.0.1", port, ssl=ANYONES, server_hostname=name))
