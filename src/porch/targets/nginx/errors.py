"""What nginx says when it, not the app, has to answer: small pages, for people or for programs.

Rule: only errors of nginx's own get a page, the app's answers pass as they are; a page never says what is inside, only
what happened, what to do, and the id that is in the logs.
"""

from __future__ import annotations

import math
from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Expr, Node, Value, block, directive, entry, join
from porch.targets.nginx import limits, security

HTML: LiteralString = "/-/porch/error.html"
JSON: LiteralString = "/-/porch/error.json"
"""Internal: from outside they are 404. Paths, not named locations: a request that could not be read has no path yet,
and nginx leads such a one to no named location."""

RETRY: int = 5
"""Seconds: a new worker is there by then."""

OWN: tuple[int, ...] = (400, 403, 404, 405, 411, 413, 414, 415, 421, 429, 494, 500, 501, 503, 504, 505)
"""What nginx says by itself. Not 408, at which it closes without a word; not 412 and 416, whose headers matter more."""

TITLES: tuple[tuple[int, LiteralString], ...] = (
    (400, "Bad Request"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (411, "Length Required"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (421, "Misdirected Request"),
    (429, "Too Many Requests"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
)

ADVICE: tuple[tuple[int, LiteralString], ...] = (
    (413, "What was sent is larger than this site accepts."),
    (421, "This site does not answer for the name in the request."),
    (429, "Too much was asked at once. Please wait a moment."),
    (500, "Something went wrong on this side. Please try again later."),
    (502, "The application behind this site broke off. Please try again."),
    (503, "This site is not available at the moment. Please try again soon."),
    (504, "The application behind this site took too long."),
)

_PAGE = join(
    Expr('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>$error_title</title></head>'),
    Expr("<body><h1>$status $error_title</h1><p>$error_advice</p><p>Request: $request_id</p></body></html>"),
)
_OBJECT = join(
    Expr('{"status":$status,"error":"$error_title",'), Expr('"detail":"$error_advice","request_id":"$request_id"}')
)


def maps(plan: Plan) -> list[Node]:
    """What the pages say, and which of them a client is given; read only when there is an error."""
    titles = ((status, title) for status, title in TITLES)
    return [
        _map(Expr("$status"), Expr("$error_title"), (Expr("default"), "Error"), *titles, note="Pages for errors."),
        _map(Expr("$status"), Expr("$error_advice"), (Expr("default"), "This request cannot be answered."), *ADVICE),
        _map(
            Expr("$status"),
            Expr("$retry_after"),
            (Expr("default"), ""),
            (429, _wait(plan)),
            *((status, RETRY) for status in (502, 503, 504)),
            note="Seconds after which it is worth to ask again.",
        ),
        _map(Expr("$status"), Expr("$error_html"), (Expr("default"), _PAGE)),
        _map(Expr("$status"), Expr("$error_json"), (Expr("default"), _OBJECT)),
        _map(
            Expr("$http_accept"),
            Expr("$error_page"),
            (Expr("default"), HTML),
            (Expr('"~*^(?!.*text/html).*[/+]json"'), JSON),
            note="JSON for who asks for it and for no page.",
        ),
        _map(
            Expr("$upstream_connect_time"),
            Expr("$app_away"),
            (Expr("default"), ""),
            (Expr('"~^[-:, ]+$"'), 1),
            note="The app took no connection: it is not there, or has too much to do.",
        ),
    ]


def _map(source: Expr, variable: Expr, *rows: tuple[Value, Value], note: str = "") -> Node:
    return block("map", source, variable, children=[entry(key, value) for key, value in rows], note=note)


def _wait(plan: Plan) -> int:
    """Seconds until the slowest of the rates lets another request through."""
    return max((_interval(rate) for _, rate, _ in limits.rates(plan)), default=1)


def _interval(rate: str) -> int:
    count, _, unit = rate.partition("/")
    return math.ceil(60 / int(count)) if unit == "m" else 1


def pages() -> list[Node]:
    """Which errors the pages answer; a location with an `error_page` of its own would drop all of these."""
    return [
        directive("error_page", *OWN, Expr("$error_page")),
        directive("error_page", 502, Expr("="), Expr("$error_page"), note="The page itself tells 502 from 503."),
    ]


def locations(plan: Plan) -> list[Node]:
    """The pages of one server."""
    note = "Pages for nginx's own errors. Their status is that of the error, but for a 502."
    return [
        block("location", Expr("="), HTML, children=_page(plan, "text/html", Expr("$error_html")), note=note),
        block("location", Expr("="), JSON, children=_page(plan, "application/json", Expr("$error_json"))),
    ]


def _page(plan: Plan, kind: LiteralString, text: Expr) -> list[Node]:
    """It adds headers of its own, so all others stand here again."""
    return [
        directive("internal"),
        limits.judged("The body was judged before; over HTTP/2 it would be again, and 413 had no page."),
        directive("default_type", kind),
        *security.fixed(plan),
        directive("add_header", "Retry-After", Expr("$retry_after"), "always"),
        directive("add_header", "X-Request-ID", Expr("$request_id"), "always"),
        directive("add_header", "Cache-Control", "no-store", "always"),
        block("if", Expr("($app_away)"), children=[directive("return", 503, text)]),
        directive("return", 502, text),
    ]
