"""Who may ask whether the site is well, and what is asked for the answer.

Rule: ready means that a worker of every app answers, asked anew each time. nginx asks one app for one question; where
there are several it asks the others first, each as `auth_request`, which passes on what is answered 200 alone.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import HEALTH_LIVE, HEALTH_READY, Plan
from porch.plan.apps import apps
from porch.syntax.nginx import Arg, Directive, Expr, Node, block, directive, join
from porch.targets.nginx import maintenance
from porch.targets.nginx.mounts import passed

WHY = "Health: nginx is up; a worker of the app answers, and nothing is being stopped."


def locations(plan: Plan, why: str = WHY) -> list[Node]:
    """Whether nginx is up, and whether the site is ready."""
    main, *further = apps(plan)
    return [
        block(
            "location",
            Expr("="),
            HEALTH_LIVE,
            children=[*_quiet(), directive("return", 200, '{"status":"live"}')],
            note=why,
        ),
        block(
            "location",
            Expr("="),
            HEALTH_READY,
            children=[*_quiet(), *_told(plan), *_bodiless(further), *_asking(main, further)],
        ),
        *(
            block("location", _next(each), children=[*_quiet(), *_asking(main, further[index:])])
            for index, each in enumerate(further)
            if index
        ),
        *(
            block(
                "location",
                Expr("="),
                _place(each),
                children=[directive("internal"), directive("access_log", False), passed(each)],
                note="Each further app is asked by itself." * (not index),
                setting=plan.mounts.setting,
            )
            for index, each in enumerate(further)
        ),
        block("location", "@not_ready", children=[*_quiet(), directive("return", 503, '{"status":"unavailable"}')]),
    ]


def _quiet() -> list[Directive]:
    return [directive("access_log", False), directive("default_type", "application/json")]


def _told(plan: Plan) -> list[Node]:
    """What is known without a question to the app; that a file is there now is seen at once."""
    answer = directive("return", 503, '{"status":"draining"}')
    draining = block("if", Expr("(-f"), join(plan.run.draining, Expr(")")), children=[answer])
    return [directive("open_file_cache_errors", False), draining, *maintenance.ready(plan)]


def _bodiless(further: list[Plan]) -> list[Node]:
    """nginx would promise the body to each app that it asks, and send it to one."""
    refused = [directive("return", 400)]
    names = (Expr("($content_length)"), Expr("($http_transfer_encoding)"))
    return [block("if", name, children=refused) for name in names] if further else []


def _asking(main: Plan, further: list[Plan]) -> list[Node]:
    """The first of the further apps, then the next, the main one at the end."""
    uwsgi: LiteralString = "uwsgi_intercept_errors"
    intercept = uwsgi if main.server.protocol == "uwsgi" else "proxy_intercept_errors"
    failed = directive("error_page", 500, 502, 503, 504, "=503", "@not_ready")
    if not further:
        return [directive(intercept, True), failed, passed(main)]
    first, *others = further
    asked = directive("auth_request", _place(first))
    if not others:
        return [directive(intercept, True), failed, asked, passed(main)]
    # `try_files` goes on after `auth_request`; no such file is there.
    return [failed, asked, directive("try_files", HEALTH_READY, _next(others[0]))]


def _place(each: Plan) -> Arg:
    return join(HEALTH_READY, "/", each.run.program)


def _next(each: Plan) -> Arg:
    return join(Expr("@ready-"), each.run.program)
