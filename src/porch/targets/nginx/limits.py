"""How much a client may send, for how long, and how often.

Rule: sizes and times are said outright; who a client is, is its true address, and a whole /64 of IPv6, which is what
one customer is given.
"""

from __future__ import annotations

from porch.plan import KEEPS_AT_RELOAD, Plan
from porch.plan.apps import apps
from porch.syntax.nginx import Arg, Directive, Expr, Node, block, directive, entry, join
from porch.values import show_size

AGAIN = 10
HEADERS: int = 100
"""Of one request; a browser sends 20."""

UWSGI_PACKET = 65535 - 8192
"""Bytes that all headers of a request may have there, beside what nginx adds."""

SHARED = (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "240.0.0.0/4", "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
"""Private addresses, and the last block of all: in `geo`, a client by a unix socket is 255.255.255.255."""


def sizes(plan: Plan) -> list[Node]:
    """Sizes and times of one request, and of one connection."""
    body, clients = plan.limits.body, plan.clients
    header, silence = clients.header, clients.body_timeout
    nodes: list[Node] = [
        directive("client_max_body_size", size(body.value), note=body.note, setting=body.setting),
        directive("client_body_buffer_size", "64k"),
        directive("client_header_buffer_size", "1k", note="Most requests fit in this; others get larger ones:"),
        directive(
            "large_client_header_buffers",
            _buffers(plan),
            size(header.value),
            note=header.note,
            setting=header.setting,
        ),
    ]
    if plan.nginx.counts_headers:
        nodes.append(directive("max_headers", HEADERS))
    nodes += [
        directive(
            "client_header_timeout",
            f"{clients.header_timeout.value}s",
            note=clients.header_timeout.note,
            setting=clients.header_timeout.setting,
        ),
        directive("client_body_timeout", f"{silence.value}s", note=silence.note, setting=silence.setting),
        directive("send_timeout", f"{silence.value}s", setting=silence.setting),
        directive("reset_timedout_connection", True),
        directive("lingering_timeout", "5s"),
        *_keep_alive(plan),
        directive("max_ranges", 16),
    ]
    return nodes


def size(number: int) -> str:
    """As nginx writes sizes."""
    return show_size(number).lower()


def judged(note: str = "") -> Directive:
    """For a location that nginx itself leads to, where it would hold the body against another limit once more."""
    return directive("client_max_body_size", 0, note=note)


def _buffers(plan: Plan) -> int:
    """Four, or fewer where all headers together must fit into one packet of the uwsgi protocol."""
    packed = any(each.server.protocol == "uwsgi" for each in apps(plan))
    return min(4, UWSGI_PACKET // plan.clients.header.value) if packed else 4


def _keep_alive(plan: Plan) -> list[Node]:
    if plan.trusted.value:
        why = "Longer than a load balancer keeps its idle connections, so that it is never the one surprised."
        timeout = "75s"
    else:
        why, timeout = "An idle client gives its connection back.", "10s"
    nodes: list[Node] = [
        directive("keepalive_timeout", timeout, note=why, setting=plan.trusted.setting),
        directive("keepalive_requests", 1000),
        directive("keepalive_time", "1h"),
    ]
    if plan.nginx.version >= KEEPS_AT_RELOAD:
        note = "At a reload or stop of nginx, a connection is open so long for a request that is on its way."
        nodes.append(directive("keepalive_min_timeout", "1s", note=note))
    return nodes


def clients(plan: Plan) -> list[Node]:
    """Who is counted as one client, and how many requests it may have in work."""
    held, rate = plan.clients.connections, plan.clients.rate
    if not held.value and not rates(plan):
        return []
    nodes = _identity(plan)
    if held.value:
        nodes += _held(plan)
    for index, (zone, value, setting) in enumerate(rates(plan)):
        nodes.append(
            directive(
                "limit_req_zone",
                Expr("$client"),
                join(zone, ":10m"),
                f"rate={value.replace('/', 'r/')}",
                note="Requests that one client may send to the app." * (not index),
                setting=setting,
            )
        )
    if rates(plan):
        nodes.append(directive("limit_req_status", 429, setting=rate.setting))
        nodes.append(directive("limit_req_log_level", "notice", setting=rate.setting))
    return nodes


def rates(plan: Plan) -> list[tuple[Arg, str, str]]:
    """Name of the zone, rate and setting, for each rate that there is."""
    rate = plan.clients.rate
    whole = [(_zone(None), rate.value, rate.setting)] if rate.value else []
    own = [(_zone(index), each.rate, plan.paths.setting) for index, each in enumerate(plan.paths.value) if each.rate]
    return [*whole, *own]


def _zone(path: int | None) -> Arg:
    """Of the app as a whole, or of the path at that place of the list."""
    return join("zone=rate") if path is None else join("zone=rate-", path)


def _identity(plan: Plan) -> list[Node]:
    """`$client`: bytes of the address, of IPv6 the first eight; nothing for a unix socket, which tells no address."""
    rows: list[Node] = [entry(Expr("default"), Expr("$binary_remote_addr")), entry("unix:", "")]
    if _reached_by_v6(plan):
        rows.append(entry(Expr(r'"~(?s)^(?<network>.{8}).{8}\z"'), Expr("$network")))
    note = "One client is one address; of IPv6 the network of 64 bits, which is given to one customer."
    return [block("map", Expr("$binary_remote_addr"), Expr("$client"), children=rows, note=note)]


def _reached_by_v6(plan: Plan) -> bool:
    """An address of IPv6 comes by a socket of that family, or by a trusted proxy's word."""
    return bool(plan.trusted.value) or any(each.startswith("[") for each in plan.http.listen.value)


def _held(plan: Plan) -> list[Node]:
    held = plan.clients.connections
    counted, nodes = Expr("$client"), list[Node]()
    if not plan.clients.private_counted:
        counted = Expr("$public_client")
        nodes += [
            block(
                "geo",
                Expr("$shared_address"),
                children=[entry(Expr("default"), 0), *(entry(network, 1) for network in SHARED)],
                note="A private address may be a proxy or a gateway that stands for many clients.",
                setting=held.setting,
            ),
            block(
                "map",
                Expr("$shared_address"),
                counted,
                children=[entry(Expr("default"), ""), entry(0, Expr("$client"))],
                setting=held.setting,
            ),
        ]
    nodes += [
        directive("limit_conn_zone", counted, "zone=held:10m", note=held.note, setting=held.setting),
        directive("limit_conn", "held", held.value, setting=held.setting),
        directive("limit_conn_status", 429, setting=held.setting),
        directive("limit_conn_log_level", "notice", note="The access log tells of it.", setting=held.setting),
    ]
    return nodes


def rate_here(plan: Plan) -> list[Directive]:
    """The rate of the whole app, for a location that passes to it."""
    rate = plan.clients.rate
    return [_limit_req(None, rate.value, rate.setting)] if rate.value else []


def rate_of(plan: Plan, path: int) -> list[Directive]:
    """A path's own rate, for its locations; `path` is its place in the list."""
    rate = plan.paths.value[path].rate
    return [_limit_req(path, rate, plan.paths.setting)] if rate else []


def _limit_req(path: int | None, value: str, setting: str) -> Directive:
    """All requests of a second or minute may come at once; else nginx would refuse the second of two neighbours."""
    count = int(value.partition("/")[0])
    burst = [f"burst={count - 1}", "nodelay"] if count > 1 else []
    return directive("limit_req", _zone(path), *burst, setting=setting)


def again_within(read: int) -> int:
    """Seconds after which nothing is asked again; never above the read timeout, or a slow request would run twice."""
    return min(AGAIN, read)
