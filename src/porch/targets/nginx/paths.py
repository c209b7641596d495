"""Paths of the app with sizes, times and rates of their own.

Rule: a path is passed to the app as all others are; only what was said differs, all else is inherited.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import PathPlan, Plan
from porch.syntax.nginx import Directive, Expr, Node, block, directive
from porch.targets.nginx import broken, errors, limits, upgrades


def locations(plan: Plan, passed: Directive) -> list[Node]:
    """One location for each path, two for a path with all below it: nginx would send `/upload` to `/upload/`."""
    exact = {each.url for each in plan.paths.value if not each.url.endswith("/")}
    nodes: list[Node] = []
    for index, each in enumerate(plan.paths.value):
        children = _children(plan, each, index, passed)
        bare = each.url.rstrip("/")
        note = "Limits of its own." * (not index)
        setting = plan.paths.setting
        if bare != each.url:
            nodes.append(block("location", each.url, children=children, note=note, setting=setting))
        if bare == each.url or bare not in exact:
            nodes.append(block("location", Expr("="), bare, children=children, setting=setting))
        if each.rate and upgrades.possible(plan):
            nodes += upgrades.location(plan, [*limits.rate_of(plan, index), passed], index)
    return nodes


def _children(plan: Plan, path: PathPlan, index: int, passed: Directive) -> list[Node]:
    kind: LiteralString = "uwsgi" if plan.server.protocol == "uwsgi" else "proxy"
    setting = plan.paths.setting
    nodes: list[Node] = []
    if upgrades.possible(plan):
        nodes += [*errors.pages(), *broken.led(plan), *upgrades.led(plan, index)] if path.rate else []
        nodes += upgrades.away(plan)
    nodes += broken.instead(plan)
    if path.body is not None:
        nodes.append(directive("client_max_body_size", limits.size(path.body), setting=setting))
    if path.read is not None:
        nodes.append(directive(f"{kind}_read_timeout", f"{path.read}s", setting=setting))
        nodes.append(directive(f"{kind}_send_timeout", f"{path.read}s", setting=setting))
        again = limits.again_within(path.read)
        nodes.append(directive(f"{kind}_next_upstream_timeout", f"{again}s", setting=setting))
    if path.buffering is not None:
        nodes.append(directive(f"{kind}_buffering", path.buffering, setting=setting))
    if path.request_buffering is not None:
        nodes.append(directive(f"{kind}_request_buffering", path.request_buffering, setting=setting))
    nodes += limits.rate_here(plan) if path.rate is None else limits.rate_of(plan, index)
    return [*nodes, passed]
