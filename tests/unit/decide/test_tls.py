"""HTTPS: where it is, with which certificate, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from decided import DEBIAN, FOLDER, WHEEL, Known, make_facts, plan_of, problems_of
from porch import decide
from porch.certificates import Pair
from porch.errors import Exit, Refused
from porch.facts import Facts

GOOD = Pair(names=("shop.org", "*.shop.org"), until="2027-02-01", days=72, public=True)
FILES = {"tls.certificate": "tls.pem", "tls.key": "key.pem"}
OWN = {"tls.mode": "self-signed"}


def facts(pair: Pair = GOOD, **changes: Any) -> Facts:
    """A machine where the two files are this pair."""
    return make_facts(pairs=Known({(f"{FOLDER}/tls.pem", f"{FOLDER}/key.pem"): pair}), **changes)


FETCHED = {"tls.mode": "acme", "http.domains": "shop.org"}

ADDRESSES: list[tuple[dict[str, object], dict[str, Any], tuple[str, ...], tuple[str, ...]]] = [
    ({}, {}, ("127.0.0.1:8080",), ()),
    (OWN, {}, ("127.0.0.1:8443",), ("127.0.0.1:8080",)),
    (OWN, {"low_ports": True}, ("127.0.0.1:8443",), ("127.0.0.1:8080",)),
    (OWN, {"container": True}, ("0.0.0.0:8443",), ("0.0.0.0:8080",)),
    (FILES, {}, ("0.0.0.0:8443",), ("0.0.0.0:8080",)),
    (FILES, {"low_ports": True}, ("0.0.0.0:443",), ("0.0.0.0:80",)),
    (FILES, {"low_ports": True, "container": True}, ("0.0.0.0:8443",), ("0.0.0.0:8080",)),
    (OWN | {"http.listen": "[::1]:443"}, {}, ("[::1]:443",), ("[::1]:80",)),
    (OWN | {"http.listen": "9443"}, {}, ("127.0.0.1:9443",), ()),
    (OWN | {"http.listen": "80 443"}, {}, ("127.0.0.1:443",), ("127.0.0.1:80",)),
    (OWN | {"http.listen": "8080 8443"}, {}, ("127.0.0.1:8443",), ("127.0.0.1:8080",)),
    (OWN | {"http.listen": "8080"}, {}, ("127.0.0.1:8080",), ()),
    (OWN | {"tls.redirect": "off"}, {}, ("127.0.0.1:8443",), ()),
    (OWN | {"tls.redirect": "81 [::1]:82"}, {}, ("127.0.0.1:8443",), ("127.0.0.1:81", "[::1]:82")),
    (OWN, {"passed": ("0.0.0.0:80", "0.0.0.0:443")}, ("0.0.0.0:443",), ("0.0.0.0:80",)),
    (
        OWN | {"http.listen": "0.0.0.0:443"},
        {"passed": ("0.0.0.0:443", "0.0.0.0:80")},
        ("0.0.0.0:443",),
        ("0.0.0.0:80",),
    ),
    (OWN | {"http.listen": "0.0.0.0:443"}, {"passed": ("0.0.0.0:443",)}, ("0.0.0.0:443",), ()),
    (OWN, {"passed": ("0.0.0.0:443",)}, ("0.0.0.0:443",), ()),
    (FETCHED, {"low_ports": True}, ("0.0.0.0:443",), ("0.0.0.0:80",)),
    (FETCHED, {"container": True}, ("0.0.0.0:8443",), ("0.0.0.0:8080",)),
    (OWN | {"http.listen": "unix:/run/x"}, {}, ("unix:/run/x",), ()),
]


@pytest.mark.parametrize(("given", "machine", "listen", "redirect"), ADDRESSES)
def test_where_https_is_and_what_leads_to_it(
    given: dict[str, object], machine: dict[str, Any], listen: tuple[str, ...], redirect: tuple[str, ...]
) -> None:
    """443 and 80 where this user may, else 8443 and 8080; for development, this machine only."""
    plan = plan_of(given, facts(**machine))
    assert (plan.http.listen.value, plan.tls.redirect.value) == (listen, redirect)


NAMES: list[tuple[dict[str, object], tuple[str, ...]]] = [
    (OWN, ("localhost", "127.0.0.1", "::1")),
    (OWN | {"http.listen": "192.0.2.1:8443"}, ("localhost", "127.0.0.1", "::1", "192.0.2.1")),
    (OWN | {"http.domains": "shop.test"}, ("shop.test",)),
    (FILES, ("shop.org", "*.shop.org")),
    (FILES | {"http.domains": "a.shop.org"}, ("shop.org", "*.shop.org")),
    ({}, ()),
]


@pytest.mark.parametrize(("given", "names"), NAMES)
def test_which_names_the_certificate_is_for(given: dict[str, object], names: tuple[str, ...]) -> None:
    """One of porch's own is for the domains, or for this machine as it calls itself."""
    assert plan_of(given, facts()).tls.names == names


HSTS: list[tuple[dict[str, object], Pair, int, int]] = [
    (FILES, GOOD, 63072000, 0),
    (FILES | {"tls.hsts": "30d"}, GOOD, 2592000, 0),
    (FILES | {"tls.hsts": 0}, GOOD, 0, 0),
    (FILES, replace(GOOD, public=False), 0, 0),
    (FILES | {"tls.hsts": "30d"}, replace(GOOD, public=False), 0, 1),
    (FETCHED, GOOD, 63072000, 0),
    (FETCHED | {"tls.acme_directory": "https://ca.company.test/acme"}, GOOD, 0, 0),
    (FETCHED | {"tls.acme_directory": "https://acme-staging-v02.api.letsencrypt.org/directory"}, GOOD, 0, 0),
    (OWN, GOOD, 0, 0),
    (OWN | {"tls.hsts": "30d"}, GOOD, 0, 1),
]


@pytest.mark.parametrize(("given", "pair", "seconds", "warnings"), HSTS)
def test_browsers_hear_of_https_alone_only_with_a_certificate_that_they_trust(
    given: dict[str, object], pair: Pair, seconds: int, warnings: int
) -> None:
    """Two years, or as said; nothing with a certificate of one's own, and a warning where it was asked for."""
    plan = plan_of(given, facts(pair))
    assert (plan.tls.hsts.value, len([each for each in plan.warnings if "tls.hsts" in each])) == (seconds, warnings)


REFUSED: list[tuple[dict[str, object], Pair, dict[str, Any], str, Exit]] = [
    ({"tls.key": "key.pem"}, GOOD, {}, "tls.certificate is missing: a certificate and its key go together", Exit.USAGE),
    ({"tls.mode": "files"}, GOOD, {}, "tls.certificate is missing: a certificate and its key go together", Exit.USAGE),
    (FILES, Pair("the key has a passphrase", "x"), {}, "the key has a passphrase", Exit.USAGE),
    (FILES | OWN, GOOD, {}, "tls.certificate names a file, but tls.mode is self-signed", Exit.USAGE),
    (
        FILES | {"http.domains": "a.b.shop.org"},
        GOOD,
        {},
        "the certificate is not for a.b.shop.org, but for shop.org *.shop.org",
        Exit.USAGE,
    ),
    (OWN | {"http.listen": "80"}, GOOD, {}, "127.0.0.1:80 is HTTP's own port, where no browser speaks TLS", Exit.USAGE),
    (
        OWN | {"tls.redirect": "8443"},
        GOOD,
        {},
        "127.0.0.1:8443 cannot be for HTTPS and for plain HTTP",
        Exit.USAGE,
    ),
    ({"tls.hsts": "30d"}, GOOD, {}, "tls.hsts is set, but there is no TLS", Exit.USAGE),
    ({"tls.redirect": "80"}, GOOD, {}, "tls.redirect is set, but there is no TLS", Exit.USAGE),
    (
        {"tls.mode": "acme"},
        GOOD,
        {},
        "an authority issues certificates for names, and none is set",
        Exit.USAGE,
    ),
    (
        FETCHED | {"http.domains": "*.shop.org"},
        GOOD,
        {},
        "no authority can be asked for *.shop.org by plain HTTP: it must be the whole name of a site",
        Exit.USAGE,
    ),
    (
        FETCHED | {"tls.redirect": "off"},
        GOOD,
        {},
        "an authority asks by plain HTTP whether a name is this site's, and nothing answers there",
        Exit.USAGE,
    ),
    (
        FETCHED | {"tls.acme_directory": "letsencrypt"},
        GOOD,
        {},
        "letsencrypt is no URL of an authority",
        Exit.USAGE,
    ),
    (FETCHED | {"tls.acme_roots": "ca.pem"}, GOOD, {}, f"there is no file {FOLDER}/ca.pem", Exit.USAGE),
    (OWN, GOOD, {"can_certify": False}, "certificates need packages that are not installed", Exit.MACHINE),
]


@pytest.mark.parametrize(("given", "pair", "machine", "what", "code"), REFUSED)
def test_what_cannot_be_is_refused(
    given: dict[str, object], pair: Pair, machine: dict[str, Any], what: str, code: Exit
) -> None:
    """With the setting, and what to do."""
    first = problems_of(given, facts(pair, **machine))[0]
    assert (first.what, first.exit, bool(first.fix), first.where.startswith(("tls.", "http."))) == (
        what,
        code,
        True,
        True,
    )


def test_a_certificate_that_ends_soon_or_lacks_its_chain_is_warned_of() -> None:
    """Both are served, because a site that some can reach is better than none."""
    warned = plan_of(FILES, facts(replace(GOOD, days=3, chained=False))).warnings
    assert [("ends in 3 days" in each, "whole chain" in each) for each in warned] == [(True, False), (False, True)]


def test_files_without_porch_need_a_certificate_of_files() -> None:
    """What is kept and runs without porch has nobody to make a certificate."""
    kept = decide.kept(plan_of(FILES, facts()), "/srv/deploy")
    assert kept.tls.certificate.value == f"{FOLDER}/tls.pem"
    with pytest.raises(Refused, match=r"need a certificate of files, and tls\.mode is self-signed"):
        decide.kept(plan_of(OWN, facts()), "/srv/deploy")


def test_answers_of_the_app_are_not_compressed_over_tls() -> None:
    """BREACH: the length of an answer would tell of the secrets in it."""
    assert plan_of(OWN, facts()).answers.compression.value == "files"


def test_an_authority_that_asks_at_port_80_must_be_led_here() -> None:
    """Where nginx does not listen there itself it is said; in a container, ports are published."""
    warned = plan_of(FETCHED, facts()).warnings
    assert [each for each in warned if "asks at port 80" in each] == list(warned)
    assert len(warned) == 1
    for machine in ({"low_ports": True}, {"container": True}):
        assert plan_of(FETCHED, facts(**machine)).warnings == ()


def test_an_older_nginx_reads_a_certificate_that_is_renewed_at_each_handshake() -> None:
    """Its reload would cost requests; the newest takes it by a reload, as any does with a certificate of files."""
    assert plan_of(FETCHED, facts(nginx=(DEBIAN,))).renews_by_file
    assert not plan_of(FETCHED, facts(nginx=(WHEEL,))).renews_by_file
    assert not plan_of(FILES, facts(nginx=(DEBIAN,))).renews_by_file
