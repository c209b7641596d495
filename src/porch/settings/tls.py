"""The settings of TLS: where the certificate comes from, and what is asked of browsers.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


@dataclass(frozen=True, slots=True)
class Tls:
    """HTTPS, and the certificate for it."""

    mode: str = setting(
        v.choice(v.AUTO, "off", "files", "self-signed", "acme"),
        v.AUTO,
        "Where the certificate comes from; `auto`: from files where they are named, else there is no TLS. "
        "`self-signed`: made by an authority of this user's own, for development. "
        "`acme`: fetched and renewed from an authority such as Let's Encrypt, for `http.domains`.",
        example="self-signed",
        short=("--tls",),
    )
    certificate: str = setting(
        v.PATH,
        "",
        "File with the certificate and those between it and its root, in PEM, the site's own first.",
        example="/etc/letsencrypt/live/shop.example.org/fullchain.pem",
        elsewhere=("--ssl-certfile", "--certfile", "--ssl-certificate"),
    )
    key: str = setting(
        v.PATH,
        "",
        "File with the private key of the certificate, in PEM, without a passphrase.",
        example="/etc/letsencrypt/live/shop.example.org/privkey.pem",
        elsewhere=("--ssl-keyfile", "--keyfile"),
    )
    profile: str = setting(
        v.choice("intermediate", "modern"),
        "intermediate",
        "Mozilla's guideline that is followed: `intermediate` for TLS 1.2 and 1.3, `modern` for 1.3 alone.",
        example="modern",
    )
    redirect: tuple[str, ...] | str = setting(
        v.ADDRESSES_OR_OFF,
        v.AUTO,
        "Addresses where plain HTTP is led to HTTPS, or `off`; "
        "`auto`: port 80 where port 443 is listened on, and 8080 beside 8443.",
        example="0.0.0.0:80",
    )
    hsts: int | str = setting(
        v.SECONDS_OR_AUTO,
        v.AUTO,
        "How long browsers are told to use nothing but HTTPS, 0: not at all; `auto`: two years. "
        "Said only with a certificate that browsers trust by themselves.",
        example="30d",
    )
    hsts_subdomains: bool = setting(
        v.FLAG, False, "What browsers are told holds for all subdomains too.", example="true"
    )
    folder: str = setting(
        v.PATH,
        v.AUTO,
        "Folder where certificates and keys are kept that porch makes or fetches; `auto`: `/var/lib/porch` for root, "
        "else `~/.local/state/porch`.",
        example="/var/lib/shop",
    )
    acme_directory: str = setting(
        v.TEXT,
        "https://acme-v02.api.letsencrypt.org/directory",
        "URL of the authority that issues the certificate; to use it is to accept its terms.",
        example="https://acme-staging-v02.api.letsencrypt.org/directory",
    )
    acme_email: str = setting(v.TEXT, "", "Address that the authority may write to.", example="ada@example.org")
    acme_roots: str = setting(
        v.PATH,
        "",
        "File of the certificates that the authority's own one comes from, in PEM, where browsers do not know it.",
        example="company-ca.pem",
    )
