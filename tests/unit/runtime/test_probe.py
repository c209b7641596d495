"""The question whether an app is ready."""

from __future__ import annotations

from porch.runtime.probe import http_request, uwsgi_request


def test_http() -> None:
    """The question in HTTP names the host that the app expects, and asks to close."""
    assert http_request("shop.example").split(b"\r\n") == [
        b"GET /-/porch/ready HTTP/1.1",
        b"Host: shop.example",
        b"User-Agent: porch",
        b"Connection: close",
        b"",
        b"",
    ]


def test_uwsgi() -> None:
    """The uwsgi packet tells its own length and carries names and values, each with its length."""
    packet = uwsgi_request("shop.example:81")
    assert (packet[0], packet[3]) == (0, 0)
    assert int.from_bytes(packet[1:3], "little") == len(packet) - 4
    words: list[str] = []
    rest = packet[4:]
    while rest:
        size = int.from_bytes(rest[:2], "little")
        words.append(rest[2 : 2 + size].decode())
        rest = rest[2 + size :]
    variables = dict(zip(words[::2], words[1::2], strict=True))
    assert variables["PATH_INFO"] == variables["REQUEST_URI"] == "/-/porch/ready"
    assert (variables["HTTP_HOST"], variables["SERVER_NAME"], variables["SERVER_PORT"]) == (
        "shop.example:81",
        "shop.example",
        "81",
    )
