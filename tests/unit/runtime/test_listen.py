"""Addresses to listen on."""

from __future__ import annotations

import pytest

from porch.errors import Exit, Refused
from porch.runtime.listen import Address, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1:8080", "ipv4", "127.0.0.1", 8080)),
        ("[::1]:8443", Address("[::1]:8443", "ipv6", "::1", 8443)),
        ("unix:/run/x.sock", Address("unix:/run/x.sock", "unix", "/run/x.sock", 0)),
    ],
)
def test_parse(text: str, expected: Address) -> None:
    """The three forms of the Plan are read."""
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["8080", "host:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", ":80", ""])
def test_parse_refuses(text: str) -> None:
    """Anything else is refused with the three forms."""
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.exit is Exit.USAGE
    assert "127.0.0.1:8080" in refused.value.problems[0].fix


@pytest.mark.parametrize(
    ("text", "reach"),
    [("0.0.0.0:80", ("127.0.0.1", 80)), ("[::]:80", ("::1", 80)), ("10.0.0.1:80", ("10.0.0.1", 80))],
)
def test_reach(text: str, reach: tuple[str, int]) -> None:
    """A wildcard address is reached over loopback, any other where it is."""
    assert parse(text).reach == reach
