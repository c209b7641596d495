"""Malformed and smuggling requests, from RFC 9110 and RFC 9112, against every server.

Rule: each is sent on a connection of its own to one worker; right behind it a canary goes the same way, through the
connection that nginx keeps to the app. Nothing of an attack may become a request of its own or part of the canary's
answer; no answer may be of 5xx but 501 and 505, which are what a malformed request is to be told; nothing may hang.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import kinds
import pytest
from story import MakeProject, Site
from waiting import until

H = b"Host: shop.example\r\n"
INNER = b"GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"
POST = b"POST /body HTTP/1.1\r\n" + H
GET = b"GET /attack HTTP/1.1\r\n" + H
FAULTS_OF_CLIENTS = {501, 505}
"""A transfer coding, and a version, that is not known (RFC 9112 section 6.1, RFC 9110 section 15.6.6)."""


def body(framing: bytes, what: bytes) -> bytes:
    """A POST with that framing and that body."""
    return POST + framing + b"\r\n" + what


TOGETHER: dict[str, bytes] = {
    "length and chunks": body(b"Content-Length: 6\r\n" + CHUNKED, b"0\r\n\r\nX"),
    "chunks and length": body(CHUNKED + b"Content-Length: 3\r\n", b"8\r\nSMUGGLED\r\n" + END),
    "length of all and chunks": body(b"Content-Length: %d\r\n" % (len(INNER) + 5) + CHUNKED, END + INNER),
    "two lengths": body(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(INNER), INNER),
    "two lengths in one": body(b"Content-Length: 0, %d\r\n" % len(INNER), INNER),
    "the same length twice": body(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"),
    "the same length in a list": body(b"Content-Length: 3, 3\r\n", b"abc"),
    "a GET with both": GET + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n" + END + INNER,
}
LENGTHS: dict[str, bytes] = {
    f"length {told.decode('latin-1')!r}": body(b"Content-Length:" + told + b"\r\n", b"abc" + INNER)
    for told in (
        b" +3", b" -3", b" 0x3", b" 3 3", b" 3;", b" 3.0", b" 1e1", b" 99999999999999999999", b" ", b" \x0b3",
        b" 3\x00", b"\xb3",
    )
}  # fmt: skip
CODINGS: dict[str, bytes] = {
    f"coding {told.decode('latin-1')!r}": body(told + b"\r\n" + b"Content-Length: 5\r\n" * with_length, END + INNER)
    for told in (
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding: chunked\x0b",
        b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: chunked;q=1", b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding : chunked", b" Transfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked",
        b"X: y\nTransfer-Encoding: chunked", b"Transfer_Encoding: chunked", b"Transfer-Encoding: chu\x00nked",
        b"Transfer-Encoding\x00: chunked", b"\x00Transfer-Encoding: chunked", b"TE: chunked",
        b"Content-Encoding: chunked",
    )
    for with_length in (True, False)
}  # fmt: skip
CHUNKS: dict[str, bytes] = {
    f"chunks {told!r}"[:48]: body(CHUNKED, told)
    for told in (
        b"0x3\r\nabc\r\n" + END, b"+3\r\nabc\r\n" + END, b"-1\r\nabc\r\n" + END, b"3 \r\nabc\r\n" + END,
        b" 3\r\nabc\r\n" + END,
        b"ffffffffffffffff3\r\nabc\r\n" + END, b"10000000000000003\r\nabc\r\n" + END, b"g\r\nabc\r\n" + END,
        b"\r\nabc\r\n" + END, b"3\nabc\n0\n\n", b"3\r\nabcX0\r\n\r\n", b"3\r\nabcdef\r\n" + END,
        b"3;x=\"\n\"\r\nabc\r\n" + END,
        b"3;" + b"x" * 5000 + b"\r\nabc\r\n" + END, b"3\rX\nabc\r\n" + END, b"3\r\r\nabc\r\n" + END,
        b"0\r\nContent-Length: 99\r\nHost: forged\r\n\r\n", b"0\r\n" + INNER, b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
        b"3\r\nab",
    )
}  # fmt: skip
HEADS: dict[str, bytes] = {
    f"head {told!r}"[:48]: told + b"\r\n" + INNER
    for told in (
        b"GET /attack HTTP/1.1\r\nHost : shop.example\r\n", b"GET /attack HTTP/1.1\r\n Host: shop.example\r\n",
        b"GET  /attack HTTP/1.1\r\n" + H, b"GET /attack  HTTP/1.1\r\n" + H, b"GET\t/attack\tHTTP/1.1\r\n" + H,
        b"GET /attack HTTP/1.1 \r\n" + H, b"GET /attack\r\n" + H, b"GET /attack HTTP/1.10\r\n" + H,
        b"GET /attack HTTP/2.0\r\n" + H,
        b"GET /attack HTTP/0.9\r\n" + H, b"GET /attack http/1.1\r\n" + H, b"GET /attack HTTP/1,1\r\n" + H,
        b"get /attack HTTP/1.1\r\n" + H, b"G\x00T /attack HTTP/1.1\r\n" + H, b"GET /att\x00ack HTTP/1.1\r\n" + H,
        b"GET /attack\x0b HTTP/1.1\r\n" + H, b"GET /attack\rX: y HTTP/1.1\r\n" + H, b"GET attack HTTP/1.1\r\n" + H,
        b"GET * HTTP/1.1\r\n" + H, b"CONNECT shop.example:80 HTTP/1.1\r\n" + H, b"TRACE /attack HTTP/1.1\r\n" + H,
        b"GET http://a/b/../../smuggled HTTP/1.1\r\n" + H, b"GET ftp://a/ HTTP/1.1\r\n" + H,
        b"GET http:///attack HTTP/1.1\r\n" + H,
        b"GET /attack HTTP/1.1\r\n" + H + b"X: a\r\n b\r\n", b"GET /attack HTTP/1.1\r\n" + H + b"NoColon\r\n",
        b"GET /attack HTTP/1.1\r\n" + H + b": empty\r\n", b"GET /attack HTTP/1.1\r\n" + H + b"X: a\x00b\r\n",
        b"GET /attack HTTP/1.1\r\n" + H + b"X: a\rY: b\r\n", b"GET /attack HTTP/1.1\r\n" + H + b"X\xff: a\r\n",
        b"GET /attack HTTP/1.1\r\n" + H + b"Host: other.example\r\n", b"GET /attack HTTP/1.1\r\nHost: a b\r\n",
        b"GET /attack HTTP/1.1\r\nHost: shop.example/x\r\n", b"GET /attack HTTP/1.1\r\nHost: \x00\r\n",
        b"GET /attack HTTP/1.0\r\n" + H + CHUNKED, b"\r\n\r\n\r\nGET /attack HTTP/1.1\r\n" + H,
        b"GET /attack HTTP/1.1\n" + H.replace(b"\r", b""), b"GET /a%0d%0aX:%20y HTTP/1.1\r\n" + H,
        b"GET /a%00 HTTP/1.1\r\n" + H,
    )
}  # fmt: skip
CONNECTIONS: dict[str, bytes] = {
    "names framing as of the hop": POST
    + b"Connection: Content-Length, Transfer-Encoding\r\nContent-Length: 3\r\n\r\nabc",
    "names Host as of the hop": GET + b"Connection: Host, close\r\n\r\n",
    "a body on a GET": GET + b"Content-Length: %d\r\n\r\n" % len(INNER) + INNER,
    "a body on a HEAD": GET.replace(b"GET", b"HEAD") + b"Content-Length: %d\r\n\r\n" % len(INNER) + INNER,
    "a body on a DELETE": GET.replace(b"GET", b"DELETE") + b"Content-Length: %d\r\n\r\n" % len(INNER) + INNER,
    "an upgrade to HTTP/2": GET
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
    "an upgrade with a body": POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc",
    "an upgrade without a key": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + INNER,
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "an expectation": POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "another expectation": POST + b"Expect: a wonder\r\nContent-Length: 3\r\n\r\nabc",
    "a length that never comes": POST + b"Content-Length: 50\r\n\r\nabc",
    "the proxy protocol": b"PROXY TCP4 6.6.6.6 6.6.6.7 1 2\r\n" + GET + b"\r\n",
    "names that the uwsgi protocol has": GET + b"UWSGI_FILE: /etc/passwd\r\nUwsgi-File: /etc/passwd\r\n\r\n",
}
CORPUS = TOGETHER | LENGTHS | CODINGS | CHUNKS | HEADS | CONNECTIONS


@dataclass(frozen=True)
class Heard:
    """What came back for one attack."""

    statuses: tuple[int, ...]
    raw: bytes
    hung: bool


@pytest.fixture(scope="module", params=kinds.every(), ids=kinds.names())
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """One worker, one nginx worker, so that a canary goes where the attack went."""
    interface, words = request.param
    short = ("--limits-header-timeout", "1", "--limits-body-timeout", "1", "--workers", "1", "--nginx-workers", "1")
    return shared_project(f"echo_{interface}").run("app:app", *words, *short)


def send(port: int, attack: bytes) -> Heard:
    """The attack, a last request that ends the connection, and all that is answered until it has ended."""
    with socket.create_connection(("127.0.0.1", port), 25) as connection:
        heard, hung = b"", False
        try:
            connection.sendall(attack + LAST)
            while part := connection.recv(65536):
                heard += part
        except TimeoutError:
            hung = True
        except (ConnectionResetError, BrokenPipeError):
            pass  # what was refused half-way may be reset
    statuses = tuple(int(line[9:12]) for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1."))
    return Heard(statuses, heard, hung)


def wrong(site: Site, name: str, attack: bytes, canary: http.client.HTTPConnection) -> Iterator[str]:
    """What an attack did that it must not."""
    heard = send(site.port, attack)
    if heard.hung:
        yield f"{name}: hung"
    faults = [each for each in heard.statuses if each >= 500 and each not in FAULTS_OF_CLIENTS]
    if faults:
        yield f"{name}: answered {faults}"
    mark = f"/canary/{abs(hash(name))}"
    canary.request("GET", mark, headers={"Host": "shop.example"})
    answer = canary.getresponse()
    told = answer.read()
    if answer.status != 200 or json.loads(told)["path"] != mark:
        yield f"{name}: the canary was answered {answer.status} {told[:200]!r}"


def test_the_corpus_is_large_enough() -> None:
    """Each attack once."""
    assert len(set(CORPUS.values())) == len(CORPUS) >= 60


def test_no_attack_gets_out_of_step(site: Site) -> None:
    """Every canary gets its own answer, no attack is a fault of the site, none hangs, and the worker lives on."""
    before = site.workers_of("app")
    began = time.monotonic()
    canary = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    found = [what for name, attack in CORPUS.items() for what in wrong(site, name, attack, canary)]
    canary.close()
    assert found == []
    assert site.workers_of("app") == before
    assert time.monotonic() - began < 400
    smuggled_from_bodies(site)


def smuggled_from_bodies(site: Site) -> None:
    """A request in the body of another is never logged as one of its own."""
    inner = b"GET /smuggled-in-a-body HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    for method in (b"GET", b"HEAD", b"POST", b"DELETE", b"OPTIONS"):
        length = b"Content-Length: %d\r\n" % len(inner)
        head = method + b" /outer HTTP/1.1\r\n" + H + length + b"Connection: close\r\n\r\n"
        assert len(send(site.port, head + inner).statuses) == 1
    site.get("/last")
    until(lambda: "/last" in site.stdout.text, "the access log is written")
    assert "/smuggled-in-a-body" not in site.stdout.text
