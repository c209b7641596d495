"""`--tls self-signed`: an authority made once on this machine, and a certificate that it vouches for.

Rule: the authority's key never leaves the state folder; a certificate is used again until a third of its life is left,
so that a reload changes nothing.
"""

from __future__ import annotations

import getpass
import socket
from collections.abc import Sequence

from porch.certificates import Made
from porch.runtime import store


def pair(root: str, names: Sequence[str]) -> tuple[str, str]:
    """Certificate and key for these names, from the authority whose certificate is, or will be, at `root`."""
    from porch.certificates import making

    state, inside, name = root.rsplit("/", 2)
    with store.locked(state, inside) as folder:
        above = Made(store.read(folder / name), store.read(folder / store.KEY))
        if not (above.certificate and above.key):
            above = making.authority(_whose())
            store.keep(folder / store.KEY, above.key)
            store.keep(folder / name, above.certificate)
        own = folder / store.named(names)
        own.mkdir(mode=0o700, exist_ok=True)
        made = Made(store.read(own / store.CERTIFICATE), store.read(own / store.KEY))
        if not _good(made.certificate, made.key, above.certificate):
            made = making.leaf(above, names)
            store.keep(own / store.KEY, made.key)
            store.keep(own / store.CERTIFICATE, made.certificate)
        return made.certificate, made.key


def _good(certificate: str, key: str, above: str) -> bool:
    from porch.certificates import making, reading

    if not certificate.endswith(above):
        return False
    found = reading.judge(certificate.encode(), key.encode(), store.CERTIFICATE, store.KEY)
    return not found.problem and found.days > making.LEAF_DAYS // 3


def _whose() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"
