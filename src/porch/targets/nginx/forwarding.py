"""Who the client is: what nginx believes, and what it tells the app.

Rule: each header that an app may read as the truth about the client is set from nginx's own knowledge or blanked;
a proxy in front is believed only where its network is named.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan, Protocol
from porch.plan.apps import apps
from porch.syntax.nginx import Directive, Expr, Node, Value, block, directive, entry
from porch.targets.nginx import limits, upgrades

KNOWS_REQUEST_PORT = (1, 29, 3)
"""`$request_port` and `$is_request_port`: changes with nginx 1.29.3."""

BLANKED: tuple[LiteralString, ...] = (
    "Forwarded",
    "X-Forwarded",
    "X-Forwarded-By",
    "X-Forwarded-Ssl",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Path",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Url-Scheme",
    "X-Scheme",
    "Front-End-Https",
    "X-Original-URL",
    "X-Original-URI",
    "X-Original-Host",
    "X-Original-Forwarded-For",
    "X-Envoy-Original-Path",
    "X-Rewrite-URL",
    "X-Host",
    "Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "CF-Visitor",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "WL-Proxy-Client-IP",
    "X-AppEngine-User-IP",
    "X-Azure-ClientIP",
    "X-ProxyUser-Ip",
    "X-Script-Name",
    "Script-Name",
    "Remote-User",
    "X-Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-Remote-Addr",
    "Remote-Addr",
    "Proxy",
)
FORGEABLE = "Names that some app or library believes; what a client put there is dropped."
ONE_COOKIE = "A client may send several lines of it; some servers would tell the app of one."

CONNECTION: tuple[LiteralString, ...] = (
    "Connection",
    "Content-Length",
    "Content-Type",
    "Expect",
    "Keep-Alive",
    "TE",
    "Transfer-Encoding",
)
"""What is between the client and nginx alone, or has a variable of its own: the uwsgi protocol has all of it passed on
that is not left out. An app that is told of chunks which are none any more takes its body for empty (Werkzeug)."""


def client(plan: Plan) -> list[Node]:
    """Take the client's address from the proxies that are trusted, from no one else."""
    trusted = plan.trusted
    if not trusted.value:
        return []
    note = "These proxies say who the client is; what anyone else says in this header is not believed."
    nodes: list[Node] = [
        directive("set_real_ip_from", network, note=note * (not index), setting=trusted.setting)
        for index, network in enumerate(trusted.value)
    ]
    nodes += [
        directive("real_ip_header", "X-Forwarded-For", setting=trusted.setting),
        directive("real_ip_recursive", True, setting=trusted.setting),
        block(
            "geo",
            Expr("$realip_remote_addr"),
            Expr("$trusted_peer"),
            children=[entry(Expr("default"), 0), *(entry(network, 1) for network in trusted.value)],
            note="1 when the peer is one of the trusted proxies.",
            setting=trusted.setting,
        ),
    ]
    return nodes


def maps(plan: Plan) -> list[Node]:
    """The variables that the headers below are made of."""
    nodes: list[Node] = []
    if plan.trusted.value:
        nodes.append(
            _map(
                Expr('"$trusted_peer:$http_x_forwarded_proto"'),
                Expr("$client_scheme"),
                (Expr("default"), Expr("$scheme")),
                ("1:https", "https"),
                ("1:http", "http"),
                note="The scheme is a trusted proxy's word, and one of two words.",
            )
        )
    nodes += [*_port_maps(plan), *upgrades.maps(plan)]
    if any(each.server.protocol == "http" for each in apps(plan)):
        nodes.append(_connection(plan))
    return nodes


def _connection(plan: Plan) -> Node:
    """For nginx a HEAD is over with the headers, whatever the app still sends or does."""
    note = "Connections to the app are kept, but after a HEAD: some apps send a body to it, or make one for long."
    rows: list[tuple[Value, Value]] = [(Expr("default"), "")]
    if upgrades.for_any(plan):
        rows += [("HEAD:", "close"), ("GET:websocket", "upgrade")]
        asked = Expr('"$request_method:$app_upgrade"') if upgrades.mixed(plan) else Expr('"$request_method:$upgrade"')
        return _map(asked, Expr("$upstream_connection"), *rows, note=note)
    return _map(Expr("$request_method"), Expr("$upstream_connection"), *rows, ("HEAD", "close"), note=note)


def _scheme(plan: Plan) -> Expr:
    return Expr("$client_scheme") if plan.trusted.value else Expr("$scheme")


def _port_maps(plan: Plan) -> list[Node]:
    """`$host_port` is what follows the host as the client wrote it, `$client_port` always a number."""
    by_scheme = _map(_scheme(plan), Expr("$scheme_port"), (Expr("default"), 80), ("https", 443))
    if plan.nginx.version >= KNOWS_REQUEST_PORT:
        written = _map(
            Expr("$request_port"),
            Expr("$client_port"),
            (Expr("default"), Expr("$request_port")),
            ("", Expr("$scheme_port")),
            note="The port as the client wrote it; without one, the scheme's.",
        )
        return [by_scheme, written]
    # Of the client's text only this is asked: whether it ends with a port.
    source, wrote = Expr('"$server_port $http_host"'), Expr('"~^[0-9]+ .*:[0-9]+$"')
    note = "Where the client wrote a port, the one that was listened on: which it wrote, this nginx cannot tell."
    if plan.trusted.value:
        source, wrote = Expr('"$trusted_peer:$server_port $http_host"'), Expr('"~^0:[0-9]+ .*:[0-9]+$"')
        note += " Behind a trusted proxy it reached that proxy's."
    host = _map(source, Expr("$host_port"), (Expr("default"), ""), (wrote, Expr('":$server_port"')), note=note)
    port = _map(source, Expr("$client_port"), (Expr("default"), Expr("$scheme_port")), (wrote, Expr("$server_port")))
    return [by_scheme, host, port]


def _host(plan: Plan) -> tuple[Value, Value]:
    """Host with port as the client used them, and the port alone."""
    if plan.nginx.version >= KNOWS_REQUEST_PORT:
        return Expr("$host$is_request_port$request_port"), Expr("$client_port")
    return Expr("$host$host_port"), Expr("$client_port")


def _map(source: Expr, variable: Expr, *rows: tuple[Value, Value], note: str = "") -> Node:
    return block("map", source, variable, children=[entry(key, value) for key, value in rows], note=note)


def upstream_timing(plan: Plan) -> list[Node]:
    """How long nginx waits for the app, and what it tries again."""
    kind: LiteralString = "uwsgi" if plan.server.protocol == "uwsgi" else "proxy"
    read = plan.limits.read
    return [
        directive(f"{kind}_connect_timeout", "5s"),
        directive(
            f"{kind}_read_timeout",
            f"{read.value}s",
            note=f"Silence of the app that is answered 504: {read.reason}.",
            setting=read.setting,
        ),
        directive(f"{kind}_send_timeout", f"{read.value}s", setting=read.setting),
        directive(
            f"{kind}_next_upstream",
            "error",
            "timeout",
            note="A GET whose worker died is asked again; a POST that was sent never is.",
        ),
        directive(f"{kind}_next_upstream_tries", 3),
        directive(f"{kind}_next_upstream_timeout", f"{limits.again_within(read.value)}s", setting=read.setting),
        directive(
            f"{kind}_buffering",
            True,
            note="A slow client holds no worker of the app; an answer that is made bit by bit asks to be passed on so.",
        ),
        directive(f"{kind}_request_buffering", True),
        directive(f"{kind}_buffer_size", "16k", note="Headers of the answer: room for large cookies."),
        directive(f"{kind}_buffers", 8, "16k"),
        *_no_files(plan, kind),
        directive(f"{kind}_hide_header", "X-Powered-By"),
    ]


def _no_files(plan: Plan, kind: LiteralString) -> list[Node]:
    """Only where a folder was named for it, may an answer of the app name a file that nginx sends in its place."""
    if plan.files.protected.value:
        return []
    note, setting = "The app's answers open no file of this machine.", plan.files.protected.setting
    return [directive(f"{kind}_ignore_headers", "X-Accel-Redirect", note=note, setting=setting)]


def headers(plan: Plan, protocol: Protocol) -> list[Node]:
    """What apps are told of the client, in the language of their servers."""
    host, port = _host(plan)
    told: tuple[tuple[LiteralString, Value], ...] = (
        ("Host", host),
        ("X-Forwarded-For", Expr("$remote_addr")),
        ("X-Real-IP", Expr("$remote_addr")),
        ("X-Forwarded-Proto", _scheme(plan)),
        ("X-Forwarded-Host", host),
        ("X-Forwarded-Port", port),
        ("X-Request-ID", Expr("$request_id")),
    )
    if protocol == "uwsgi":
        return _uwsgi(plan, told)
    nodes: list[Node] = [directive("proxy_http_version", Expr("1.1")), directive("proxy_redirect", False)]
    note = "The truth about the client, which no client can forge."
    nodes += [_header(name, value, note if name == "Host" else "") for name, value in told]
    nodes.append(_header("Cookie", Expr("$http_cookie"), ONE_COOKIE))
    if upgrades.for_any(plan):
        nodes.append(_header("Upgrade", upgrades.said(plan)))
    else:
        nodes.append(_header("Upgrade", ""))
    nodes.append(_header("Connection", Expr("$upstream_connection")))
    nodes += [_header(name, "", FORGEABLE * (not index)) for index, name in enumerate(BLANKED)]
    return nodes


def _header(name: LiteralString, value: Value, note: str = "") -> Directive:
    return directive("proxy_set_header", name, value, note=note)


def _uwsgi(plan: Plan, told: tuple[tuple[LiteralString, Value], ...]) -> list[Node]:
    """The fixed set of variables; a client's header of the same name is replaced by nginx."""
    fixed: tuple[tuple[LiteralString, Value], ...] = (
        ("QUERY_STRING", Expr("$query_string")),
        ("REQUEST_METHOD", Expr("$request_method")),
        ("CONTENT_TYPE", Expr("$content_type")),
        ("CONTENT_LENGTH", Expr("$content_length")),
        ("REQUEST_URI", Expr("$request_uri")),
        ("PATH_INFO", Expr("$document_uri")),
        ("SERVER_PROTOCOL", Expr("$server_protocol")),
        ("REQUEST_SCHEME", _scheme(plan)),
        ("REMOTE_ADDR", Expr("$remote_addr")),
        ("SERVER_NAME", Expr("$host")),
        ("SERVER_PORT", _host(plan)[1]),
    )
    nodes: list[Node] = [directive("uwsgi_param", name, value) for name, value in fixed]
    note = "The truth about the client, which no client can forge."
    nodes += [
        directive("uwsgi_param", _variable(name), value, note=note if name == "Host" else "") for name, value in told
    ]
    nodes.append(directive("uwsgi_param", "HTTP_COOKIE", Expr("$http_cookie"), "if_not_empty", note=ONE_COOKIE))
    nodes += _left_out(BLANKED, FORGEABLE)
    nodes += _left_out(CONNECTION, "What is between the client and nginx alone, or has a name of its own above.")
    return nodes


def _left_out(names: tuple[LiteralString, ...], note: str) -> list[Node]:
    """Headers that the uwsgi protocol would pass on unasked."""
    return [
        directive("uwsgi_param", _variable(name), "", "if_not_empty", note=note * (not index))
        for index, name in enumerate(names)
    ]


def _variable(name: LiteralString) -> LiteralString:
    return "HTTP_" + name.upper().replace("-", "_")
