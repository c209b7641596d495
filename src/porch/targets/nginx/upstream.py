"""Where the app server is: a socket of this machine, or a name that is looked up again and again.

Rule: no request waits for an app server that has moved: a name is looked up every few seconds, never once and for all.
"""

from __future__ import annotations

from typing import Final

from porch.plan import Plan
from porch.plan.apps import apps
from porch.plan.run import named
from porch.syntax.nginx import Arg, Expr, Node, block, directive, entry, join

RESOLVES: Final = (1, 27, 3)
"""`resolve` of a server in an upstream: changes with nginx 1.27.3. Before, only names in variables are looked up."""
LOOKED_UP_EVERY: Final = "5s"


def url(plan: Plan) -> Arg | Expr:
    """What requests are passed to."""
    return Expr("http://$app_address") if _by_variable(plan) else join(Expr("http://"), plan.run.program)


def nodes(plan: Plan) -> list[Node]:
    """Where each app is, and how connections to it are kept."""
    run = plan.run
    if run.part.value == "all":
        why = "Twice the same: when a worker dies with a request, nginx has a second place to ask."
        return [
            _upstream(each, join("unix:", each.run.upstream), run.folder.setting, why * (not index))
            for index, each in enumerate(apps(plan))
        ]
    address, setting = run.address.value, run.address.setting
    if not named(address.rpartition(":")[0]):
        why = "Twice the same: when a worker dies with a request, nginx has a second place to ask."
        return [_upstream(plan, join(address), setting, why)]
    if not _by_variable(plan):
        why = "Looked up again and again: a new container has a new address. Twice, to have a second place to ask."
        return [*_resolver(plan), _upstream(plan, join(address), setting, why, Expr("resolve"))]
    variable = block(
        "map",
        "",
        Expr("$app_address"),
        children=[entry(Expr("default"), address, setting=setting)],
        note="A name in a variable is looked up again and again: a new container has a new address.",
        setting=setting,
    )
    return [*_resolver(plan), variable]


def _by_variable(plan: Plan) -> bool:
    run = plan.run
    return run.part.value != "all" and named(run.address.value.rpartition(":")[0]) and plan.nginx.version < RESOLVES


def _resolver(plan: Plan) -> list[Node]:
    asked = plan.nginx.resolvers
    note = "Whom nginx asks where the app server is."
    words = (*asked.value, f"valid={LOOKED_UP_EVERY}")
    return [directive("resolver", *words, note=note, setting=asked.setting), directive("resolver_timeout", "2s")]


def _upstream(plan: Plan, address: Arg, setting: str, why: str, *more: Expr) -> Node:
    server = plan.server
    nodes: list[Node] = [directive("zone", Expr("app"), "64k", note="Shared by all workers.")] if more else []
    nodes += [
        directive("server", address, *more, "max_fails=0", note=why, setting=setting),
        directive("server", address, *more, "max_fails=0", setting=setting),
    ]
    if server.idle.value and server.protocol == "http":
        # uWSGI's own protocol closes after each answer, so there is nothing to keep.
        closes = f"Below the app server's {server.keep_alive.value}s, so that nginx always closes first."
        ages = "Busy ones go too, so that after a reload all soon lead to the new generation."
        seconds, of_idle = f"{server.idle.value}s", server.idle.setting
        nodes += [
            directive("keepalive", 32, note="Idle connections to the app, for each nginx worker." * bool(why)),
            directive("keepalive_timeout", seconds, note=closes * bool(why), setting=of_idle),
            directive("keepalive_time", seconds, note=ages * bool(why), setting=of_idle),
        ]
    note = f"The app at {plan.app.mount.value}, on {server.name.value}." if plan.run.mount else ""
    return block("upstream", plan.run.program, children=nodes, note=note)
