"""Makes certificates for development: a local authority, and certificates that it vouches for.

Rule: every number and field is one that browsers ask for; the keys are made by the library, and are nobody's but ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from porch.certificates import Made

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365
"""Safari takes 825 days of a private authority at most, Mozilla's guideline says 366."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """The curve that every client knows."""
    return ec.generate_private_key(ec.SECP256R1())


def read_key(text: str) -> ec.EllipticCurvePrivateKey:
    """A key of ours, from PEM."""
    key = load_pem_private_key(text.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  # ours is always one
    return key


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Without a passphrase: nginx must read it by itself."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def authority(whose: str) -> Made:
    """An authority of this user's own; `whose` tells it from others in a browser's list."""
    key = new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"porch development, {whose}"[:64])])
    usage = _usage(key_cert_sign=True, crl_sign=True)
    made = (
        _begun(name, name, key.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Made(made.public_bytes(Encoding.PEM).decode(), pem(key))


def leaf(above: Made, names: Sequence[str], own_key: str = "", days: int = LEAF_DAYS) -> Made:
    """A certificate for these names and addresses, with the authority's own after it; for a key of its own, or this."""
    root = x509.load_pem_x509_certificate(above.certificate.encode())
    signer = read_key(above.key)
    key = read_key(own_key) if own_key else new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        _begun(name, root.subject, key.public_key(), days)
        .add_extension(x509.SubjectAlternativeName([general(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)  # type: ignore[arg-type]  # as above
        .sign(signer, hashes.SHA256())
    )
    return Made(made.public_bytes(Encoding.PEM).decode() + above.certificate, pem(key))


def _begun(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    # A clock that is a little behind must not find it in the future.
    begins = datetime.now(UTC) - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    every = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return x509.KeyUsage(**(every | wanted))


def general(name: str) -> x509.GeneralName:
    """A name or an address, as a certificate holds it."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
