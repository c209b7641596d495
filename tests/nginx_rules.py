"""The rules that every rendered nginx.conf keeps, judged on what a parser read, never on the text.

Rule: each function yields what breaks one rule, and nothing where the rule is kept; `RULES` is all of them.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import crossplane

from porch.plan import HEALTH_LIVE, HEALTH_READY, Plan
from porch.plan.apps import app_at, apps, owner
from porch.targets import nginx

FORBIDDEN = {
    "rewrite", "set", "resolver", "include", "charset", "ssi", "dav_methods", "mp4", "flv", "slice", "perl", "perl_set",
    "more_set_headers", "more_clear_headers", "js_import", "autoindex_format", "random_index", "sub_filter",
}  # fmt: skip
FORBIDDEN_WORDS = (
    r"\$\{?[1-9]",
    r"\$\{?http_host\b",
    r"\$\{?proxy_add_x_forwarded_for\b",
    r"\bnon_idempotent\b",
    r"^buffer=",
    r"^volatile$",
)
FLAGS = {
    "server_tokens": "off", "autoindex": "off", "absolute_redirect": "off", "port_in_redirect": "off",
    "server_name_in_redirect": "off", "underscores_in_headers": "off", "ignore_invalid_headers": "on",
    "merge_slashes": "on", "reset_timedout_connection": "on",
}  # fmt: skip
CHALLENGES = "/.well-known/acme-challenge/"
SECURITY = ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")
"""Of every set but `off`."""
BLANK = {
    "Forwarded", "X-Forwarded-Ssl", "X-Forwarded-Protocol", "X-Forwarded-Scheme", "X-Forwarded-Prefix",
    "X-Forwarded-Server", "X-Url-Scheme", "Front-End-Https", "X-Original-URL", "X-Rewrite-URL", "X-Client-IP",
    "True-Client-IP", "CF-Connecting-IP", "Proxy", "Script-Name", "Remote-User",
}  # fmt: skip
TOLD = {
    "Host", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Request-ID",
}  # fmt: skip
BUILT_IN = {
    "scheme", "host", "remote_addr", "remote_port", "request_id", "server_port", "request_port", "is_request_port",
    "request_method", "request_uri", "document_uri", "query_string", "content_type", "content_length",
    "server_protocol", "status", "body_bytes_sent", "request_time", "time_iso8601", "msec", "realip_remote_addr",
    "upstream_response_time", "upstream_connect_time", "proxy_host", "binary_remote_addr", "request",
    "uri", "https", "hostname", "ssl_server_name",
}  # fmt: skip
"""Variables of nginx itself that are in use; those that begin with `http_` or `upstream_http_` are headers."""


@dataclass(frozen=True)
class Found:
    """One directive, with the blocks that it stands in, the nearest last; those know their own children no more."""

    name: str
    args: tuple[str, ...]
    inside: tuple[Found, ...]
    children: tuple[Found, ...] = ()

    def all(self, name: str) -> list[Found]:
        """The children of that name."""
        return [child for child in self.children if child.name == name]


@dataclass(frozen=True)
class Conf:
    """A whole configuration, and the Plan that it should say."""

    plan: Plan
    top: tuple[Found, ...]
    every: tuple[Found, ...]

    @property
    def http(self) -> Found:
        return next(found for found in self.top if found.name == "http")

    @property
    def servers(self) -> list[Found]:
        return self.http.all("server")

    def value(self, name: str) -> str:
        """The arguments of a directive that stands once, at the top, in `events` or in `http`."""
        places = [found for found in self.every if found.name == name and len(found.inside) < 2]
        assert len(places) == 1, f"{name} stands {len(places)} times"
        return " ".join(places[0].args)


def read(plan: Plan, text: str = "") -> Conf:
    """Parse what the target renders for that Plan, or another text."""
    top = _top(text or nginx.file(plan).text)
    return Conf(plan, top, tuple(found for each in top for found in _walk(each)))


def parse(text: str) -> list[Found]:
    """Every directive of a text, whatever Plan it comes from."""
    return [found for each in _top(text) for found in _walk(each)]


def _top(text: str) -> tuple[Found, ...]:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        told: dict[str, Any] = crossplane.parse(file.name, single=True, strict=False)
    assert told["status"] == "ok", told["errors"]
    return tuple(_found(each, ()) for each in told["config"][0]["parsed"])


def _found(told: dict[str, Any], inside: tuple[Found, ...]) -> Found:
    own = Found(told["directive"], tuple(told["args"]), inside)
    children = tuple(_found(child, (*inside, own)) for child in told.get("block", ()))
    return Found(own.name, own.args, inside, children)


def _walk(found: Found) -> Iterator[Found]:
    yield found
    for child in found.children:
        yield from _walk(child)


SOCKETS = {("418", "=")}
"""What leads a handshake of a WebSocket away, which is no page."""


ASKED_OF_HOST = ("$https_port", "$host_port", "$client_port")


def never_emitted(conf: Conf) -> Iterator[str]:
    """No directive and no variable that is known to be a trap."""
    for found in conf.every:
        if found.name in FORBIDDEN:
            yield found.name
        for word in found.args:
            if found.name == "map" and found.args[0].endswith("$http_host") and found.args[1] in ASKED_OF_HOST:
                # Asked whether a port is in it, and for nothing else.
                continue
            yield from (f"{found.name} {word}" for trap in FORBIDDEN_WORDS if re.search(trap, word))
        if found.name in {"return", "add_header"} and re.search(r"\$\{?(uri|document_uri)\b", " ".join(found.args)):
            yield f"{found.name} with a decoded path"
        if found.name == "error_log" and found.args != ("stderr", "warn"):
            yield f"error_log {found.args}"
        if found.name == "if" and {child.name for child in found.children} != {"return"}:
            yield "an if that does more than return"
        in_map = any(block.name == "map" for block in found.inside)
        if in_map and found.name.startswith("~") and re.search(r"\((?!\?)", found.name):
            yield "a map by a regex with a numbered capture"


def passes_are_plain(conf: Conf) -> Iterator[str]:
    """Each app is reached by its upstream's name alone, where it is the one to answer: no variable, no path."""
    passes = {each.app.mount.value * bool(each.run.mount): _pass(each) for each in apps(conf.plan)}
    found = [each for each in conf.every if each.name in {"proxy_pass", "uwsgi_pass"}]
    told = {(each.name, each.args) for each in found}
    if told != set(passes.values()):
        yield f"the apps are reached by {told}"
    for each in found:
        url = each.inside[-1].args[-1]
        if url.startswith("/") and not _asks(each.inside[-1]) and passes[owner(passes, url)] != (each.name, each.args):
            yield f"{url} reaches {each.args}"


def _pass(each: Plan) -> tuple[str, tuple[str, ...]]:
    name = each.run.program
    return ("uwsgi_pass", (name,)) if each.server.protocol == "uwsgi" else ("proxy_pass", (f"http://{name}",))


def _asks(found: Found) -> bool:
    """Whether it is one of porch's own questions to an app."""
    return bool(found.args) and found.args[-1].startswith((HEALTH_READY, "@ready-"))


def _protocols(conf: Conf) -> dict[str, Plan]:
    """Protocol -> the first app that is spoken to so."""
    return {each.server.protocol: each for each in reversed(apps(conf.plan))}


def flags_are_said(conf: Conf) -> Iterator[str]:
    """What an include could turn around is said outright, once."""
    clients = conf.plan.clients
    times = {
        "client_header_timeout": clients.header_timeout.value,
        "client_body_timeout": clients.body_timeout.value,
        "send_timeout": clients.body_timeout.value,
        "lingering_timeout": 5,
    }
    for name, value in (FLAGS | {name: f"{seconds}s" for name, seconds in times.items()}).items():
        if conf.value(name) != value:
            yield f"{name} {conf.value(name)}"
    if conf.value("max_ranges") != "16":
        yield "max_ranges"


def headers_stand_once(conf: Conf) -> Iterator[str]:
    """One header set in a server or location would drop all those of http."""
    names = {"proxy_set_header", "uwsgi_param", "proxy_hide_header", "uwsgi_hide_header"}
    for found in conf.every:
        if found.name in names and [block.name for block in found.inside] != ["http"]:
            yield f"{found.name} inside {[block.name for block in found.inside]}"


def _headers(conf: Conf, protocol: str) -> dict[str, str]:
    """Header, as HTTP writes it -> value that apps are told."""
    if protocol == "http":
        return {found.args[0]: found.args[1] for found in conf.http.all("proxy_set_header")}
    told = {found.args[0]: found.args for found in conf.http.all("uwsgi_param")}
    known = {"HTTP_" + name.upper().replace("-", "_"): name for name in (*BLANK, *TOLD)}
    return {known.get(name, name): args[1] for name, args in told.items()}


def no_header_can_be_forged(conf: Conf) -> Iterator[str]:
    """Every name that an app may believe is set from nginx's own knowledge, or blanked."""
    for protocol in _protocols(conf):
        told = _headers(conf, protocol)
        yield from (f"{name} is not blanked" for name in BLANK if told.get(name) != "")
        yield from (f"{name} is not told" for name in TOLD if not told.get(name))
        yield from (f"{name} is a client's word" for name in TOLD if "$http_" in told.get(name, ""))
        for name in ("X-Forwarded-For", "X-Real-IP"):
            if told.get(name) != "$remote_addr":
                yield f"{name} {told.get(name)}"
    if len(conf.http.all("proxy_set_header")) != len({each.args[0] for each in conf.http.all("proxy_set_header")}):
        yield "a header is set twice"


def only_websockets_upgrade(conf: Conf) -> Iterator[str]:
    """Without a WebSocket no connection is upgraded; after a HEAD none is kept; and no client chooses `Connection`."""
    if "http" not in _protocols(conf):
        return
    told = _headers(conf, "http")
    able = {each.run.program: _has_sockets(each) for each in apps(conf.plan) if each.server.protocol == "http"}
    asgi, mixed = any(able.values()), len(set(able.values())) > 1
    upgrade = ("$app_upgrade" if mixed else "$upgrade") if asgi else ""
    if (told.get("Upgrade"), told.get("Connection")) != (upgrade, "$upstream_connection"):
        yield f"Upgrade {told.get('Upgrade')!r}, Connection {told.get('Connection')!r}"
    maps = {found.args[1]: {row.name: row.args for row in found.children} for found in conf.http.all("map")}
    ends = {"HEAD:": ("close",), "GET:websocket": ("upgrade",)} if asgi else {"HEAD": ("close",)}
    if maps.get("$upstream_connection") != {"default": ("",), **ends}:
        yield f"connections by {maps.get('$upstream_connection')}"
    rows = maps.get("$upgrade", {})
    handshakes = {"default": ("",), "GET:websocket::": ("websocket",), "GET:websocket:0:": ("websocket",)}
    if asgi and rows != handshakes:
        yield f"upgrade by {rows}"
    hearing = {"default": ("",)} | {f"{name}:websocket": ("websocket",) for name, has in able.items() if has}
    if mixed and maps.get("$app_upgrade") != hearing:
        yield f"of a handshake hear {maps.get('$app_upgrade')}"
    if conf.value("proxy_http_version") != "1.1":
        yield "not HTTP/1.1 to the app"


def _has_sockets(each: Plan) -> bool:
    return each.app.interface.value != "wsgi"


def proxies_are_named(conf: Conf) -> Iterator[str]:
    """The client's address is taken from the named networks alone, and else from nobody."""
    trusted = conf.plan.trusted.value
    named = tuple(found.args[0] for found in conf.http.all("set_real_ip_from"))
    if named != trusted:
        yield f"set_real_ip_from {named}"
    if bool(trusted) != bool(conf.http.all("real_ip_header")):
        yield "real_ip_header"
    if trusted and (conf.value("real_ip_header"), conf.value("real_ip_recursive")) != ("X-Forwarded-For", "on"):
        yield "real_ip_header, real_ip_recursive"
    schemes = {
        row.name: row.args
        for found in conf.http.all("map")
        if found.args[1] == "$client_scheme"
        for row in found.children
    }
    if trusted and schemes != {"default": ("$scheme",), "1:https": ("https",), "1:http": ("http",)}:
        yield f"scheme by {schemes}"


def static_files_stay_in_their_folder(conf: Conf) -> Iterator[str]:
    """A folder is published with both slashes, by no regex, with links and hidden files refused; a file by `=`."""
    places = [(location, found) for location in conf.every for found in location.all("alias")]
    # Answers to an authority lie in a folder of porch's own, and have a rule of their own.
    places = [each for each in places if each[0].args[-1] != CHALLENGES]
    for location, found in places:
        names = {child.name for child in location.children}
        if location.name != "location" or {"try_files", "proxy_pass", "uwsgi_pass"} & names:
            yield f"alias in {location.name} with {sorted(names)}"
        kind, url = location.args if len(location.args) == 2 else ("", location.args[0])
        path = found.args[0]
        if kind == "^~":
            yield from _folder(location, url, path)
        elif kind != "=" or url.endswith("/") or path.endswith("/"):
            yield f"alias by {location.args} to {path}"
    wanted = [each.url for each in conf.plan.static.value]
    served = [where.args[1] for where, _ in places if len(where.args) == 2 and not where.all("internal")]
    if served != wanted:
        yield f"{served} in place of {wanted}"


def only_named_folders_are_opened(conf: Conf) -> Iterator[str]:
    """An answer of the app names a file of a folder that was set for it, which nobody else reaches, or none at all."""
    wanted = [(each.url, each.path) for each in conf.plan.files.protected.value]
    places = [each for each in conf.servers[-1].all("location") if each.args[0] == "^~" and each.all("internal")]
    found = [(each.args[1], path.args[0]) for each in places for path in each.all("alias")]
    if found != wanted:
        yield f"{found} can be opened in place of {wanted}"
    ignored = [each.args for each in conf.every if each.name.endswith("_ignore_headers")]
    if any(each != ("X-Accel-Redirect",) for each in ignored) or bool(ignored) == bool(wanted):
        yield f"ignored headers: {ignored}"


def a_single_page_stands_last(conf: Conf) -> Iterator[str]:
    """What nobody else answers is a file beside the page, or the page, which is asked for anew each time; or 404."""
    plan, root = conf.plan, [each for each in conf.servers[-1].all("location") if each.args == ("/",)]
    apps_own = bool(plan.app.mount.value or plan.app.routes.value)
    if len(root) != 1 or bool(root[0].all("proxy_pass") or root[0].all("uwsgi_pass")) == apps_own:
        yield f"{len(root)} answers to all else"
        return
    tried = [each for each in conf.every if each.name in {"root", "try_files"} and each.inside[-1] == _bare(root[0])]
    if not plan.files.single_page.value:
        yield from (f"{each.name} without a page" for each in tried)
        if apps_own and [each.args for each in root[0].all("return")] != [("404",)]:
            yield "what nobody answers is not 404"
        return
    folder, _, name = plan.files.single_page.value.rpartition("/")
    if [each.args for each in tried] != [(folder,), ("$uri", f"/{name}")]:
        yield f"the page by {[each.args for each in tried]}"
    page = [each for each in root[0].all("location") if each.args == ("=", f"/{name}")]
    if [each.args for own in page for each in own.all("expires")] != [("-1",)]:
        yield "the page is kept"
    yield from _links(root[0], "/", f"{folder}/")
    yield from _refused(root[0], "/")
    loaded = [each for each in root[0].all("location") if not each.children]
    if not all(re.search(loaded[0].args[1], name) for name in ("a.js", "b/c.css", "x.woff2", "i.png")):
        yield "the page stands for what a page loads"


def _bare(found: Found) -> Found:
    """As it stands among the blocks around another."""
    return Found(found.name, found.args, found.inside)


def only_routes_reach_the_app(conf: Conf) -> Iterator[str]:
    """Where routes are named, each is passed to the app, and nothing else is but paths and further apps."""
    routes = conf.plan.app.routes.value
    if not routes:
        return
    passing = {_key(each.args): each for each in conf.servers[-1].all("location")}
    wanted = {_key(("=", url.rstrip("/"))) for url in routes} | {(url,) for url in routes if url.endswith("/")}
    yield from (f"{each} does not reach the app" for each in wanted if _passed(passing.get(each)) is None)
    others = {each.url.rstrip("/") for each in conf.plan.paths.value}
    others |= {each.app.mount.value for each in conf.plan.mounts.value}
    others |= {url.rstrip("/") for url in conf.plan.app.dotted.value}
    for key, found in passing.items():
        known = key in wanted or key[-1].rstrip("/") in others or key[-1].startswith("@") or _asks(found)
        if _passed(found) and not known:
            yield f"{key} reaches the app"


def _passed(found: Found | None) -> Found | None:
    each = [] if found is None else [*found.all("proxy_pass"), *found.all("uwsgi_pass")]
    return each[0] if each else None


def names_with_a_hash_are_kept(conf: Conf) -> Iterator[str]:
    """In each folder, for a year; a date or a short number is no hash."""
    folders = [each for each in conf.every if each.name == "location" and each.args[0] == "^~"]
    folders += [each for each in conf.every if each.name == "location" and each.all("root") and each.args == ("/",)]
    names = {
        "site.1f2e3d4c5b6a.css": True,
        "app-0a1b2c3d.min.js": True,
        "a-20240101.pdf": False,
        "a.123abcd.css": False,
    }
    urls = {each.url for each in conf.plan.static.value}
    collected = {each.url for each in conf.plan.static.value if each.collected}
    django = {"a/site.1f2e3d4c5b6a.css": True, "a.123456789012.js": True, "LICENSE.1f2e3d4c5b6a": True}
    django |= {"app-0a1b2c3d.min.js": False, "a.1f2e3d4c5b6a7.css": False, "site.css": False, "staticfiles.json": False}
    for found in (each for each in folders if each.args[-1] in urls | {"/"}):
        places = [each for each in found.all("location") if each.all("add_header")]
        added = [header for each in places for header in each.all("add_header") if header.args[0] == "Cache-Control"]
        if [each.args[1] for each in added] != ["public, max-age=31536000, immutable"] * conf.plan.files.hashed.value:
            yield f"{found.args} keeps {[each.args for each in added]}"
        for each in places:
            forms = django if found.args[-1] in collected else names
            yield from (name for name, hit in forms.items() if bool(re.search(each.args[1], name)) != hit)


def _folder(location: Found, url: str, path: str) -> Iterator[str]:
    if not (url.endswith("/") and path.endswith("/") and path.startswith("/")):
        yield f"{url} and {path} do not both end with a slash"
    yield from _links(location, url, path)
    if location.all("internal"):
        # The app itself names each file that is sent from it.
        return
    yield from _refused(location, url)


def _links(location: Found, url: str, path: str) -> Iterator[str]:
    if [found.args for found in location.all("disable_symlinks")] != [("if_not_owner", f"from={path}")]:
        yield f"{url} follows links"


def _refused(location: Found, url: str) -> Iterator[str]:
    refused = [found.args[1] for found in location.all("location") if found.all("return")]
    for name in (
        ".env",
        "a/.git/config",
        "app.py",
        "x.PYC",
        "key.pem",
        "db.sqlite3",
        "settings.toml",
        "a.css~",
        "b.old",
        "id_rsa",
        "app.py/",
    ):
        if not any(re.search(pattern, f"{url}{name}", re.IGNORECASE) for pattern in refused):
            yield f"{url}{name} would be handed out"


HIDDEN_TWICE = r"/\.(?!well-known/).*/\.(?!well-known/)"


def hidden_files_are_refused(conf: Conf) -> Iterator[str]:
    """The site answers 404 for every hidden URL but `.well-known`, and those that were named as the app's."""
    site = conf.servers[-1]
    hidden = [each for each in site.all("location") if each.args == ("~", r"/\.(?!well-known/)")]
    if [child.args for each in hidden for child in each.children] != [("404",)]:
        yield "hidden files are answered for"
    named = conf.plan.app.dotted.value
    passing = {_key(each.args): each for each in site.all("location") if _passed(each)}
    wanted = {_key(("=", url.rstrip("/"))) for url in named} | {(url,) for url in named if url.endswith("/")}
    yield from (f"{key} does not reach the app" for key in wanted - set(passing))
    for key, found in passing.items():
        if "/." not in key[-1].replace("/.well-known/", ""):
            continue
        if not any(f"{key[-1].rstrip('/')}/".startswith(f"{url.rstrip('/')}/") for url in named):
            yield f"{key} reaches the app"
        below = [each.args for each in found.all("location") if [end.args for end in each.all("return")] == [("404",)]]
        if key[0] != "=" and (found.args[0] != "^~" or below != [("~", HIDDEN_TWICE)]):
            yield f"{found.args} has no other answer than 404, or answers for what is hidden below it"


def other_hosts_are_refused(conf: Conf) -> Iterator[str]:
    """Where the site's names are known, any other host is answered 421; each address has one default server."""
    domains, listen = conf.plan.http.domains.value, conf.plan.http.listen.value
    servers = conf.servers[2 * bool(conf.plan.tls.redirect.value) :]
    first, site = servers[0], servers[-1]
    if [found.args[:2] for found in first.all("listen")] != [(address, "default_server") for address in listen]:
        yield f"the default server listens on {[found.args for found in first.all('listen')]}"
    if len(servers) != (2 if domains else 1):
        yield f"{len(servers)} servers"
    if not domains:
        return
    yield from _answers_421(first)
    if [found.args[0] for found in site.all("listen")] != list(listen):
        yield "the site listens elsewhere"
    if [found.args for found in site.all("server_name")] != [domains]:
        yield "the site has other names"


def _answers_421(server: Found) -> Iterator[str]:
    if [found.args for found in server.all("server_name")] != [("",)]:
        yield "the default server has a name"
    answers = [each.all("return") for each in server.all("location") if each.args == ("/",)]
    if [each.args for found in answers for each in found] != [("421",)]:
        yield "other hosts are not answered 421"


def tls_is_the_guideline(conf: Conf) -> Iterator[str]:
    """Mozilla's guideline where there is TLS, and no handshake for a name that is not the site's; else none of it."""
    tls, domains = conf.plan.tls, conf.plan.http.domains.value
    told = {found.name: found.args for found in conf.http.children if found.name.startswith(("ssl_", "http2"))}
    if not tls.on:
        yield from (f"{found.name} without TLS" for found in conf.every if found.name.startswith(("ssl_", "http2")))
        yield from ("listens for TLS" for found in conf.every if found.name == "listen" and "ssl" in found.args)
        return
    modern = tls.profile.value == "modern"
    weak = [each for each in ":".join(told.get("ssl_ciphers", ())).split(":") if each and "ECDHE" not in each]
    wanted = {
        "ssl_protocols": ("TLSv1.3",) if modern else ("TLSv1.2", "TLSv1.3"),
        "ssl_prefer_server_ciphers": ("off",),
        "ssl_session_tickets": ("off",),
        "ssl_session_cache": ("shared:tls:10m",),
    }
    yield from (f"{name} is {told.get(name)}" for name, value in wanted.items() if told.get(name) != value)
    if weak or ("ssl_ciphers" in told) == modern:
        yield f"ciphers {told.get('ssl_ciphers')}"
    servers = conf.servers[2 * bool(tls.redirect.value) :]
    plain = [each.args for server in servers for each in server.all("listen") if "ssl" not in each.args]
    if plain or len(servers) != (2 if domains else 1):
        yield f"the site speaks no TLS at {plain}"
    if domains and [found.args for found in servers[0].all("ssl_reject_handshake")] != [("on",)]:
        yield "a handshake for any name is taken"
    if [len(servers[-1].all(name)) for name in ("ssl_certificate", "ssl_certificate_key")] != [1, 1]:
        yield "the site has no certificate"


def plain_http_is_led_to_https(conf: Conf) -> Iterator[str]:
    """Where plain HTTP is answered beside HTTPS, a known name is led there by 308, and any other is refused."""
    tls = conf.plan.tls
    if not tls.redirect.value:
        return
    other, known = conf.servers[:2]
    yield from _answers_421(other)
    for server, more in ((other, ("default_server",)), (known, ())):
        if [found.args for found in server.all("listen")] != [(each, *more) for each in tls.redirect.value]:
            yield "plain HTTP listens elsewhere"
    if not all(found.args for found in known.all("server_name")) or not known.all("server_name"):
        yield "any name is led to HTTPS"
    (answer,) = [each.all("return") for each in known.all("location") if each.args == ("/",)]
    if not answer or answer[0].args[0] != "308" or not answer[0].args[1].startswith("https://$host"):
        yield "plain HTTP is led elsewhere"
    if any(found.name.endswith("_pass") for found in _walk(known) if found.inside[-1].args[-1:] != (HEALTH_READY,)):
        yield "plain HTTP reaches the app"


def health_is_told_everywhere(conf: Conf) -> Iterator[str]:
    """Every server tells whether nginx and the app are well, and no line is logged for it."""
    for server in conf.servers:
        places = {each.args[1]: each for each in server.all("location") if each.args[0] == "="}
        if {HEALTH_LIVE, HEALTH_READY} - set(places):
            yield "health is missing"
            continue
        for url in (HEALTH_LIVE, HEALTH_READY):
            if [each.args for each in places[url].all("access_log")] != [("off",)]:
                yield f"{url} is logged"


def the_app_has_two_doors(conf: Conf) -> Iterator[str]:
    """The same socket twice, so that a worker that dies with a GET costs nothing; nginx always closes first."""
    found = {each.args[0]: each for each in conf.http.all("upstream")}
    if set(found) != {each.run.program for each in apps(conf.plan)}:
        yield f"upstreams {list(found)}"
        return
    for each in apps(conf.plan):
        yield from _doors(each, found[each.run.program])


def _doors(plan: Plan, upstream: Found) -> Iterator[str]:
    server = (f"unix:{plan.run.upstream}", "max_fails=0")
    if [found.args for found in upstream.all("server")] != [server, server]:
        yield "not the same socket twice"
    idle, keep_alive = plan.server.idle.value, plan.server.keep_alive.value
    kept = [found.args for found in upstream.all("keepalive")]
    if plan.server.protocol == "uwsgi" or not idle:
        yield from ("connections are kept" for _ in kept)
        return
    if kept != [("32",)]:
        yield f"keepalive {kept}"
    for name in ("keepalive_timeout", "keepalive_time"):
        seconds = [int(found.args[0].removesuffix("s")) for found in upstream.all(name)]
        if seconds != [idle] or (keep_alive and idle >= keep_alive):
            yield f"{name} {seconds}, the app server's is {keep_alive}"


def timeouts_are_a_ladder(conf: Conf) -> Iterator[str]:
    """The app server gives up before nginx does, and nothing is asked again after that."""
    for protocol, plan in _protocols(conf).items():
        limits, kind = plan.limits, "uwsgi" if protocol == "uwsgi" else "proxy"
        read = int(conf.value(f"{kind}_read_timeout").removesuffix("s"))
        longest = max(read, *(each.read or 0 for each in plan.paths.value), 0)
        if read != limits.read.value or not limits.request.value < longest:
            yield f"{kind}_read_timeout {read}"
        again = int(conf.value(f"{kind}_next_upstream_timeout").removesuffix("s"))
        if not 0 < again <= min(10, read):
            yield f"{kind}_next_upstream_timeout {again}"
        if conf.value(f"{kind}_next_upstream") != "error timeout":
            yield f"{kind}_next_upstream"
    shutdown = int(conf.value("worker_shutdown_timeout").removesuffix("s"))
    if not 0 < shutdown == limits.graceful.value < limits.stop.value < limits.kill.value:
        yield f"worker_shutdown_timeout {shutdown}"
    if conf.value("keepalive_timeout") != ("75s" if conf.plan.trusted.value else "10s"):
        yield "keepalive_timeout"


def sizes_are_the_plans(conf: Conf) -> Iterator[str]:
    """Processes, connections, files and the body are those that were decided."""
    plan, units = conf.plan, {"k": 1024, "m": 1024**2, "g": 1024**3}
    told = [conf.value(name) for name in ("worker_processes", "worker_connections", "worker_rlimit_nofile")]
    if told != [str(each.value) for each in (plan.nginx.workers, plan.nginx.connections, plan.nginx.open_files)]:
        yield f"sizes {told}"
    if plan.nginx.open_files.value < plan.nginx.connections.value:
        yield "fewer files than connections"
    body = conf.value("client_max_body_size")
    if int(body.rstrip("kmg")) * units.get(body[-1], 1) != plan.limits.body.value:
        yield f"client_max_body_size {body}"


def all_files_are_private(conf: Conf) -> Iterator[str]:
    """The pid and every temporary folder are below the run folder, and nothing is written elsewhere."""
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    for name in ("pid", *(f"{name}_temp_path" for name in names)):
        if not conf.value(name).startswith(conf.plan.run.folder.value + "/"):
            yield f"{name} {conf.value(name)}"
    logs = {found.args for found in conf.every if found.name == "access_log"} - {("off",)}
    if not conf.plan.log.access.value:
        wanted: set[tuple[str, ...]] = set()
    else:
        wanted = {("/dev/stdout", "json" if conf.plan.log.format.value == "json" else "combined")}
    if logs != wanted:
        yield f"access_log {logs}"


def users_are_named_by_root_alone(conf: Conf) -> Iterator[str]:
    """`user` stands there only where nginx is started by root and meant to stay root."""
    said = [found.args for found in conf.top if found.name == "user"]
    if said != ([("root",)] if conf.plan.run.root and not conf.plan.run.user.value else []):
        yield f"user {said}"


def variables_exist(conf: Conf) -> Iterator[str]:
    """Every variable is nginx's own, or made by a map or geo here."""
    made = {found.args[-1].removeprefix("$") for found in conf.every if found.name in {"map", "geo"}}
    made |= {name for found in conf.every for name in re.findall(r"\(\?<(\w+)>", found.name)}
    for found in conf.every:
        used = re.findall(r"\$\{?([a-z][a-z0-9_]*)", " ".join((found.name, *found.args)))
        for name in used:
            if name not in made | BUILT_IN and not name.startswith(("http_", "upstream_http_")):
                yield f"${name}"


def locations_stand_once(conf: Conf) -> Iterator[str]:
    """No two locations of a server are the same, which nginx would refuse."""
    for server in conf.servers:
        keys = [_key(each.args) for each in server.all("location")]
        yield from (f"{key} twice" for key in set(keys) if keys.count(key) > 1)


def _key(args: Sequence[str]) -> tuple[str, ...]:
    """`^~ /x/` and `/x/` are one prefix to nginx."""
    return tuple(args[1:]) if args[0] == "^~" else tuple(args)


def headers_fit(conf: Conf) -> Iterator[str]:
    """A line of a request is as long as was decided, and all of them fit into a packet of the uwsgi protocol."""
    number, longest = conf.value("large_client_header_buffers").split()
    if conf.value("client_header_buffer_size") != "1k" or _bytes(longest) != conf.plan.clients.header.value:
        yield f"header buffers {number} {longest}"
    most = 65535 - 8192 if conf.plan.server.protocol == "uwsgi" else 4 * 32 * 1024
    if not 0 < int(number) * _bytes(longest) <= most:
        yield f"{number} headers of {longest}"
    counted = [found.args for found in conf.http.all("max_headers")]
    if counted != ([("100",)] if conf.plan.nginx.counts_headers else []):
        yield f"max_headers {counted}"


def _bytes(text: str) -> int:
    return int(text.rstrip("kmg")) * {"k": 1024, "m": 1024**2, "g": 1024**3}.get(text[-1], 1)


NO_FILE = ("404", "405", "=")
FOLDERS = ("~", "/$")


def _only_404(found: Found) -> bool:
    """A location that says nothing else, with the page of it."""
    said = [(each.name, each.args) for each in found.children]
    return said == [("error_page", ("404", "$error_page")), ("return", ("404",))]


def what_is_no_file_is_the_apps(conf: Conf) -> Iterator[str]:
    """In a folder that was found in an app, that app answers for the rest, but not for refused names; else nobody."""
    site = {each.args: each for each in conf.servers[-1].all("location")}
    for each in conf.plan.static.value:
        found = site.get(("^~", each.url))
        if found is None or not each.url.endswith("/"):
            continue
        own = app_at(conf.plan, each.url)
        name, passed = f"@{own.run.program}", _pass(own)
        led = [one.args for one in found.all("error_page") if one.args[-1].startswith("@")]
        if led != [(*NO_FILE, name)] * each.of_app:
            yield f"{each.url} is left to {led}"
        inner = {one.args: one for one in found.all("location") if one.all("return")}
        if (inner.pop(FOLDERS, None) is not None) != each.of_app:
            yield f"folders below {each.url} are answered with an index.html, or with none"
        if len(inner) != 2 or any(_only_404(one) != each.of_app for one in inner.values()):
            yield f"refused names below {each.url} reach the app"
        if each.of_app and (
            (name,) not in site or passed not in {(one.name, one.args) for one in site[(name,)].children}
        ):
            yield f"{name} does not lead to {own.run.program}"


def errors_have_pages(conf: Conf) -> Iterator[str]:
    """Each error that nginx makes has a page, in each server, that tells when to come again."""
    pages = {code: found.args[-1] for found in conf.http.all("error_page") for code in found.args[:-1]}
    yield from (
        f"no page for {code}" for code in (400, 404, 413, 421, 429, 500, 502, 503, 504) if str(code) not in pages
    )
    for server in conf.servers:
        places = {each.args[-1]: each for each in server.all("location")}
        for url in ("/-/porch/error.html", "/-/porch/error.json"):
            page = places.get(url)
            if page is None or page.args[0] != "=" or not page.all("internal"):
                yield f"{url} is missing or public"
                continue
            told = {found.args[0]: found.args[1] for found in page.all("add_header")}
            if (told.get("Retry-After"), told.get("Cache-Control")) != ("$retry_after", "no-store"):
                yield f"{url} with {told}"
    everywhere = {found.args[:-1] for found in conf.http.all("error_page")}
    for found in conf.every:
        own = found.all("error_page")
        inner = own and found != conf.http and not _asks(found) and not _only_404(found)
        if inner and {each.args[:-1] for each in own} - SOCKETS - {("497", "=308"), NO_FILE} != everywhere - SOCKETS:
            yield f"the pages are lost in {found.args}"
        if found.name.endswith("_intercept_errors") and not _asks(found.inside[-1]):
            yield "answers of the app are replaced"


def security_headers_stand_once(conf: Conf) -> Iterator[str]:
    """Wherever a header is added, so are all of the security headers, on every status, and the app's value wins."""
    maps = {found.args[1]: (found.args[0], found.children) for found in conf.http.all("map")}
    everywhere = [each.args[0] for each in conf.http.all("add_header")]
    if conf.plan.answers.security.value != "off" and not set(SECURITY) <= set(everywhere):
        yield f"http adds {everywhere}"
    for found in conf.every:
        own = found.all("add_header")
        names = [each.args[0] for each in own]
        if own and (len(names) != len(set(names)) or not set(everywhere) <= set(names)):
            yield f"{found.name} {found.args} adds {names}"
        if not everywhere and set(names) & set(SECURITY):
            yield f"{found.name} {found.args} adds {names}, which was not asked for"
        always = [each for each in own if each.args[0] != "Cache-Control" or not found.all("expires")]
        yield from (f"{each.args[0]} is not on every status" for each in always if each.args[-1] != "always")
    for added in conf.http.all("add_header"):
        source, rows = maps.get(added.args[1], ("", ()))
        said = "$upstream_http_" + added.args[0].lower().replace("-", "_")
        if source != said or [row.args for row in rows if row.name == "default"] != [("",)]:
            yield f"{added.args[0]} stands beside the app's own"


def clients_are_limited(conf: Conf) -> Iterator[str]:
    """Requests at once and by time are counted by the true address, and the answer to too many is 429."""
    wanted, maps = conf.plan.clients, {found.args[1]: found for found in conf.http.all("map")}
    held = [(found.args[0], conf.value("limit_conn")) for found in conf.http.all("limit_conn_zone")]
    key = "$client" if wanted.private_counted else "$public_client"
    if held != ([(key, f"held {wanted.connections.value}")] if wanted.connections.value else []):
        yield f"limit_conn {held}"
    if [found.args[0] for found in conf.http.all("limit_req_zone") if found.args[0] != "$client"]:
        yield "limit_req_zone by something else"
    for name in ("limit_conn", "limit_req"):
        if conf.http.all(f"{name}_zone") and conf.value(f"{name}_status") != "429":
            yield f"{name}_status"
    if "$client" in maps and maps["$client"].args[0] != "$binary_remote_addr":
        yield "a client is known by something else than its address"
    passing = [found for found in conf.every if found.all("proxy_pass") or found.all("uwsgi_pass")]
    passing = [found for found in passing if not _asks(found)]
    unlimited = {url for each in conf.plan.paths.value if each.rate == "" for url in (each.url, each.url.rstrip("/"))}
    for found in passing:
        if wanted.rate.value and not found.all("limit_req") and found.args[-1] not in unlimited:
            yield f"the rate is not held in {found.args}"


FILES = {("files", "^~"), ("files", "=")}
"""Compression that was decided, and the kind of location that may switch it on; `/` may where it has files."""


def only_text_is_compressed(conf: Conf) -> Iterator[str]:
    """No event stream is, nor what is packed already, nor an answer of the app over TLS, unless that was asked for."""
    chosen = conf.plan.answers.compression.value
    if conf.value("gzip") != ("on" if chosen == "all" else "off"):
        yield f"gzip {conf.value('gzip')}, {chosen} wanted"
    types = [kind for found in conf.http.all("gzip_types") for kind in found.args]
    yield from (kind for kind in types if kind in {"text/event-stream", "*", "image/png", "application/zip"})
    for found in conf.every:
        inside = found.inside[-1] if found.inside else found
        files = chosen == "files" and inside.args == ("/",) and bool(conf.plan.files.single_page.value)
        if found.name == "gzip" and inside.name == "location" and (chosen, inside.args[0]) not in FILES and not files:
            yield f"gzip in {inside.args}"


def websockets_have_time(conf: Conf) -> Iterator[str]:
    """A handshake leaves every location that passes to the app, for one where silence is allowed for longer."""
    passing = [each for each in conf.every if each.name == "location" and each.all("proxy_pass")]
    passing = [each for each in passing if not _asks(each)]
    able = {_pass(each)[1]: _has_sockets(each) for each in apps(conf.plan)}
    for found in passing:
        if found.args[0].startswith("@websocket"):
            times = [int(each.args[0].rstrip("s")) for each in found.all("proxy_read_timeout")]
            if times != [conf.plan.limits.websocket.value]:
                yield f"{found.args[0]} waits {times}"
            continue
        led = [each.args for each in found.all("if") if each.args[0] != "-f"]
        if led != [("$upgrade",)] * able.get(found.all("proxy_pass")[0].args, False):
            yield f"a handshake stays in {found.args}"
    places = {each.args[0] for each in passing if each.args[0].startswith("@websocket")}
    having = [each for each in apps(conf.plan) if _has_sockets(each)]
    wanted = {f"@websocket-{each.run.program}" if each.run.mount else "@websocket" for each in having}
    rated = {path.url for each in having for path in each.paths.value if path.rate}
    wanted |= {f"@websocket-{index}" for index, each in enumerate(conf.plan.paths.value) if each.url in rated}
    if places != wanted:
        yield f"places for WebSockets: {places}"
    led = {found.args[-1] for found in conf.every if found.name == "error_page" and found.args[0] == "418"}
    if led != places:
        yield f"handshakes are led to {led}"


def maintenance_stands_before_the_apps(conf: Conf) -> Iterator[str]:
    """Each location that passes to an app looks first whether its page is wanted in place of that; readiness too."""
    wanted, switch = bool(conf.plan.files.maintenance.value), ("-f", f"{conf.plan.run.folder.value}/maintenance")
    passing = [each for each in conf.every if each.name == "location" and _passed(each)]
    first = [
        (each, [(found.args, found.children[0].args) for found in each.all("if")][:1])
        for each in passing
        if not each.args[0].startswith("@websocket") and not _asks(each)
    ]
    yield from (f"{each.args} asks the app" for each, asked in first if (asked == [(switch, ("561",))]) != wanted)
    uncached = [each for each, _ in first if [found.args for found in each.all("open_file_cache")] != [("off",)]]
    yield from (f"{each.args} sees the switch late" for each in uncached if wanted)
    led = [each.args for each in conf.http.all("error_page") if each.args[0] == "561"]
    if led != [("561", "=503", "$maintenance_page")] * wanted:
        yield f"led to {led}"
    for url in ("/-/porch/maintenance.html", "/-/porch/maintenance.json") * wanted:
        pages = [each for each in conf.servers[-1].all("location") if each.args == ("=", url) and each.all("internal")]
        told = [{found.args[0]: found.args[1] for found in each.all("add_header")} for each in pages]
        if [(each.get("Retry-After"), each.get("Cache-Control")) for each in told] != [("60", "no-store")]:
            yield f"{url} with {told}"
    ready = [each for each in conf.servers[-1].all("location") if each.args == ("=", HEALTH_READY)]
    told = [found.children[0].args[0] for each in ready for found in each.all("if") if found.args == switch]
    if told != ["200"] * wanted:
        yield f"readiness is {told}"


def buffering_is_said(conf: Conf) -> Iterator[str]:
    """Answers and bodies are held for slow clients."""
    for protocol in _protocols(conf):
        kind = "uwsgi" if protocol == "uwsgi" else "proxy"
        yield from (name for name in (f"{kind}_buffering", f"{kind}_request_buffering") if conf.value(name) != "on")


def paths_differ_as_said(conf: Conf) -> Iterator[str]:
    """Each path has what was said for it and nothing more, with and without the slash at its end."""
    places = {_key(each.args): each for each in conf.servers[-1].all("location")}
    exact = {each.url for each in conf.plan.paths.value}
    for index, path in enumerate(conf.plan.paths.value):
        of = app_at(conf.plan, path.url)
        kind, base = "uwsgi" if of.server.protocol == "uwsgi" else "proxy", _protocols(conf)[of.server.protocol]
        read = _own(path.read, of.limits.read.value, base.limits.read.value)
        body = _own(path.body, of.limits.body.value, conf.plan.limits.body.value)
        again = None if read is None else f"{min(10, read)}s"
        wait = None if read is None else f"{read}s"
        flags = {True: "on", False: "off", None: None}
        wanted = {
            f"{kind}_read_timeout": wait,
            f"{kind}_send_timeout": wait,
            f"{kind}_next_upstream_timeout": again,
            f"{kind}_buffering": flags[path.buffering],
            f"{kind}_request_buffering": flags[path.request_buffering],
        }
        bare = path.url.rstrip("/")
        keys = [(path.url,) if path.url != bare else ("=", bare)]
        keys += [("=", bare)] if path.url != bare and bare not in exact else []
        for key in keys:
            found = places.get(key)
            if found is None:
                yield f"no {key}"
                continue
            told = {each.name: each.args[0] for each in found.children if each.args and each.name in wanted}
            if told != {name: value for name, value in wanted.items() if value is not None}:
                yield f"{key} has {told}"
            bodies = [_bytes(each.args[0]) for each in found.all("client_max_body_size")]
            if bodies != ([] if body is None else [body]):
                yield f"{key} takes {bodies}"
            if path.rate and [each.args[0] for each in found.all("limit_req")] != [f"zone=rate-{index}"]:
                yield f"{key} has the rate of others"


def _own(said: int | None, of_app: int, everywhere: int) -> int | None:
    """What stands in a location: what its path says, else what its app has otherwise than all."""
    return said if said is not None else of_app if of_app != everywhere else None


def authorities_are_answered(conf: Conf) -> Iterator[str]:
    """Plain HTTP answers them from a folder of porch's own; a variable names the certificate where a reload costs."""
    plan = conf.plan
    if plan.tls.mode.value != "acme":
        return
    known = conf.servers[1]
    places = [each for each in known.all("location") if each.args == ("^~", CHALLENGES)]
    told = [(child.name, child.args) for each in places for child in each.children]
    if told[:2] != [("alias", (f"{plan.run.folder.value}/acme/",)), ("disable_symlinks", ("on",))]:
        yield f"an authority is answered by {told}"
    named = [found.args[0] for found in conf.every if found.name == "ssl_certificate"]
    if named != ["$certificate" if plan.nginx.version < (1, 27, 4) else plan.run.certificate]:
        yield f"the certificate is {named}"


RULES: tuple[Callable[[Conf], Iterator[str]], ...] = (
    never_emitted, passes_are_plain, flags_are_said, headers_stand_once, no_header_can_be_forged,
    only_websockets_upgrade, proxies_are_named, static_files_stay_in_their_folder, only_named_folders_are_opened,
    names_with_a_hash_are_kept, hidden_files_are_refused, a_single_page_stands_last, only_routes_reach_the_app,
    other_hosts_are_refused, health_is_told_everywhere, the_app_has_two_doors, timeouts_are_a_ladder,
    sizes_are_the_plans, all_files_are_private, users_are_named_by_root_alone, variables_exist, locations_stand_once,
    what_is_no_file_is_the_apps, headers_fit, errors_have_pages, security_headers_stand_once, clients_are_limited,
    only_text_is_compressed, websockets_have_time, buffering_is_said, paths_differ_as_said, tls_is_the_guideline,
    plain_http_is_led_to_https, authorities_are_answered, maintenance_stands_before_the_apps,
)  # fmt: skip


def broken(conf: Conf) -> list[str]:
    """Every rule that is broken, with what breaks it."""
    return [f"{rule.__name__}: {what}" for rule in RULES for what in rule(conf)]
