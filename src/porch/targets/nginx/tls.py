"""HTTPS: Mozilla's guideline, the certificate, and what plain HTTP is answered.

Rule: who comes by plain HTTP is led to HTTPS only for a name of the site; a handshake for any other name is refused
where the names are known, so that nobody is shown a certificate that is not theirs.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Arg, Directive, Expr, Node, Value, block, directive, entry, join
from porch.targets.nginx import errors, instead, upgrades

HTTP2_ALONE = (1, 25, 1)
"""`http2 on`; before, it is a word of `listen` (changes with nginx 1.25.1)."""

POST_QUANTUM = (3, 5)
"""X25519MLKEM768: changes with OpenSSL 3.5."""

CHALLENGES: LiteralString = "/.well-known/acme-challenge/"

STREAMS: int = 128
"""Of one HTTP/2 connection at once."""

CIPHERS: LiteralString = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
CURVES: LiteralString = "X25519:prime256v1:secp384r1"


def everywhere(plan: Plan) -> list[Node]:
    """What holds for every connection, whatever the name."""
    tls, profile = plan.tls, plan.tls.profile
    if not tls.on:
        return []
    modern = profile.value == "modern"
    versions: tuple[LiteralString, ...] = ("TLSv1.3",) if modern else ("TLSv1.2", "TLSv1.3")
    curves = join("X25519MLKEM768:", CURVES) if plan.nginx.openssl >= POST_QUANTUM else CURVES
    nodes: list[Node] = [directive("ssl_protocols", *versions, note=profile.note, setting=profile.setting)]
    if not modern:
        nodes.append(directive("ssl_ciphers", CIPHERS, setting=profile.setting))
    nodes += [
        directive("ssl_prefer_server_ciphers", False, setting=profile.setting),
        directive("ssl_ecdh_curve", curves, setting=profile.setting),
        directive("ssl_session_cache", "shared:tls:10m", setting=tls.mode.setting),
        directive("ssl_session_timeout", "1d", setting=tls.mode.setting),
        directive(
            "ssl_session_tickets",
            False,
            note="Their key would stay the same for as long as nginx runs, and open what was recorded before.",
            setting=tls.mode.setting,
        ),
    ]
    if _http2(plan):
        if plan.nginx.version >= HTTP2_ALONE:
            nodes.append(directive("http2", True, setting=tls.mode.setting))
        nodes.append(directive("http2_max_concurrent_streams", STREAMS, setting=tls.mode.setting))
    return nodes


def _http2(plan: Plan) -> bool:
    return "http_v2" in plan.nginx.modules


def listen(plan: Plan, *, default: bool) -> list[Node]:
    """Where the site is reached."""
    words = ["default_server"] if default else []
    if plan.tls.on:
        words += ["ssl"]
        if _http2(plan) and plan.nginx.version < HTTP2_ALONE:
            words += ["http2"]
    each = plan.http.listen
    return [directive("listen", address, *words, setting=each.setting) for address in each.value]


def certificate(plan: Plan) -> list[Node]:
    """The two files, where nginx finds them."""
    tls, run = plan.tls, plan.run
    if not tls.on:
        return []
    own: Value = run.certificate if run.generation else tls.certificate.value
    key: Value = run.key if run.generation else tls.key.value
    if plan.renews_by_file:
        own, key = Expr("$certificate"), Expr("$certificate_key")
    return [
        directive("ssl_certificate", own, note=tls.certificate.note, setting=tls.certificate.setting),
        directive("ssl_certificate_key", key, setting=tls.key.setting),
    ]


def refused(plan: Plan) -> list[Node]:
    """For the server of unknown names."""
    if not plan.tls.on:
        return []
    note = "No handshake for another name, or for none."
    return [directive("ssl_reject_handshake", True, note=note, setting=plan.tls.mode.setting)]


def slips(plan: Plan) -> list[Node]:
    """Plain HTTP on HTTPS's own port: nginx calls it 497. One page of a server's own hides all others, so all stand."""
    if not plan.tls.on:
        return []
    target = join(Expr("https://$host:$server_port$request_uri"))
    note = "Plain HTTP on this port is led to HTTPS."
    own = directive("error_page", 497, "=308", target, note=note, setting=plan.tls.mode.setting)
    return [own, *errors.pages(), *instead.led(plan), *upgrades.everywhere(plan)]


def maps(plan: Plan) -> list[Node]:
    """The variables of what is said here."""
    return [*_by_file(plan), *_https_port(plan)]


def _by_file(plan: Plan) -> list[Node]:
    if not plan.renews_by_file:
        return []
    note = "A file that is named by a variable is read at each handshake, so that a new one needs no reload."
    pairs = ((Expr("$certificate"), plan.run.certificate), (Expr("$certificate_key"), plan.run.key))
    return [
        block(
            "map",
            Expr("$ssl_server_name"),
            variable,
            children=[entry(Expr("default"), path)],
            note=note * (not index),
            setting=plan.tls.mode.setting,
        )
        for index, (variable, path) in enumerate(pairs)
    ]


def _https_port(plan: Plan) -> list[Node]:
    """`$https_port`, where it takes two looks to tell."""
    if not plan.tls.redirect.value or _known_port(plan) is not None:
        return []
    return [
        block(
            "map",
            Expr("$http_host"),
            Expr("$https_port"),
            children=[entry(Expr("default"), ""), entry(Expr('"~:[0-9]+$"'), join(":", _port(plan)))],
            note="Who came by HTTP's own port, through a port that is published, finds HTTPS on its own port too.",
            setting=plan.tls.redirect.setting,
        )
    ]


def _port(plan: Plan) -> str:
    """The first port of HTTPS."""
    ports = [each.rpartition(":")[2] for each in plan.http.listen.value if not each.startswith("unix:")]
    return "443" if "443" in ports or not ports else ports[0]


def _known_port(plan: Plan) -> str | None:
    """What follows the host; None where it depends on how the client came."""
    if _port(plan) == "443":
        return ""
    if any(each.endswith(":80") for each in plan.tls.redirect.value):
        return f":{_port(plan)}"
    return None


def plain(plan: Plan, health: list[Node]) -> list[Node]:
    """The servers of plain HTTP: they lead to HTTPS, and tell of health; nothing of the site is there."""
    tls = plan.tls
    if not tls.redirect.value:
        return []
    setting, names = tls.redirect.setting, plan.http.domains.value or tls.names
    other = block(
        "server",
        children=[
            *_plain_listen(plan, ("default_server",)),
            directive("server_name", "", setting=setting),
            *health,
            *errors.locations(plan),
            block("location", "/", children=[directive("return", 421)]),
        ],
        note="Plain HTTP for a host that is none of the site's names.",
        setting=setting,
    )
    known = block(
        "server",
        children=[
            *_plain_listen(plan, ()),
            directive("server_name", *map(_host, names), setting=setting),
            *health,
            *errors.locations(plan),
            *_challenges(plan),
            block("location", "/", children=[directive("return", 308, _target(plan))]),
        ],
        note="Plain HTTP is led to HTTPS.",
        setting=setting,
    )
    return [other, known]


def _challenges(plan: Plan) -> list[Node]:
    """Files of one line, each there for a few seconds; a folder of its own, and the one form of it that is safe."""
    tls = plan.tls
    if tls.mode.value != "acme":
        return []
    children: list[Node] = [
        directive("alias", f"{plan.run.challenges}/", setting=tls.mode.setting),
        directive("disable_symlinks", True, setting=tls.mode.setting),
        directive("default_type", "text/plain"),
    ]
    note = "What an authority reads that asks whether this name is this site's (RFC 8555, 8.3)."
    return [block("location", Expr("^~"), CHALLENGES, children=children, note=note, setting=tls.mode.setting)]


def _host(name: str) -> str:
    """As a client writes it: an address of IPv6 in brackets."""
    return f"[{name}]" if ":" in name else name


def _target(plan: Plan) -> Arg:
    port = _known_port(plan)
    if port is None:
        return join(Expr("https://$host$https_port$request_uri"))
    return join(Expr("https://$host"), port, Expr("$request_uri"))


def _plain_listen(plan: Plan, words: tuple[LiteralString, ...]) -> list[Directive]:
    redirect = plan.tls.redirect
    return [directive("listen", address, *words, setting=redirect.setting) for address in redirect.value]
