"""Asks the app, or the public listener, whether it is ready.

Rule: only an answer of 200 from the real thing counts; a socket that merely accepts does not.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, Literal

from porch.records import dataclass
from porch.runtime.listen import Address

READY = "/-/porch/ready"
LIVE = "/-/porch/live"
"""nginx answers it by itself."""
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.05
PATIENCE = 2.0
"""Seconds for one answer; then the question is put anew."""
LAST_WORDS = 0.1
"""Seconds for the rest of an answer whose first line has come."""


@dataclass
class Probe:
    """The question, and what the last answer to it said when it was not yes."""

    address: Address
    protocol: Literal["http", "uwsgi"]
    host: str
    why: str = ""
    tls: bool = False
    path: str = READY


async def until_ready(probe: Probe) -> None:
    """Return when the answer is 200; the caller bounds the time."""
    host, protocol = probe.host, probe.protocol
    question = uwsgi_request(host, probe.path) if protocol == "uwsgi" else http_request(host, probe.path)
    pause = FIRST_PAUSE
    while not await _answers(probe, question):
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)


def http_request(host: str, path: str = READY) -> bytes:
    """The question in HTTP."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: porch\r\nConnection: close\r\n\r\n".encode()


def uwsgi_request(host: str, path: str = READY) -> bytes:
    """The question in the uwsgi protocol: a packet of names and values, lengths in 16 bits little-endian."""
    name, _, port = host.partition(":")
    variables = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": path,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_SCHEME": "http",
        "HTTP_HOST": host,
        "HTTP_USER_AGENT": "porch",
    }
    body = b"".join(_sized(word.encode()) for pair in variables.items() for word in pair)
    # Both modifiers 0: a plain request for a Python app.
    return b"\0" + len(body).to_bytes(2, "little") + b"\0" + body


def _sized(word: bytes) -> bytes:
    return len(word).to_bytes(2, "little") + word


async def _answers(probe: Probe, question: bytes) -> bool:
    try:
        # Not wait_for, which in Python 3.11 can lose a cancellation.
        async with asyncio.timeout(PATIENCE):
            return await _ask(probe, question)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return False


async def _ask(probe: Probe, question: bytes) -> bool:
    address = probe.address
    if address.kind == "unix":
        reader, writer = await asyncio.open_unix_connection(address.host, **_secured(probe))
    else:
        reader, writer = await asyncio.open_connection(*address.reach, **_secured(probe))
    try:
        writer.write(question)
        words = (await reader.readuntil(b"\n")).split()
        # Some servers log it as an error of the client's when nobody takes the rest.
        rest = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                rest = await reader.read()
        ready = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1] == b"200"
        probe.why = "" if ready else _why(rest) or probe.why
        return ready
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _secured(probe: Probe) -> dict[str, Any]:
    """Words for a connection by TLS. Whether the certificate is a good one is not the question here."""
    if not probe.tls:
        return {}
    import ssl  # 4 MB, which an instance without TLS does not spend

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"ssl": context, "server_hostname": probe.host}


def _why(rest: bytes) -> str:
    """What the worker says of an app that is not well; empty for an answer of anyone else's."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(rest.partition(b"\r\n\r\n")[2])["why"])
    return ""
