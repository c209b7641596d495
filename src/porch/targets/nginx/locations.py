"""Which URL is answered by what: files by nginx, the rest by the app.

Rule: every URL has one answer: health, files and pages stand first, what no other location takes is the app's, or
nobody's.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.apps import app_at, apps
from porch.syntax.nginx import Directive, Expr, Node, block, directive
from porch.targets.nginx import errors, files, health, instead, limits, mounts, paths, tls, upgrades
from porch.targets.nginx.mounts import passed


def servers(plan: Plan) -> list[Node]:
    """The site, and in front of it a refusal for other hosts where the site's names are known."""
    domains = plan.http.domains
    plain = tls.plain(plan, health.locations(plan))
    if not domains.value:
        children = [*tls.listen(plan, default=True), _nameless(), *tls.certificate(plan), *_site(plan)]
        return [*plain, block("server", children=children, note=domains.note)]
    refusal = block(
        "server",
        children=[
            *tls.listen(plan, default=True),
            directive("server_name", "", setting=domains.setting),
            *tls.refused(plan),
            *health.locations(plan, "Health is told here too: who asks often knows no name of the site."),
            *errors.locations(plan),
            block("location", "/", children=[directive("return", 421)]),
        ],
        note="Requests for any other host.",
        setting=domains.setting,
    )
    names = directive("server_name", *domains.value, setting=domains.setting)
    children = [*tls.listen(plan, default=False), names, *tls.certificate(plan), *_site(plan)]
    return [*plain, refusal, block("server", children=children)]


def _nameless() -> Directive:
    note = "The host that the app is told where a client of HTTP/1.0 names none."
    return directive("server_name", Expr("$hostname"), note=note)


def _site(plan: Plan) -> list[Node]:
    return [
        *tls.slips(plan),
        *health.locations(plan),
        *files.locations(plan),
        *_left(plan),
        *errors.locations(plan),
        *instead.locations(plan),
        block(
            "location",
            files.HIDDEN,
            children=[directive("return", 404)],
            note="No hidden file or folder is answered for.",
        ),
        *_dotted(plan),
        *_app(plan),
    ]


def _app(plan: Plan) -> list[Node]:
    main, *further = apps(plan)
    mount = plan.app.mount
    to_app, sockets = _to(plan, main), upgrades.location(main, _plain(plan, main))
    sockets += paths.locations(plan)
    beside = [node for each in further for node in _further(plan, each)]
    if plan.app.routes.value:
        return [*_routes(plan, to_app), *files.otherwise(plan, plan.app.routes.setting), *sockets, *beside]
    if not mount.value:
        return [block("location", "/", children=to_app), *sockets, *beside]
    return [
        block(
            "location",
            f"{mount.value}/",
            children=to_app,
            note="The whole path is handed on; the app's server takes the prefix off.",
            setting=mount.setting,
        ),
        block("location", Expr("="), mount.value, children=to_app, setting=mount.setting),
        *files.otherwise(plan, mount.setting),
        *sockets,
        *beside,
    ]


def _plain(plan: Plan, each: Plan) -> list[Directive]:
    return [*limits.rate_here(plan), passed(each)]


def _to(plan: Plan, each: Plan) -> list[Node]:
    """What leads to that app."""
    return [*instead.of_app(plan), *mounts.sockets_away(each), *mounts.own(plan, each), *_plain(plan, each)]


def _left(plan: Plan) -> list[Node]:
    """What nginx has no file for in folders that were found in the apps."""
    owners = [app_at(plan, each.url) for each in plan.static.value if each.of_app]
    named = {own.run.program: own for own in owners}.values()
    setting = plan.static.setting
    return [block("location", files.to_app(own), children=_to(plan, own), setting=setting) for own in named]


def _dotted(plan: Plan) -> list[Node]:
    """Hidden URLs that are an app's; where one has limits of its own, its location stands among those."""
    setting = plan.app.dotted.setting
    nodes: list[Node] = []
    taken = paths.places(each.url for each in plan.paths.value)
    for exact, url in paths.places(plan.app.dotted.value):
        if (exact, url) not in taken:
            children = _to(plan, app_at(plan, url))
            children += [] if exact else paths.hidden_below()
            note = "Hidden URLs of the app's own." * (not nodes)
            kind = Expr("=") if exact else Expr("^~")
            nodes.append(block("location", kind, url, children=children, note=note, setting=setting))
    return nodes


def _routes(plan: Plan, to_app: list[Node]) -> list[Node]:
    """The URLs that are the app's; where one has limits of its own, its location stands among those."""
    routes = plan.app.routes
    nodes: list[Node] = []
    taken = paths.places(each.url for each in plan.paths.value)
    for exact, url in paths.places(routes.value):
        if (exact, url) not in taken:
            words = (Expr("="), url) if exact else (url,)
            note = "The app's own URLs." * (not nodes)
            nodes.append(block("location", *words, children=to_app, note=note, setting=routes.setting))
    return nodes


def _further(plan: Plan, each: Plan) -> list[Node]:
    """The locations of one further app: nginx takes the longest prefix, whatever the order."""
    prefix, setting = each.app.mount.value, plan.mounts.setting
    children = _to(plan, each)
    note = f"{each.app.target.value} on {each.server.name.value}; its server takes the prefix off."
    return [
        block("location", f"{prefix}/", children=children, note=note, setting=setting),
        block("location", Expr("="), prefix, children=children, setting=setting),
        *upgrades.location(each, _plain(plan, each)),
    ]
