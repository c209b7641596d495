"""WebSockets: who may open one, and how long it may be silent.

Rule: only a plain handshake is handed on, and only it gets the long time: a request that merely says so does not.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.syntax.nginx import Arg, Directive, Expr, Node, Value, block, directive, entry, join

STATUS: int = 418
"""Never sent: it leads a handshake to its location. nginx has no other way to choose a timeout by a header."""


def possible(plan: Plan) -> bool:
    """WSGI knows no WebSockets, and the uwsgi protocol hands none on."""
    return plan.app.interface.value != "wsgi"


def maps(plan: Plan) -> list[Node]:
    """Only a plain WebSocket handshake is handed on: no h2c, no list, no body that could smuggle a request."""
    if not possible(plan):
        return []
    return [
        _map(Expr("$http_upgrade"), Expr("$websocket"), (Expr("default"), ""), ("websocket", "websocket")),
        _map(
            Expr('"$request_method:$websocket:$content_length:$http_transfer_encoding"'),
            Expr("$upgrade"),
            (Expr("default"), ""),
            ("GET:websocket::", "websocket"),
            ("GET:websocket:0:", "websocket"),
            note="A WebSocket handshake is a GET without a body; nothing else may upgrade the connection.",
        ),
        _map(Expr("$upgrade"), Expr("$upstream_connection"), (Expr("default"), ""), ("websocket", "upgrade")),
    ]


def _map(source: Expr, variable: Expr, *rows: tuple[Value, Value], note: str = "") -> Node:
    return block("map", source, variable, children=[entry(key, value) for key, value in rows], note=note)


def led(plan: Plan, path: int | None = None) -> list[Directive]:
    """For `http`, or a path with a rate of its own: where a handshake goes, as an error that nobody sees."""
    if not possible(plan):
        return []
    note = "Not an error: handshakes of WebSockets have a location of their own."
    return [
        directive("error_page", STATUS, Expr("="), _name(path), note=note),
        *([directive("recursive_error_pages", True)] if path is None else []),
    ]


def _name(path: int | None) -> Arg | Expr:
    return Expr("@websocket") if path is None else join(Expr("@websocket-"), path)


def away(plan: Plan) -> list[Node]:
    """For a location that passes to the app: a handshake leaves it."""
    return [block("if", Expr("($upgrade)"), children=[directive("return", STATUS)])] if possible(plan) else []


def location(plan: Plan, children: list[Directive], path: int | None = None) -> list[Node]:
    """Where handshakes are answered."""
    if not possible(plan):
        return []
    idle = plan.limits.websocket
    return [
        block(
            "location",
            _name(path),
            children=[
                directive("proxy_read_timeout", f"{idle.value}s", note=idle.note, setting=idle.setting),
                directive("proxy_send_timeout", f"{idle.value}s", setting=idle.setting),
                *children,
            ],
            note="Handshakes of WebSockets, which may be silent for longer than a request may take." * (path is None),
        )
    ]
