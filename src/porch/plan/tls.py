"""The part of the Plan about HTTPS.

Rule: as in the whole: frozen data, with no behaviour beyond names of paths.
"""

from __future__ import annotations

from typing import Literal

from porch.plan.chosen import Chosen
from porch.records import dataclass

TlsMode = Literal["off", "files", "self-signed", "acme"]


@dataclass(frozen=True, slots=True)
class TlsPlan:
    """HTTPS on all addresses that the site listens on, or nowhere."""

    mode: Chosen[TlsMode]
    """Where the certificate comes from."""
    certificate: Chosen[str]
    """The file with the chain, absolute; empty for none."""
    key: Chosen[str]
    names: tuple[str, ...]
    """Names and addresses that the certificate is for."""
    redirect: Chosen[tuple[str, ...]]
    """Addresses of plain HTTP, which lead to HTTPS."""
    profile: Chosen[str]
    """`intermediate` or `modern`."""
    hsts: Chosen[int]
    """Seconds; 0: browsers are told nothing."""
    hsts_subdomains: Chosen[bool]
    folder: Chosen[str]
    """Where certificates and keys are kept that porch makes or fetches, absolute."""
    acme_directory: Chosen[str]
    """URL of the authority that issues."""
    acme_email: Chosen[str]
    """Whom the authority writes to; empty for nobody."""
    acme_roots: Chosen[str]
    """File of what the authority's own certificate must come from, absolute; empty for what browsers trust."""

    @property
    def on(self) -> bool:
        """Whether there is TLS."""
        return self.mode.value != "off"

    @property
    def authority(self) -> str:
        """The certificate of the authority for development, which browsers are told to trust; its key is beside it."""
        return f"{self.folder.value}/authority/ca.pem"
