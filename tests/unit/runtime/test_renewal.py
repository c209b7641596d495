"""When a certificate is renewed, and how long is waited after a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from porch.certificates import Made, making
from porch.runtime.certify import SPREAD, Order, due, from_json, kept
from porch.runtime.renewal import FIRST, LONGEST, pause_after

HOUR = 3600.0


def of_age(hours: float, life: float, serial: int = 1) -> Made:
    """A certificate that began so many hours ago."""
    begins, key = datetime.now(UTC) - timedelta(hours=hours), making.new_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(hours=life))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.test")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Made(made.public_bytes(Encoding.PEM).decode(), making.pem(key))


DUE: list[tuple[float, float, float]] = [(0, 90, 60), (30, 90, 30), (59, 90, 1), (60, 90, 0), (89, 90, 0), (91, 90, 0)]


@pytest.mark.parametrize(("age", "life", "left"), DUE)
def test_a_certificate_is_renewed_at_two_thirds_of_its_life(age: float, life: float, left: float) -> None:
    """Or a little before, the same little each time that one is looked at."""
    made = of_age(age, life, serial=1000)
    assert due(made, ("shop.test",)) == pytest.approx(left * HOUR, abs=5)
    early = of_age(age, life, serial=1999)
    spread = left * HOUR - due(early, ("shop.test",))
    assert 0 <= spread <= SPREAD * life * HOUR
    assert (spread > 0) == (left > 0)


def test_what_is_not_for_the_names_or_not_good_is_due_at_once() -> None:
    """Nothing at all, another name, another key."""
    made = of_age(1, 90)
    assert due(Made("", ""), ("shop.test",)) == 0
    assert due(made, ("shop.test", "www.shop.test")) == 0
    assert due(Made(made.certificate, making.pem(making.new_key())), ("shop.test",)) == 0


def test_failures_are_tried_again_after_a_growing_pause() -> None:
    """From a minute to six hours, spread by a tenth."""
    pauses = [pause_after(failures, 0.5) for failures in range(12)]
    assert pauses[:4] == [FIRST, FIRST * 2, FIRST * 4, FIRST * 8]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause_after(10**6, 0.5) == LONGEST
    assert (pause_after(0, 0.0), pause_after(0, 1.0)) == pytest.approx((FIRST * 0.9, FIRST * 1.1))


def test_an_order_is_handed_on_as_one_word() -> None:
    """What the resident process was told reaches the child as it is."""
    order = Order(("a.test", "b.test"), "https://ca/dir", "", "/ca.pem", "/state", "/run/acme", ("/c", "/k"), True)
    assert from_json(order.to_json()) == order


def test_certificates_of_other_names_or_authorities_lie_apart() -> None:
    """A change of either fetches another, and what was fetched before stays."""
    places = {
        kept("/state", directory, names)
        for directory in ("https://one/dir", "https://two/dir")
        for names in (("a.test",), ("a.test", "b.test"), ("b.test",))
    }
    assert len(places) == 6
    assert all(place.is_relative_to(Path("/state/acme")) for place in places)
