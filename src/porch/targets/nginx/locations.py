"""Which URL is answered by what: files by nginx, the rest by the app.

Rule: a folder is published only as `location ^~ /x/ { alias /y/; }` with both slashes, the one form that cannot be
walked out of; names that could hold code or secrets are refused in it.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import HEALTH_LIVE, HEALTH_READY, Plan, Static
from porch.syntax.nginx import Directive, Expr, Node, block, comment, directive, gap, join
from porch.targets.nginx import broken, compression, errors, limits, paths, security, tls, upgrades, upstream

_CODE = Expr(r'~* "\.(py[co]?|env|ini|toml|ya?ml|key|pem|sql|sqlite3?|db|bak|orig|swp|log)$"')


def servers(plan: Plan) -> list[Node]:
    """The site, and in front of it a refusal for other hosts where the site's names are known."""
    domains = plan.http.domains
    plain = tls.plain(plan, _health(plan))
    if not domains.value:
        children = [*tls.listen(plan, default=True), *tls.certificate(plan), *_site(plan)]
        return [*plain, block("server", children=children, note=domains.note)]
    refusal = block(
        "server",
        children=[
            *tls.listen(plan, default=True),
            directive("server_name", "", setting=domains.setting),
            *tls.refused(plan),
            *_health(plan, "Health is told here too: who asks often knows no name of the site."),
            *errors.locations(plan),
            block("location", "/", children=[directive("return", 421)]),
        ],
        note="Requests for any other host.",
        setting=domains.setting,
    )
    names = directive("server_name", *domains.value, setting=domains.setting)
    children = [*tls.listen(plan, default=False), names, *tls.certificate(plan), *_site(plan)]
    return [*plain, refusal, block("server", children=children)]


def _site(plan: Plan) -> list[Node]:
    return [
        *tls.slips(plan),
        *_health(plan),
        *(_static(plan, each, first=not index) for index, each in enumerate(plan.static.value)),
        *_home_page(plan),
        *errors.locations(plan),
        *broken.locations(plan),
        block(
            "location",
            Expr(r"~ /\.(?!well-known/)"),
            children=[directive("return", 404)],
            note="No hidden file or folder is answered for.",
        ),
        *_app(plan),
    ]


def passed(plan: Plan) -> Directive:
    """To the app."""
    if plan.server.protocol == "uwsgi":
        return directive("uwsgi_pass", Expr("app"))
    return directive("proxy_pass", upstream.url(plan))


def _app(plan: Plan) -> list[Node]:
    mount = plan.app.mount
    plain = [*limits.rate_here(plan), passed(plan)]
    to_app, sockets = [*upgrades.away(plan), *broken.instead(plan), *plain], upgrades.location(plan, plain)
    sockets += paths.locations(plan, passed(plan))
    if not mount.value:
        return [block("location", "/", children=to_app), *sockets]
    return [
        block(
            "location",
            f"{mount.value}/",
            children=to_app,
            note="The whole path is handed on; the app's server takes the prefix off.",
            setting=mount.setting,
        ),
        block("location", Expr("="), mount.value, children=to_app, setting=mount.setting),
        block("location", "/", children=[directive("return", 404)], setting=mount.setting),
        *sockets,
    ]


def _health(
    plan: Plan, why: str = "Health: nginx is up; a worker of the app answers, and nothing is being stopped."
) -> list[Node]:
    json = directive("default_type", "application/json")
    quiet = directive("access_log", False)
    intercept: LiteralString = "uwsgi_intercept_errors" if plan.server.protocol == "uwsgi" else "proxy_intercept_errors"
    return [
        block(
            "location",
            Expr("="),
            HEALTH_LIVE,
            children=[quiet, json, directive("return", 200, '{"status":"live"}')],
            note=why,
        ),
        block(
            "location",
            Expr("="),
            HEALTH_READY,
            children=[
                quiet,
                json,
                block(
                    "if",
                    Expr("(-f"),
                    join(plan.run.draining, Expr(")")),
                    children=[directive("return", 503, '{"status":"draining"}')],
                ),
                directive(intercept, True),
                directive("error_page", 500, 502, 503, 504, "=503", "@not_ready"),
                passed(plan),
            ],
        ),
        block(
            "location",
            "@not_ready",
            children=[quiet, json, directive("return", 503, '{"status":"unavailable"}')],
        ),
    ]


def _static(plan: Plan, each: Static, *, first: bool) -> Node:
    """A folder or a file; the notes stand at the first of several alone."""
    setting, expires = plan.static.setting, plan.expires
    span = _span(expires.value) if expires.value else -1
    kept = directive("expires", span, note=expires.note * first, setting=expires.setting)
    if not each.url.endswith("/"):
        children: list[Node] = [
            directive("alias", each.path, setting=setting),
            kept,
            *compression.of_files(plan),
            *security.fixed(plan),
        ]
        return block("location", Expr("="), each.url, children=children, setting=setting)
    children = [
        directive("alias", each.path, setting=setting),
        directive("disable_symlinks", "if_not_owner", join("from=", each.path), setting=setting),
        kept,
        *compression.of_files(plan),
        *security.fixed(plan),
        *_precompressed(plan, first=first),
        block("location", Expr(r"~ /\."), children=[directive("return", 404)]),
        block("location", _CODE, children=[directive("return", 404)]),
    ]
    why = "Files, answered without the app; both slashes matter." * first
    return block("location", Expr("^~"), each.url, children=children, note=why, setting=setting)


def _span(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _precompressed(plan: Plan, *, first: bool) -> list[Node]:
    if "http_gzip_static" not in plan.nginx.modules:
        return [gap(), comment("This nginx lacks gzip_static, so a file.gz beside a file is not used."), gap()] * first
    why = "A file.gz beside a file is sent in its place to who takes gzip." * first
    return [directive("gzip_static", True, note=why)]


def _home_page(plan: Plan) -> list[Node]:
    page = plan.home_page
    if not page.value:
        return []
    folder, _, name = page.value.rpartition("/")
    children: list[Node] = [
        directive("root", folder or "/", setting=page.setting),
        directive("try_files", f"/{name}", "=404", setting=page.setting),
        *compression.of_files(plan),
        *security.fixed(plan),
    ]
    return [block("location", Expr("="), "/", children=children, setting=page.setting)]
