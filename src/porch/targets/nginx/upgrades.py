"""WebSockets: who may open one, and how long it may be silent.

Rule: only a plain handshake is handed on, and only it gets the long time: a request that merely says so does not.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.apps import apps
from porch.syntax.nginx import Arg, Directive, Expr, Node, Value, block, directive, entry, join

STATUS: int = 418
"""Never sent: it leads a handshake to its location. nginx has no other way to choose a timeout by a header."""


def possible(plan: Plan) -> bool:
    """WSGI knows no WebSockets but for libraries that take over gunicorn's connection; the uwsgi protocol has none."""
    return plan.server.websockets


def for_any(plan: Plan) -> bool:
    """Whether any app of the instance may have them."""
    return any(possible(each) for each in apps(plan))


def said(plan: Plan) -> Expr:
    """What the app is told in `Upgrade`."""
    return Expr("$app_upgrade") if mixed(plan) else Expr("$upgrade")


def mixed(plan: Plan) -> bool:
    """Whether some app that is spoken to in HTTP knows WebSockets, and another does not."""
    return len({possible(each) for each in apps(plan) if each.server.protocol == "http"}) > 1


def _of_the_app(plan: Plan) -> list[Node]:
    """Where one app knows WebSockets and another does not, only the one hears of a handshake."""
    if not mixed(plan):
        return []
    able = [each.run.program for each in apps(plan) if possible(each)]
    return [
        _map(
            Expr('"$proxy_host:$upgrade"'),
            Expr("$app_upgrade"),
            (Expr("default"), ""),
            *((f"{name}:websocket", "websocket") for name in able),
            note="Only an app that knows WebSockets hears of a handshake.",
        )
    ]


def maps(plan: Plan) -> list[Node]:
    """Only a plain WebSocket handshake is handed on: no h2c, no list, no body that could smuggle a request."""
    if not for_any(plan):
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
        *_of_the_app(plan),
    ]


def _map(source: Expr, variable: Expr, *rows: tuple[Value, Value], note: str = "") -> Node:
    return block("map", source, variable, children=[entry(key, value) for key, value in rows], note=note)


def everywhere(plan: Plan) -> list[Directive]:
    """For `http`: where a handshake for the main app goes, as an error that nobody sees."""
    main = apps(plan)[0]
    return [*led(main), *([directive("recursive_error_pages", True)] if for_any(plan) else [])]


def led(plan: Plan, path: int | None = None) -> list[Directive]:
    """Where a handshake for that app goes, or for a path with a rate of its own."""
    if not possible(plan):
        return []
    note = "Not an error: handshakes of WebSockets have a location of their own." * (not plan.run.mount)
    return [directive("error_page", STATUS, Expr("="), _name(plan, path), note=note)]


def _name(plan: Plan, path: int | None) -> Arg | Expr:
    if path is not None:
        return join(Expr("@websocket-"), path)
    return join(Expr("@websocket-"), plan.run.program) if plan.run.mount else Expr("@websocket")


def away(plan: Plan) -> list[Node]:
    """For a location that passes to the app: a handshake leaves it."""
    return [block("if", Expr("($upgrade)"), children=[directive("return", STATUS)])] if possible(plan) else []


def location(plan: Plan, children: list[Directive], path: int | None = None) -> list[Node]:
    """Where handshakes are answered."""
    if not possible(plan):
        return []
    idle = plan.limits.websocket
    note = "Handshakes of WebSockets, which may be silent for longer than a request may take."
    return [
        block(
            "location",
            _name(plan, path),
            children=[
                directive("proxy_read_timeout", f"{idle.value}s", note=idle.note, setting=idle.setting),
                directive("proxy_send_timeout", f"{idle.value}s", setting=idle.setting),
                *children,
            ],
            note=note * (path is None and not plan.run.mount),
        )
    ]
