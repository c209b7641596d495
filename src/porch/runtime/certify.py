"""Looks whether a certificate is due, and fetches it where it is: what a child of the resident process does.

Rule: the certificate in service is not touched: a new one is judged, kept, and laid beside it for the resident process
to take up.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from porch.certificates import Made, covered
from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import store
from porch.runtime.folder import NEXT

SPREAD = 0.05
"""Part of its life by which a certificate is renewed before its time, so that not all of a day's are at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is told."""

    names: tuple[str, ...]
    directory: str
    email: str
    roots: str
    state: str
    """The state folder."""
    challenges: str
    live: tuple[str, str]
    """Paths of the certificate and the key in service."""
    same_key: bool
    """Each certificate is for the key of the first: nginx reads two files, and no moment may part them."""

    def to_json(self) -> str:
        """As one word."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Order:
    """Read back what `to_json` wrote."""
    told: dict[str, Any] = json.loads(text)
    own, key = told.pop("live")
    return Order(names=tuple(told.pop("names")), live=(own, key), **told)


def kept(state: str, directory: str, names: Sequence[str]) -> Path:
    """Where the certificate for these names is kept."""
    return Path(state, "acme", f"{zlib.crc32(directory.encode()):08x}", store.named(names))


def certify(order: Order) -> dict[str, Any]:
    """Look, fetch where it is due, lay it beside the one in service, and tell; raises Refused."""
    own = kept(order.state, order.directory, order.names)
    with store.locked(order.state, *own.parent.relative_to(order.state).parts) as folder:
        own.mkdir(mode=0o700, exist_ok=True)
        found = Made(store.read(own / store.CERTIFICATE), store.read(own / store.KEY))
        again = due(found, order.names)
        fetched = again <= 0
        if fetched:
            found = _fetched(order, folder)
            store.keep(own / store.KEY, found.key)
            store.keep(own / store.CERTIFICATE, found.certificate)
            again = due(found, order.names)
    changed = store.read(Path(order.live[0])) != found.certificate
    if changed:
        for path, text in zip(order.live, (found.certificate, found.key), strict=True):
            store.keep(Path(path + NEXT), text)
    return {"ok": True, "changed": changed, "fetched": fetched, "again": again, "until": _ends(found)}


def _fetched(order: Order, folder: Path) -> Made:
    """From the authority, and judged: what is not good is not taken, whoever signed it."""
    from porch.certificates import reading
    from porch.runtime import acme

    Path(order.challenges).mkdir(mode=0o711, exist_ok=True)
    Path(order.challenges).chmod(0o711)
    key = store.read(kept(order.state, order.directory, order.names) / store.KEY) if order.same_key else ""
    wanted = acme.Wanted(order.names, order.directory, order.email, order.roots, order.challenges, key)
    made = acme.fetch(wanted, folder)
    found = reading.judge(made.certificate.encode(), made.key.encode(), "what was issued", "the key")
    missing = [name for name in order.names if not covered(name, found.names)]
    if found.problem or missing:
        what = found.problem or f"what was issued is not for {' '.join(missing)}"
        raise Refused(Problem(what, order.directory, "see what the authority says", Exit.MACHINE))
    return made


def due(made: Made, names: Sequence[str]) -> float:
    """Seconds until it is to be renewed: at two thirds of its life, or a little before; 0 where there is none."""
    from cryptography import x509

    from porch.certificates import reading

    found = reading.judge(made.certificate.encode(), made.key.encode(), "", "")
    if found.problem or not all(covered(name, found.names) for name in names):
        return 0.0
    own = x509.load_pem_x509_certificates(made.certificate.encode())[0]
    begins, ends = own.not_valid_before_utc, own.not_valid_after_utc
    # The same for one certificate each time, another for the next.
    part = 2 / 3 - SPREAD * (own.serial_number % 1000) / 1000
    return max(0.0, (begins + (ends - begins) * part - datetime.now(UTC)).total_seconds())


def _ends(made: Made) -> str:
    from cryptography import x509

    return f"{x509.load_pem_x509_certificates(made.certificate.encode())[0].not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
