"""HTTPS: the certificate, the addresses, and what browsers are told.

Rule: a certificate that some browser would refuse is refused here; browsers are told to use nothing but HTTPS only
where they trust the certificate by themselves, because they do not forget it.
"""

from __future__ import annotations

from typing import cast

from porch.certificates import MISSING, Pair, covered
from porch.decide.desk import Desk
from porch.errors import Exit, counted
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.tls import TlsMode, TlsPlan
from porch.values import AUTO, OFF, show_seconds

PLAIN = {"443": "80", "8443": "8080"}
"""Port of HTTPS -> the port of plain HTTP that leads to it."""
PUBLIC = (
    "https://acme-v02.api.letsencrypt.org/directory",
    "https://acme.zerossl.com/v2/DV90",
    "https://dv.acme-v02.api.pki.goog/directory",
    "https://acme.ssl.com/sslcom-dv-rsa",
    "https://acme.ssl.com/sslcom-dv-ecc",
)
"""Authorities whose roots browsers know, as far as they speak ACME to anyone."""
LONG = 730 * 86400
"""What Mozilla's guideline asks for, and the lists of browsers."""
NONE = "there is no TLS"
SOON = 14
"""Days before the end of a certificate that it is warned of."""


def on(desk: Desk) -> bool:
    """Whether there is TLS at all."""
    return mode(desk) != OFF


def mode(desk: Desk) -> TlsMode:
    """Where the certificate comes from."""
    wanted = desk.settings.tls
    if desk.settings.run.part == "app":
        # TLS is nginx's, which runs elsewhere.
        return "off"
    if wanted.mode != AUTO:
        return cast("TlsMode", wanted.mode)
    return "files" if wanted.certificate or wanted.key else "off"


def home(desk: Desk) -> tuple[str, str, str]:
    """Host and port to listen on where nothing was said, and why."""
    machine = desk.facts.machine
    if machine.container:
        return "0.0.0.0", "8443" if on(desk) else "8080", "in a container: every address"  # noqa: S104  # its own network
    if not on(desk):
        return "127.0.0.1", "8080", "this machine only"
    if mode(desk) == "self-signed":
        return "127.0.0.1", "8443", "this machine only"
    port = "443" if machine.low_ports else "8443"
    return "0.0.0.0", port, "a site with a certificate is for everyone"  # noqa: S104  # said, and why


def plain(desk: Desk, listen: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the addresses that are for plain HTTP, because it is HTTP's own port."""
    if not on(desk):
        return ()
    beside = any(_port(each) == "8443" for each in listen)
    return tuple(each for each in listen if _port(each) == "80" or (beside and _port(each) == "8080"))


def _port(address: str) -> str:
    return "" if address.startswith("unix:") else address.rpartition(":")[2]


def decide(desk: Desk, listen: tuple[str, ...], plain_too: tuple[str, ...]) -> TlsPlan:
    """Everything about HTTPS; `plain_too` are addresses of `http.listen` that were meant for plain HTTP."""
    wanted, chosen = desk.settings.tls, mode(desk)
    pair = _files(desk) if chosen == "files" else Pair(names=_names(desk, listen))
    if chosen == OFF and desk.settings.run.part != "app" and desk.settings.tls.mode != OFF:
        _without(desk)
    if chosen not in (OFF, "files"):
        _of_porch(desk, chosen)
    if chosen == "acme":
        _of_authority(desk)
    return TlsPlan(
        mode=desk.chosen("tls.mode", chosen, _why(desk, chosen)),
        certificate=desk.chosen("tls.certificate", _path(desk, wanted.certificate), _about(chosen, pair)),
        key=desk.chosen("tls.key", _path(desk, wanted.key), _of_key(chosen)),
        names=pair.names,
        redirect=_redirect(desk, listen, plain_too),
        profile=desk.chosen("tls.profile", wanted.profile, NONE if chosen == OFF else _profile(wanted.profile)),
        hsts=_hsts(desk, pair),
        folder=_folder(desk),
        acme_directory=desk.chosen("tls.acme_directory", wanted.acme_directory, _asked(chosen)),
        acme_email=desk.chosen("tls.acme_email", wanted.acme_email, _asked(chosen)),
        acme_roots=desk.chosen("tls.acme_roots", _path(desk, wanted.acme_roots), _asked(chosen)),
        hsts_subdomains=desk.chosen("tls.hsts_subdomains", wanted.hsts_subdomains, AS_SET),
    )


def _names(desk: Desk, listen: tuple[str, ...]) -> tuple[str, ...]:
    """What a certificate of porch's own is for: the domains, else this machine as it calls itself."""
    if not on(desk):
        return ()
    hosts = [each.rpartition(":")[0].strip("[]") for each in listen if not each.startswith("unix:")]
    own = [each for each in hosts if each not in ("0.0.0.0", "::")]  # noqa: S104  # compared
    return desk.settings.http.domains or tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", *own)))


def _folder(desk: Desk) -> Chosen[str]:
    key, wanted = "tls.folder", desk.settings.tls.folder
    if wanted != AUTO:
        return desk.chosen(key, desk.path(wanted), AS_SET)
    return desk.chosen(key, desk.facts.state_folder, "one for all instances of this user")


def _of_porch(desk: Desk, chosen: TlsMode) -> None:
    """What must hold where porch itself makes the certificate."""
    wanted = desk.settings.tls
    for key, text in (("tls.certificate", wanted.certificate), ("tls.key", wanted.key)):
        if text:
            desk.refuse(key, f"{key} names a file, but tls.mode is {chosen}", "take one of the two out")
    if not desk.facts.machine.can_certify:
        desk.refuse("tls.mode", "certificates need packages that are not installed", MISSING, Exit.MACHINE)


def _asked(chosen: TlsMode) -> str:
    return AS_SET if chosen == "acme" else "no authority is asked"


def _of_authority(desk: Desk) -> None:
    """What an authority asks of names, and of the way to them (RFC 8555, 8.3)."""
    domains, wanted = desk.settings.http.domains, desk.settings.tls
    if not domains:
        desk.refuse("http.domains", "an authority issues certificates for names, and none is set", "set http.domains")
    for name in domains:
        if name.startswith("*") or "." not in name or name.replace(".", "").isdigit():
            what = f"no authority can be asked for {name} by plain HTTP: it must be the whole name of a site"
            desk.refuse("http.domains", what, "name each site, or have the certificate from elsewhere: tls.mode files")
    if not wanted.acme_directory.startswith("https://"):
        desk.refuse(
            "tls.acme_directory", f"{wanted.acme_directory} is no URL of an authority", "it begins with https://"
        )
    if wanted.acme_roots and not desk.facts.places[desk.path(wanted.acme_roots)].exists:
        desk.refuse("tls.acme_roots", f"there is no file {desk.path(wanted.acme_roots)}", "check the path")


def _profile(name: str) -> str:
    versions = "TLS 1.2 and 1.3" if name == "intermediate" else "TLS 1.3 alone"
    return f"Mozilla's guideline 6.0, {name}: {versions}"


def _why(desk: Desk, chosen: TlsMode) -> str:
    if desk.is_said("tls.mode"):
        return AS_SET
    return "no certificate is named" if chosen == OFF else "a certificate is named"


def _path(desk: Desk, text: str) -> str:
    return desk.path(text) if text else ""


def _about(chosen: TlsMode, pair: Pair) -> str:
    if chosen == OFF:
        return NONE
    return f"for {' '.join(pair.names)}" + (f", until {pair.until}" if pair.until else "")


def _of_key(chosen: TlsMode) -> str:
    return NONE if chosen == OFF else "handed to nginx only while nginx reads it"


def _without(desk: Desk) -> None:
    """What was said of TLS is for nothing where there is none; silence would let someone believe that there is."""
    for key in ("tls.certificate", "tls.key", "tls.redirect", "tls.hsts", "tls.hsts_subdomains"):
        section, _, name = key.partition(".")
        if desk.is_said(key) and getattr(getattr(desk.settings, section), name) not in (OFF, 0, "", AUTO, False):
            desk.refuse(key, f"{key} is set, but there is no TLS", "name tls.certificate and tls.key, or take it out")


def _files(desk: Desk) -> Pair:
    """The certificate that the user names."""
    wanted = desk.settings.tls
    for key, text, other in (("tls.certificate", wanted.certificate, "key"), ("tls.key", wanted.key, "certificate")):
        if not text:
            desk.refuse(key, f"{key} is missing: a certificate and its key go together", f"name it beside tls.{other}")
    if not (wanted.certificate and wanted.key):
        return Pair()
    pair = desk.facts.pairs[desk.path(wanted.certificate), desk.path(wanted.key)]
    if pair.problem:
        desk.refuse("tls.certificate", pair.problem, pair.fix, Exit.MACHINE if pair.fix == MISSING else Exit.USAGE)
        return pair
    for name in desk.settings.http.domains:
        if not covered(name, pair.names):
            what = f"the certificate is not for {name}, but for {' '.join(pair.names)}"
            desk.refuse("tls.certificate", what, f"take {name} out of http.domains, or have it in the certificate")
    if pair.days < SOON:
        desk.warnings.append(
            f"the certificate ends in {counted(pair.days, 'day')}, on {pair.until}: renew it, then `porch reload`"
        )
    if not pair.chained:
        desk.warnings.append(
            f"{wanted.certificate} holds the site's certificate alone: clients that do not know the one above it will "
            "refuse the site; use the file with the whole chain (fullchain.pem)"
        )
    return pair


def _redirect(desk: Desk, listen: tuple[str, ...], plain_too: tuple[str, ...]) -> Chosen[tuple[str, ...]]:
    found = _led(desk, listen, plain_too)
    if mode(desk) == "acme":
        if not found.value:
            what = "an authority asks by plain HTTP whether a name is this site's, and nothing answers there"
            desk.refuse(found.setting, what, "name an address of plain HTTP with --tls-redirect, such as 80")
        elif not desk.facts.machine.container and not any(_port(each) == "80" for each in found.value):
            desk.warnings.append(
                f"the authority asks at port 80 of each domain, and plain HTTP is answered at {found.value[0]}: "
                "something must lead port 80 there"
            )
    return found


def beside(desk: Desk, listen: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of plain HTTP that are said, or that go with those of HTTPS; of systemd's, what is there."""
    wanted, passed = desk.settings.tls.redirect, desk.facts.machine.passed
    if not on(desk) or wanted == OFF:
        return ()
    if wanted != AUTO:
        return tuple(f"{home(desk)[0]}:{each}" if each.isdigit() else each for each in cast("tuple[str, ...]", wanted))
    pairs = tuple(f"{each.removesuffix(_port(each))}{PLAIN[_port(each)]}" for each in listen if _port(each) in PLAIN)
    return tuple(each for each in pairs if not passed or each in passed)


def _led(desk: Desk, listen: tuple[str, ...], plain_too: tuple[str, ...]) -> Chosen[tuple[str, ...]]:
    key, wanted = "tls.redirect", desk.settings.tls.redirect
    if not on(desk) or wanted == OFF:
        if plain_too:
            desk.refuse(key, f"{plain_too[0]} is HTTP's own port, and nothing may answer there", "take one of them out")
        return desk.chosen(key, (), "plain HTTP is not answered" if on(desk) else NONE)
    led = beside(desk, listen)
    both = set(led) & set(listen)
    if both:
        desk.refuse(key, f"{min(both)} cannot be for HTTPS and for plain HTTP", "choose another port for one")
    return desk.chosen(key, tuple(dict.fromkeys((*plain_too, *led))), "plain HTTP is led to HTTPS")


def _hsts(desk: Desk, pair: Pair) -> Chosen[int]:
    key, wanted = "tls.hsts", desk.settings.tls.hsts
    if not on(desk) or wanted == 0:
        return desk.chosen(key, 0, "as set" if on(desk) else NONE)
    if not (pair.public or (mode(desk) == "acme" and desk.settings.tls.acme_directory in PUBLIC)):
        if wanted != AUTO:
            desk.warnings.append(
                f"{key} is not said to browsers: they do not trust this certificate by themselves, "
                "and would be locked out"
            )
        return desk.chosen(key, 0, "browsers do not trust the certificate by themselves, so they are told nothing")
    seconds = LONG if wanted == AUTO else cast("int", wanted)
    return desk.chosen(key, seconds, f"browsers use nothing but HTTPS for {show_seconds(seconds)}")
