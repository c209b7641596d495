"""Reads a certificate, its chain and its key, and says what is wrong with them.

Rule: what OpenSSL would refuse, or a browser, is found here, before anything is started, and said in words.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from porch.certificates import Pair

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def judge(certificate: bytes, key: bytes, path: str, key_path: str) -> Pair:
    """What is known of the two; `path` and `key_path` are for the words alone."""
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        return Pair(f"there is no certificate in {path}", "it must be in PEM: BEGIN CERTIFICATE")
    problem = _of_the_key(chain, key, path, key_path)
    if problem:
        return problem
    own, now = chain[0], datetime.now(UTC)
    begins, ends = own.not_valid_before_utc, own.not_valid_after_utc
    if now < begins:
        what = f"the certificate in {path} is not valid before {begins:%Y-%m-%d %H:%M} UTC"
        return Pair(what, "set the clock of this machine, or take another certificate")
    if now >= ends:
        return Pair(f"the certificate in {path} ended on {ends:%Y-%m-%d %H:%M} UTC", "renew it")
    found = names(own)
    if not found:
        what = f"the certificate in {path} is for no name: browsers read its subjectAltName alone"
        return Pair(what, "have one issued that names the site")
    return Pair(
        names=found,
        until=f"{ends:%Y-%m-%d}",
        days=(ends - now).days,
        public=public(chain),
        chained=len(chain) > 1 or own.issuer == own.subject,
    )


def _of_the_key(chain: list[x509.Certificate], key: bytes, path: str, key_path: str) -> Pair | None:
    """What is wrong with the key, or with the order of the file."""
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError:
        return Pair(f"the key in {key_path} has a passphrase", f"openssl pkey -in {key_path} -out a file without one")
    except (ValueError, UnsupportedAlgorithm):
        return Pair(f"there is no private key in {key_path}", "it must be in PEM: BEGIN PRIVATE KEY")
    wanted = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    held = [each.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in chain]
    if held[0] == wanted:
        return None
    if wanted in held:
        return Pair(f"the site's own certificate is not the first in {path}", "put it first, those above it after it")
    return Pair(f"the key in {key_path} is not that of the certificate in {path}", "name the two that belong together")


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """DNS names, then addresses; the common name counts for nothing (RFC 9110, 4.3.4)."""
    try:
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = tuple(name.lower() for name in said.get_values_for_type(x509.DNSName))
    return hosts + tuple(str(each) for each in said.get_values_for_type(x509.IPAddress))


def public(chain: list[x509.Certificate]) -> bool:
    """Whether the chain ends at one of Mozilla's roots: a company's own, or a local one, is not among them."""
    for name in names(chain[0]):
        subject = _subject(name.replace("*", "any", 1))
        if subject is None:
            continue
        try:
            PolicyBuilder().store(Store(_roots())).build_server_verifier(subject).verify(chain[0], chain[1:])
        except VerificationError:
            return False
        return True
    return False


def _roots() -> list[x509.Certificate]:
    """Mozilla's list. Some of its oldest break a rule of today's, and are left out one by one."""
    found: list[x509.Certificate] = []
    for part in Path(certifi.where()).read_bytes().split(_BEGIN)[1:]:
        with warnings.catch_warnings(), suppress(ValueError, CryptographyDeprecationWarning):
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            found.append(x509.load_pem_x509_certificate(_BEGIN + part))
    return found


def _subject(name: str) -> x509.DNSName | x509.IPAddress | None:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError:
        return None
