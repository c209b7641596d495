"""What nginx answers with files: folders, single files, and pages.

Rule: a folder is published only as `location ^~ /x/ { alias /y/; }` with both slashes, or as the root of `/`: the two
forms that cannot be walked out of; names that could hold code or secrets are refused in it.
"""

from __future__ import annotations

from porch.plan import Plan, Static
from porch.plan.apps import app_at
from porch.settings.dotted import OPEN
from porch.syntax.nginx import Arg, Directive, Expr, Node, block, comment, directive, gap, join
from porch.targets.nginx import compression, errors, instead, limits, security

HIDDEN = Expr(r"~ /\.(?!well-known/)")
"""Names that begin with a dot, but for what RFC 8615 has everybody see."""
_CODE = Expr(
    r'~* "(\.(py[co]?|env|ini|toml|ya?ml|key|pem|p12|pfx|kdbx|sql|sqlite3?|db|bak|old|orig|swp|log)|~'
    r'|/id_(rsa|dsa|ecdsa|ed25519))/?$"'
)
"""With a slash at the end it is no file to nginx, but to some frameworks."""
_HASHED = Expr(r'~ "[.-](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}\.[A-Za-z0-9.]+$"')
"""Letters and digits: a date is no hash."""
_COLLECTED = Expr(r'~ "\.[0-9a-f]{12}(?:\.[^./]+)?$"')
"""What Django's storage makes of every name, and of nothing else in a folder that has its manifest."""
_LOADED = Expr(
    r'~* "\.(css|m?js|map|json|webmanifest|wasm|xml|txt|ico|png|jpe?g|gif|svg|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm'
    r'|ogg|wav|pdf|zip|gz|br)$"'
)
"""What a page loads, and nobody opens in its place."""


def locations(plan: Plan) -> list[Node]:
    """Folders and files that were found or set, and the page of `/`."""
    return [
        *(_static(plan, each, first=not index) for index, each in enumerate(plan.static.value)),
        *_protected(plan),
        *_home_page(plan),
    ]


def otherwise(plan: Plan, setting: str) -> list[Node]:
    """For URLs that are not the app's: the single page and the files beside it, or nothing; `setting` left them."""
    page = plan.files.single_page
    if not page.value:
        return [block("location", "/", children=[directive("return", 404)], setting=setting)]
    folder, _, name = page.value.rpartition("/")
    first = not plan.static.value
    nothing = [directive("return", 404)]
    why = "What a page loads and is not there is 404: the page in its place would only be misread."
    children: list[Node] = [
        directive("root", folder or "/", setting=page.setting),
        directive("disable_symlinks", "if_not_owner", join("from=", folder, "/"), setting=page.setting),
        directive("try_files", Expr("$uri"), f"/{name}", setting=page.setting),
        _kept(plan, first=first),
        *compression.of_files(plan),
        *security.fixed(plan),
        *_precompressed(plan, first=first),
        block(
            "location",
            Expr("="),
            f"/{name}",
            children=[directive("expires", -1, note="A new build is seen at once.")],
            setting=page.setting,
        ),
        block("location", HIDDEN, children=nothing),
        block("location", _CODE, children=nothing),
        *_hashed(plan, first=first),
        block("location", _LOADED, children=[], note=why),
    ]
    return [block("location", "/", children=children, note=page.note, setting=page.setting)]


def _static(plan: Plan, each: Static, *, first: bool) -> Node:
    """A folder or a file; the notes stand at the first of several alone."""
    setting, kept = plan.static.setting, _kept(plan, first=first)
    if not each.url.endswith("/"):
        children: list[Node] = [
            directive("alias", each.path, setting=setting),
            kept,
            *compression.of_files(plan),
            *security.fixed(plan),
        ]
        return block("location", Expr("="), each.url, children=children, setting=setting)
    hidden = HIDDEN if f"/{OPEN}/" in each.url else Expr(r"~ /\.")
    children = [
        directive("alias", each.path, setting=setting),
        directive("disable_symlinks", "if_not_owner", join("from=", each.path), setting=setting),
        kept,
        *compression.of_files(plan),
        *security.fixed(plan),
        *_precompressed(plan, first=first),
        *_left(plan, each, first=first),
        block("location", hidden, children=_nothing(each)),
        block("location", _CODE, children=_nothing(each)),
        *_folders(each, first=first),
        *_hashed(plan, first=first, collected=each.collected),
    ]
    why = "Files, answered without the app; both slashes matter." * first
    return block("location", Expr("^~"), each.url, children=children, note=why, setting=setting)


def _left(plan: Plan, each: Static, *, first: bool) -> list[Node]:
    """What is no file is the app's, where it would answer for the folder without nginx."""
    if not each.of_app:
        return []
    why = "What is no file here is the app's: another of its routes may begin alike."
    return [
        directive("error_page", 404, 405, Expr("="), to_app(app_at(plan, each.url)), note=why * first),
        *errors.pages(),
        *instead.led(plan),
        directive("recursive_error_pages", True),
        directive("log_not_found", False),
    ]


def _folders(each: Static, *, first: bool) -> list[Node]:
    """An `index.html` in it is nginx's habit, and not the frameworks'."""
    if not each.of_app:
        return []
    why = "A folder is no file." * first
    return [block("location", Expr("~ /$"), children=[directive("return", 404)], note=why)]


def _nothing(each: Static) -> list[Node]:
    """For names that no app is asked for either."""
    own = [directive("error_page", 404, Expr("$error_page"))] * each.of_app
    return [*own, directive("return", 404)]


def to_app(own: Plan) -> Arg:
    """Name of the location that leads to that app from another location."""
    return join(Expr("@"), own.run.program)


def _kept(plan: Plan, *, first: bool) -> Directive:
    expires = plan.files.expires
    span = _span(expires.value) if expires.value else -1
    return directive("expires", span, note=expires.note * first, setting=expires.setting)


def _hashed(plan: Plan, *, first: bool, collected: bool = False) -> list[Node]:
    """Django's storage and most bundlers write such names; the header is for what is there, not for a 404."""
    if not plan.files.hashed.value:
        return []
    children = [*security.fixed(plan), directive("add_header", "Cache-Control", "public, max-age=31536000, immutable")]
    setting, note = plan.files.hashed.setting, "A hash in the name: another content has another name." * first
    names = _COLLECTED if collected else _HASHED
    return [block("location", names, children=[directive("expires", False), *children], note=note, setting=setting)]


def _protected(plan: Plan) -> list[Node]:
    """Reached by the app's word alone."""
    setting = plan.files.protected.setting
    return [
        block(
            "location",
            Expr("^~"),
            each.url,
            children=[
                directive("internal"),
                limits.judged(),
                directive("alias", each.path, setting=setting),
                directive("disable_symlinks", "if_not_owner", join("from=", each.path), setting=setting),
            ],
            note="Sent where the app's answer names them in X-Accel-Redirect; 404 for who asks." * (not index),
            setting=setting,
        )
        for index, each in enumerate(plan.files.protected.value)
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
    page = plan.files.home_page
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
