"""The apps behind nginx: how each is reached, and what differs in the locations of a further one.

Rule: what holds for all apps stands once, for each protocol; a location of a further app repeats only what differs
there, and never a header for the app, because one would drop all others.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import PathPlan, Plan
from porch.plan.apps import apps
from porch.syntax.nginx import Directive, Node, directive
from porch.targets.nginx import errors, instead, limits, upgrades, upstream


def of_each_protocol(plan: Plan) -> list[Plan]:
    """The first app of each protocol: its times stand for all apps that are spoken to so."""
    return list({each.server.protocol: each for each in reversed(apps(plan))}.values())[::-1]


def passed(plan: Plan) -> Directive:
    """To that app."""
    if plan.server.protocol == "uwsgi":
        return directive("uwsgi_pass", plan.run.program)
    return directive("proxy_pass", upstream.url(plan))


def own(plan: Plan, each: Plan, path: PathPlan | None = None) -> list[Directive]:
    """What differs in a location of that app from what stands for all; the path's own values are said by the path."""
    if not each.run.mount:
        return []
    nodes: list[Directive] = []
    body, read = each.limits.body, each.limits.read
    if body.value != plan.limits.body.value and (path is None or path.body is None):
        nodes.append(directive("client_max_body_size", limits.size(body.value), setting=body.setting))
    base = next(one for one in of_each_protocol(plan) if one.server.protocol == each.server.protocol)
    if read.value != base.limits.read.value and (path is None or path.read is None):
        nodes += times(each, read.value, read.setting)
    return nodes


def times(plan: Plan, read: int, setting: str) -> list[Directive]:
    """How long nginx waits for the app, in its own protocol."""
    kind: LiteralString = "uwsgi" if plan.server.protocol == "uwsgi" else "proxy"
    return [
        directive(f"{kind}_read_timeout", f"{read}s", setting=setting),
        directive(f"{kind}_send_timeout", f"{read}s", setting=setting),
        directive(f"{kind}_next_upstream_timeout", f"{limits.again_within(read)}s", setting=setting),
    ]


def sockets_away(each: Plan) -> list[Node]:
    """A handshake of a WebSocket leaves for the location of that app's own handshakes."""
    if not upgrades.possible(each):
        return []
    led = [*errors.pages(), *instead.led(each), *upgrades.led(each)] if each.run.mount else []
    return [*led, *upgrades.away(each)]
