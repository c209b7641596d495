"""Paths of the app with sizes, times and rates of their own.

Rule: a path is passed to the app as all others are; only what was said differs, all else is inherited.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from porch.plan import PathPlan, Plan
from porch.plan.apps import app_at
from porch.syntax.nginx import Expr, Node, block, directive
from porch.targets.nginx import errors, instead, limits, mounts, upgrades


def places(urls: Iterable[str]) -> list[tuple[bool, str]]:
    """(alone, URL) of each location: two for a URL with all below it, as nginx would send `/upload` to `/upload/`."""
    told = list(urls)
    pairs = [[(False, url), (True, url.rstrip("/"))] if url.endswith("/") else [(True, url)] for url in told]
    return list(dict.fromkeys(each for pair in pairs for each in pair))


def locations(plan: Plan) -> list[Node]:
    """One location for each path, two for a path with all below it: nginx would send `/upload` to `/upload/`."""
    exact = {each.url for each in plan.paths.value if not each.url.endswith("/")}
    nodes: list[Node] = []
    for index, each in enumerate(plan.paths.value):
        of = app_at(plan, each.url)
        children = _children(plan, of, each, index)
        bare = each.url.rstrip("/")
        note = "Limits of its own." * (not index)
        setting = plan.paths.setting
        if bare != each.url:
            hidden = any(each.url.startswith(url) for url in plan.app.dotted.value)
            words = (Expr("^~"), each.url) if hidden else (each.url,)
            nodes.append(
                block(
                    "location",
                    *words,
                    children=[*children, *(hidden_below() if hidden else [])],
                    note=note,
                    setting=setting,
                )
            )
        if bare == each.url or bare not in exact:
            nodes.append(block("location", Expr("="), bare, children=children, setting=setting))
        if each.rate and upgrades.possible(of):
            nodes += upgrades.location(of, [*limits.rate_of(plan, index), mounts.passed(of)], index)
    return nodes


def hidden_below() -> list[Node]:
    """For a hidden URL that is the app's: what is hidden below it is not."""
    twice = Expr(r"~ /\.(?!well-known/).*/\.(?!well-known/)")
    return [block("location", twice, children=[directive("return", 404)])]


def _children(plan: Plan, of: Plan, path: PathPlan, index: int) -> list[Node]:
    """`of` is the app that the path is of."""
    kind: LiteralString = "uwsgi" if of.server.protocol == "uwsgi" else "proxy"
    setting = plan.paths.setting
    nodes: list[Node] = instead.of_app(plan)
    if path.rate and upgrades.possible(of):
        nodes += [*errors.pages(), *instead.led(plan), *upgrades.led(of, index), *upgrades.away(of)]
    else:
        nodes += mounts.sockets_away(of)
    nodes += mounts.own(plan, of, path)
    if path.body is not None:
        nodes.append(directive("client_max_body_size", limits.size(path.body), setting=setting))
    if path.read is not None:
        nodes += mounts.times(of, path.read, setting)
    if path.buffering is not None:
        nodes.append(directive(f"{kind}_buffering", path.buffering, setting=setting))
    if path.request_buffering is not None:
        nodes.append(directive(f"{kind}_request_buffering", path.request_buffering, setting=setting))
    nodes += limits.rate_here(plan) if path.rate is None else limits.rate_of(plan, index)
    return [*nodes, mounts.passed(of)]
