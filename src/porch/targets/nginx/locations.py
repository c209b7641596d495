"""Which URL is answered by what: files by nginx, the rest by the app.

Rule: a folder is published only as `location ^~ /x/ { alias /y/; }` with both slashes, the one form that cannot be
walked out of; names that could hold code or secrets are refused in it.
"""

from __future__ import annotations

from porch.apps import apps
from porch.plan import Plan, Static
from porch.syntax.nginx import Expr, Node, block, comment, directive, gap, join
from porch.targets.nginx import broken, compression, errors, health, limits, mounts, paths, security, tls, upgrades
from porch.targets.nginx.mounts import passed

_CODE = Expr(
    r'~* "(\.(py[co]?|env|ini|toml|ya?ml|key|pem|p12|pfx|kdbx|sql|sqlite3?|db|bak|old|orig|swp|log)|~'
    r'|/id_(rsa|dsa|ecdsa|ed25519))$"'
)
_HASHED = Expr(r'~ "[.-](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}\.[A-Za-z0-9.]+$"')
"""Letters and digits: a date is no hash."""


def servers(plan: Plan) -> list[Node]:
    """The site, and in front of it a refusal for other hosts where the site's names are known."""
    domains = plan.http.domains
    plain = tls.plain(plan, health.locations(plan))
    if not domains.value:
        children = [*tls.listen(plan, default=True), *tls.certificate(plan), *_site(plan)]
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


def _site(plan: Plan) -> list[Node]:
    return [
        *tls.slips(plan),
        *health.locations(plan),
        *(_static(plan, each, first=not index) for index, each in enumerate(plan.static.value)),
        *_protected(plan),
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


def _app(plan: Plan) -> list[Node]:
    main, *further = apps(plan)
    mount = plan.app.mount
    plain = [*limits.rate_here(plan), passed(main)]
    to_app, sockets = [*upgrades.away(main), *broken.instead(plan), *plain], upgrades.location(main, plain)
    sockets += paths.locations(plan)
    beside = [node for each in further for node in _further(plan, each)]
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
        block("location", "/", children=[directive("return", 404)], setting=mount.setting),
        *sockets,
        *beside,
    ]


def _further(plan: Plan, each: Plan) -> list[Node]:
    """The locations of one further app: nginx takes the longest prefix, whatever the order."""
    prefix, setting = each.app.mount.value, plan.mounts.setting
    plain = [*limits.rate_here(plan), passed(each)]
    children = [*mounts.sockets_away(each), *broken.instead(plan), *mounts.own(plan, each), *plain]
    note = f"{each.app.target.value} on {each.server.name.value}; its server takes the prefix off."
    return [
        block("location", f"{prefix}/", children=children, note=note, setting=setting),
        block("location", Expr("="), prefix, children=children, setting=setting),
        *upgrades.location(each, plain),
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
        *_hashed(plan, first=first),
    ]
    why = "Files, answered without the app; both slashes matter." * first
    return block("location", Expr("^~"), each.url, children=children, note=why, setting=setting)


def _hashed(plan: Plan, *, first: bool) -> list[Node]:
    """Django's manifest and most bundlers write such names; the header is for what is there, not for a 404."""
    if not plan.hashed.value:
        return []
    children = [*security.fixed(plan), directive("add_header", "Cache-Control", "public, max-age=31536000, immutable")]
    setting, note = plan.hashed.setting, "A hash in the name: another content has another name." * first
    return [block("location", _HASHED, children=[directive("expires", False), *children], note=note, setting=setting)]


def _protected(plan: Plan) -> list[Node]:
    """Reached by the app's word alone."""
    setting = plan.protected.setting
    return [
        block(
            "location",
            Expr("^~"),
            each.url,
            children=[
                directive("internal"),
                directive("alias", each.path, setting=setting),
                directive("disable_symlinks", "if_not_owner", join("from=", each.path), setting=setting),
            ],
            note="Sent where the app's answer names them in X-Accel-Redirect; 404 for who asks." * (not index),
            setting=setting,
        )
        for index, each in enumerate(plan.protected.value)
    ]


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
