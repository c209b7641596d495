"""Certificates and their keys: what is known of a pair, read with the package `cryptography` and judged by no one else.

Rule: nothing here writes or asks the network; a key is never kept, shown or put into a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from porch.records import dataclass

__all__ = ["MISSING", "Made", "Pair", "Pairs", "covered"]

MISSING = "pip install 'porch[tls]', beside porch itself"
"""What to do where the packages are not installed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    problem: str = ""
    """Why they cannot be used; empty where they can."""
    fix: str = ""
    names: tuple[str, ...] = ()
    """DNS names and addresses that it is for."""
    until: str = ""
    """The day of its end, `2027-02-01`."""
    days: int = 0
    """Whole days until then."""
    public: bool = False
    """Browsers trust it by themselves: its chain ends at a root of Mozilla's list (the package certifi)."""
    chained: bool = True
    """The file holds the certificates between it and its root, or there are none."""


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


class Pairs(Mapping[tuple[str, str], Pair]):
    """(certificate, key) as absolute paths -> what is known of them; read at the first look, then kept."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Pair] = {}

    def __getitem__(self, paths: tuple[str, str]) -> Pair:
        if paths not in self._seen:
            self._seen[paths] = _look(*paths)
        return self._seen[paths]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


def _look(certificate: str, key: str) -> Pair:
    texts: list[bytes] = []
    for path in (certificate, key):
        try:
            texts.append(Path(path).read_bytes())
        except OSError as error:
            fix = "start porch as a user who may read it" if isinstance(error, PermissionError) else "check the path"
            return Pair(f"cannot read {path}: {error.strerror}", fix)
    try:
        from porch.certificates import reading
    except ImportError:
        return Pair("certificates need packages that are not installed", MISSING)
    return reading.judge(texts[0], texts[1], certificate, key)


def covered(name: str, names: tuple[str, ...]) -> bool:
    """Whether a certificate for these names is one for this name: a wildcard stands for one label (RFC 6125, 6.4.3)."""
    above = name.partition(".")[2]
    return name in names or (above != "" and f"*.{above}" in names)
