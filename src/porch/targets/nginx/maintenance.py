"""While somebody works on the app or its data: a page of the user's in place of the app.

Rule: only with `files.maintenance`, and only while the file that switches it on is there, which is looked for at each
request: nginx is not reloaded for it. Files and health go on, so that what watches the site leaves it where it is.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Directive, Expr, Node, block, directive, entry, join
from porch.targets.nginx import errors, limits, security

HTML: LiteralString = "/-/porch/maintenance.html"
JSON: LiteralString = "/-/porch/maintenance.json"
STATUS: int = 561
"""No program answers with it: it leads from a location to the page, which is sent as 503."""
RETRY: int = 60
"""Seconds: such work takes minutes, and a page that is asked for once a minute costs nothing."""
_OBJECT = join(
    Expr('{"status":503,"error":"Service Unavailable","detail":"Maintenance.",'),
    Expr('"request_id":"$request_id"}'),
)


def possible(plan: Plan) -> bool:
    """Whether there is a page for it."""
    return bool(plan.files.maintenance.value)


def maps(plan: Plan) -> list[Node]:
    """The page, or JSON for who is given JSON for errors."""
    if not possible(plan):
        return []
    page = plan.files.maintenance
    rows = [entry(Expr("default"), HTML), entry(errors.JSON, JSON)]
    return [block("map", Expr("$error_page"), Expr("$maintenance_page"), children=rows, setting=page.setting)]


def led(plan: Plan) -> list[Directive]:
    """For `http`, and for a location with error pages of its own."""
    if not possible(plan):
        return []
    setting = plan.files.maintenance.setting
    return [directive("error_page", STATUS, Expr("=503"), Expr("$maintenance_page"), setting=setting)]


def asked(plan: Plan) -> list[Node]:
    """For a location that passes to the app: while the file is there, the page is the answer."""
    return [_while_on(plan, directive("return", STATUS))] * possible(plan)


def ready(plan: Plan) -> list[Node]:
    """For readiness: a balancer that were told of it would take the site out, and its page with it."""
    return [_while_on(plan, directive("return", 200, '{"status":"maintenance"}'))] * possible(plan)


def _while_on(plan: Plan, answer: Directive) -> Node:
    setting = plan.files.maintenance.setting
    return block("if", Expr("(-f"), join(plan.run.maintenance, Expr(")")), children=[answer], setting=setting)


def locations(plan: Plan) -> list[Node]:
    """The page of one server, in its two kinds."""
    if not possible(plan):
        return []
    page = plan.files.maintenance
    added = [
        limits.judged(),
        *security.fixed(plan),
        directive("add_header", "Retry-After", RETRY, "always"),
        directive("add_header", "X-Request-ID", Expr("$request_id"), "always"),
        directive("add_header", "Cache-Control", "no-store", "always"),
    ]
    html = [directive("internal"), directive("alias", page.value, setting=page.setting), *added]
    json = [directive("internal"), directive("default_type", "application/json"), *added]
    return [
        block("location", Expr("="), HTML, children=html, note=page.note, setting=page.setting),
        block("location", Expr("="), JSON, children=[*json, directive("return", 503, _OBJECT)], setting=page.setting),
    ]
