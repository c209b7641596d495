"""Certificates: what is read of them, what is wrong with them, and those that porch makes itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.verification import PolicyBuilder, Store

from porch.certificates import MISSING, Made, Pair, Pairs, covered, making, reading

AUTHORITY = making.authority("ada@desk")
LEAF = making.leaf(AUTHORITY, ("shop.test", "*.shop.test", "127.0.0.1", "::1"))
OTHER = making.leaf(AUTHORITY, ("other.test",))


def judge(certificate: str, key: str) -> Pair:
    """What is known of the two."""
    return reading.judge(certificate.encode(), key.encode(), "c.pem", "k.pem")


def spanning(begins: int, ends: int) -> Made:
    """A certificate from so many days before or after today to so many."""
    now, key, name = datetime.now(UTC), making.new_key(), x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    return Made(made.public_bytes(Encoding.PEM).decode(), making.pem(key))


def test_what_porch_makes_is_good() -> None:
    """The pair belongs together, is for its names, has its chain, and lasts as long as browsers take."""
    found = judge(LEAF.certificate, LEAF.key)
    assert (found.problem, found.chained, found.public) == ("", True, False)
    assert found.names == ("shop.test", "*.shop.test", "127.0.0.1", "::1")
    assert found.days == 364


def test_what_porch_makes_is_taken_by_who_trusts_the_authority() -> None:
    """By the rules that browsers follow, for a name and for an address."""
    chain = x509.load_pem_x509_certificates(LEAF.certificate.encode())
    store = Store([x509.load_pem_x509_certificate(AUTHORITY.certificate.encode())])
    for subject in (x509.DNSName("any.shop.test"), x509.DNSName("shop.test")):
        PolicyBuilder().store(store).build_server_verifier(subject).verify(chain[0], [])


def test_the_authority_can_vouch_for_sites_alone() -> None:
    """It is an authority, and none below it can be one."""
    own = x509.load_pem_x509_certificate(AUTHORITY.certificate.encode())
    limits = own.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.value.ca, limits.value.path_length, limits.critical) == (True, 0, True)


def passphrase() -> str:
    """The leaf's key, locked."""
    key = load_pem_private_key(LEAF.key.encode(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


def turned_round() -> str:
    """The authority first, the site's own after it."""
    own, _, above = LEAF.certificate.partition("-----END CERTIFICATE-----\n")
    return above + own + "-----END CERTIFICATE-----\n"


PROBLEMS: list[tuple[str, str, str]] = [
    ("", LEAF.key, "there is no certificate in c.pem"),
    (LEAF.key, LEAF.key, "there is no certificate in c.pem"),
    (LEAF.certificate, "", "there is no private key in k.pem"),
    (LEAF.certificate, LEAF.certificate, "there is no private key in k.pem"),
    (LEAF.certificate, OTHER.key, "the key in k.pem is not that of the certificate in c.pem"),
    (LEAF.certificate, passphrase(), "the key in k.pem has a passphrase"),
    (turned_round(), LEAF.key, "the site's own certificate is not the first in c.pem"),
]


@pytest.mark.parametrize(("certificate", "key", "problem"), PROBLEMS)
def test_what_is_wrong_is_said(certificate: str, key: str, problem: str) -> None:
    """In words that name the file, and with what to do."""
    found = judge(certificate, key)
    assert found.problem == problem
    assert found.fix


DATES = [(-9, -1, "ended on"), (1, 9, "is not valid before"), (-1, 9, "is for no name")]


@pytest.mark.parametrize(("begins", "ends", "words"), DATES)
def test_a_certificate_is_for_its_days_and_names(begins: int, ends: int, words: str) -> None:
    """Before them, after them, and without a name it is refused."""
    made = spanning(begins, ends)
    assert words in judge(made.certificate, made.key).problem


def test_a_certificate_without_the_one_above_it_is_seen() -> None:
    """Clients that do not know that one would refuse the site."""
    alone = LEAF.certificate.partition("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    assert not judge(alone, LEAF.key).chained


COVERED = [
    ("shop.test", ("shop.test",), True),
    ("a.shop.test", ("*.shop.test",), True),
    ("a.b.shop.test", ("*.shop.test",), False),
    ("shop.test", ("*.shop.test",), False),
    ("*.shop.test", ("*.shop.test",), True),
    ("test", ("*.", "*"), False),
]


@pytest.mark.parametrize(("name", "names", "good"), COVERED)
def test_a_wildcard_stands_for_one_label(name: str, names: tuple[str, ...], good: bool) -> None:
    """No more and no less."""
    assert covered(name, names) is good


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """With the path that was named; a pair is read once."""
    pairs = Pairs()
    missing = str(tmp_path / "none.pem")
    assert pairs[missing, missing].problem == f"cannot read {missing}: No such file or directory"
    (tmp_path / "c.pem").write_text(LEAF.certificate)
    (tmp_path / "k.pem").write_text(LEAF.key)
    names = (str(tmp_path / "c.pem"), str(tmp_path / "k.pem"))
    found = pairs[names]
    assert found.names[0] == "shop.test"
    (tmp_path / "k.pem").unlink()
    assert pairs[names] is found
    assert list(pairs) == [(missing, missing), names]
    assert MISSING.startswith("pip install")


def test_a_chain_to_a_public_root_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Public is what ends at a root of the list: the same chain is none as long as its root is not on it."""
    assert not judge(LEAF.certificate, LEAF.key).public
    listed = tmp_path / "list.pem"
    listed.write_text(Path(certifi.where()).read_text() + AUTHORITY.certificate)
    monkeypatch.setattr(certifi, "where", lambda: str(listed))
    assert judge(LEAF.certificate, LEAF.key).public


def test_keys_are_of_the_curve_that_every_client_knows() -> None:
    """P-256, and each certificate has a key of its own."""
    keys = [load_pem_private_key(each.key.encode(), None) for each in (LEAF, OTHER)]
    assert [isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name for key in keys] == ["secp256r1"] * 2
    assert LEAF.key != OTHER.key
