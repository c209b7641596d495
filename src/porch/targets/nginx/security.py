"""Security headers: each exactly once, on every answer, and the app's own value wins.

Rule: they are added in `http`, through maps that say nothing where the app has said it, and plainly (`fixed`) where
nginx answers by itself; a location that adds a header of its own would drop them, so it repeats them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Directive, Expr, Node, Value, block, directive, entry

HSTS: LiteralString = "Strict-Transport-Security"

SAFE: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)
"""What breaks no app that anyone could name."""

STRICT: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "deny"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Content-Security-Policy",
        "default-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("X-DNS-Prefetch-Control", "off"),
    ("X-Permitted-Cross-Domain-Policies", "none"),
)
"""The list of the OWASP Secure Headers Project, but for those about TLS and caches, which others decide."""

VARIABLES: Mapping[str, tuple[Expr, Expr]] = {
    "X-Content-Type-Options": (Expr("$upstream_http_x_content_type_options"), Expr("$add_x_content_type_options")),
    "X-Frame-Options": (Expr("$upstream_http_x_frame_options"), Expr("$add_x_frame_options")),
    "Referrer-Policy": (Expr("$upstream_http_referrer_policy"), Expr("$add_referrer_policy")),
    "Content-Security-Policy": (Expr("$upstream_http_content_security_policy"), Expr("$add_content_security_policy")),
    "Cross-Origin-Opener-Policy": (
        Expr("$upstream_http_cross_origin_opener_policy"),
        Expr("$add_cross_origin_opener_policy"),
    ),
    "Cross-Origin-Embedder-Policy": (
        Expr("$upstream_http_cross_origin_embedder_policy"),
        Expr("$add_cross_origin_embedder_policy"),
    ),
    "Cross-Origin-Resource-Policy": (
        Expr("$upstream_http_cross_origin_resource_policy"),
        Expr("$add_cross_origin_resource_policy"),
    ),
    "Permissions-Policy": (Expr("$upstream_http_permissions_policy"), Expr("$add_permissions_policy")),
    "X-DNS-Prefetch-Control": (Expr("$upstream_http_x_dns_prefetch_control"), Expr("$add_x_dns_prefetch_control")),
    "X-Permitted-Cross-Domain-Policies": (
        Expr("$upstream_http_x_permitted_cross_domain_policies"),
        Expr("$add_x_permitted_cross_domain_policies"),
    ),
    HSTS: (Expr("$upstream_http_strict_transport_security"), Expr("$add_strict_transport_security")),
}
"""Header -> what the app said, which is empty where nginx answers, and what is added."""

SETS = {"safe": SAFE, "strict": STRICT, "off": ()}


def maps(plan: Plan) -> list[Node]:
    """For each header: nothing where the app has said it, else the default."""
    note = "Added only where the app has not said it."
    return _hsts(plan) + [
        block(
            "map",
            *VARIABLES[name],
            children=[entry(Expr("default"), ""), entry("", value)],
            note=note * (not index),
            setting=setting,
        )
        for index, (name, value, setting) in enumerate(_wanted(plan))
    ]


def _hsts(plan: Plan) -> list[Node]:
    """By plain HTTP nothing is said of HTTPS (RFC 6797, 7.2)."""
    hsts = plan.tls.hsts
    if not hsts.value:
        return []
    told = f"max-age={hsts.value}" + ("; includeSubDomains" if plan.tls.hsts_subdomains.value else "")
    rows: list[Node] = [entry(Expr("default"), ""), entry("on", told)]
    return [block("map", Expr("$https"), Expr("$hsts"), children=rows, note=hsts.note, setting=hsts.setting)]


def added(plan: Plan) -> list[Directive]:
    """The headers; for `http`, and again for each location of the app or of files that adds one of its own."""
    note = plan.answers.security.note
    return [
        directive("add_header", name, VARIABLES[name][1], "always", note=note * (not index), setting=setting)
        for index, (name, _, setting) in enumerate(_wanted(plan))
    ]


def fixed(plan: Plan) -> list[Directive]:
    """The same for a location where nginx answers by itself and adds headers of its own."""
    return [directive("add_header", name, value, "always", setting=setting) for name, value, setting in _wanted(plan)]


def _wanted(plan: Plan) -> list[tuple[LiteralString, Value, str]]:
    """Name, value and setting."""
    security, hsts = plan.answers.security, plan.tls.hsts
    told: list[tuple[LiteralString, Value, str]] = [(HSTS, Expr("$hsts"), hsts.setting)] if hsts.value else []
    wanted: list[tuple[LiteralString, Value, str]] = [
        (name, value, security.setting) for name, value in SETS[security.value]
    ]
    return wanted + told
