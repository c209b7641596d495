"""Asking a site as a browser would, and as an attacker would.

Rule: one connection a question unless a test says otherwise; nothing is retried, nothing followed, nothing hidden.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import select
import socket
import ssl
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT = 30.0
"""Seconds: a machine with other work to do may hold up each process on the way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        """Every value of that header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        """The one value of that header, or nothing."""
        found = self.all(name)
        assert len(found) <= 1, f"{name} stands {len(found)} times: {found}"
        return found[0] if found else ""


def ask(
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    *,
    by: str = "127.0.0.1",
) -> Answer:
    """Ask once, over a connection of its own, from the loopback address `by`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT, source_address=(by, 0))
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        return _answer(connection.getresponse())
    finally:
        connection.close()


def ask_tls(
    port: int,
    path: str,
    host: str = "localhost",
    *,
    trusting: str = "",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask once by HTTPS for that host; with the file of an authority, as who trusts that one and no other."""
    with secured(port, host, trusting=trusting) as connection:
        asked = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        asked.sock = connection
        asked.request(method, path, headers={"Host": f"{host}:{port}", **(headers or {})})
        return _answer(asked.getresponse())


def secured(port: int, host: str | None, *, trusting: str = "", speaks: Sequence[str] = ()) -> ssl.SSLSocket:
    """A connection by TLS, for that host, or for none; without a file of an authority any certificate will do."""
    context = ssl.create_default_context(cafile=trusting or None)
    if not trusting:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if speaks:
        context.set_alpn_protocols(list(speaks))
    plain = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def ask_raw(port: int, request: bytes) -> Answer:
    """Send these bytes as they are, which a proper client would not."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return _answer(response)


def _answer(response: http.client.HTTPResponse) -> Answer:
    try:
        body = response.read()
    except http.client.IncompleteRead as cut:
        raise ConnectionResetError(f"cut off after {len(cut.partial)} bytes") from None
    return Answer(response.status, tuple(response.getheaders()), body)


class WebSocket:
    """The client's half of RFC 6455, for short text frames."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass

    def send(self, word: str) -> None:
        """Send one masked text frame."""
        raw, mask = word.encode(), os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(raw))
        self._socket.sendall(struct.pack("!BB", 0x81, 0x80 | len(raw)) + mask + masked)

    def receive(self) -> tuple[int, bytes]:
        """Read one frame: its opcode and what it carries."""
        first, second = self._file.read(2)
        return first & 0x0F, self._file.read(second & 0x7F)

    def patient(self) -> None:
        """Let what comes next take any time: who waits for it has a deadline of its own."""
        self._socket.settimeout(None)

    def quiet_for(self, seconds: float) -> bool:
        """Whether nothing comes for so long, not even the end."""
        return not select.select([self._socket], [], [], seconds)[0]

    def ended(self) -> bool:
        """Whether the other side hangs up without another frame."""
        return not self._file.read(1)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()
