"""While porch watches the code: a save that breaks the app is shown in the browser of who works on it.

Rule: only with `run.watch`, only to a browser on this machine that opens a page, and only while the file of that page
is there: all other requests reach the generation that keeps serving, and nginx is not reloaded for it.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Directive, Expr, Node, block, directive, entry, join
from porch.targets.nginx import limits, security

PAGE: LiteralString = "/-/porch/broken.html"
STATUS: int = 560
"""No program answers with it: it leads from a location to the page."""
HERE: tuple[LiteralString, ...] = ("127.0.0.1", "::1", "unix:")
POLICY: LiteralString = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_CSP = "Content-Security-Policy"


def watched(plan: Plan) -> bool:
    """Whether somebody works on the code of this instance."""
    return plan.run.watch.value and plan.run.generation > 0


def maps(plan: Plan) -> list[Node]:
    """The page's file for whom it is shown to, else nothing."""
    if not watched(plan):
        return []
    setting = plan.run.watch.setting
    rows = [entry(join(here, " GET navigate"), plan.run.broken, setting=setting) for here in HERE]
    return [
        block(
            "map",
            Expr('"$remote_addr $request_method $http_sec_fetch_mode"'),
            Expr("$broken_save"),
            children=[entry(Expr("default"), ""), *rows],
            note="A save that breaks the app is shown to a browser on this machine that opens a page.",
            setting=setting,
        )
    ]


def led(plan: Plan) -> list[Directive]:
    """For `http`, and for a location with error pages of its own."""
    return [directive("error_page", STATUS, Expr("=500"), PAGE, setting=plan.run.watch.setting)] * watched(plan)


def asked(plan: Plan) -> list[Node]:
    """For a location that passes to the app: while the file is there, its page is the answer."""
    return [block("if", Expr("(-f $broken_save)"), children=[directive("return", STATUS)])] * watched(plan)


def locations(plan: Plan) -> list[Node]:
    """The page of one server: it may hold no script and load nothing."""
    if not watched(plan):
        return []
    setting = plan.run.watch.setting
    added = [each for each in security.fixed(plan) if _CSP not in each.words]
    return [
        block(
            "location",
            Expr("="),
            PAGE,
            children=[
                directive("internal"),
                limits.judged(),
                directive("alias", plan.run.broken, setting=setting),
                directive("open_file_cache", False),
                *added,
                directive("add_header", _CSP, POLICY, "always"),
                directive("add_header", "Cache-Control", "no-store", "always"),
            ],
            note="The last save, with the app's own traceback.",
            setting=setting,
        )
    ]
