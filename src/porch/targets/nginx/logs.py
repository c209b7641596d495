"""What nginx writes of each request.

Rule: whole lines to standard output, never buffered (a buffer is lost with its process), JSON that always parses.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Expr, Node, block, directive, entry, join
from porch.targets.nginx import errors

_FIELDS: tuple[LiteralString, ...] = (
    '{"time":"$log_second$log_fraction$log_zone",',
    '"source":"access",',
    '"client":"$remote_addr",',
    '"peer":"$realip_remote_addr",',
    '"method":"$log_method",',
    '"host":"$host",',
    '"uri":"$log_uri",',
    '"protocol":"$server_protocol",',
    '"status":$log_status,',
    '"bytes":$body_bytes_sent,',
    '"duration_s":$request_time,',
    '"app_s":$log_app_s,',
    '"referer":"$log_referer",',
    '"user_agent":"$log_user_agent",',
    '"request_id":"$request_id"}',
)

_CUT: tuple[tuple[Expr, Expr, Expr, Expr], ...] = (
    (
        Expr("$request_uri"),
        Expr("$log_uri"),
        Expr('"~^(?<log_uri_begin>.{1000})."'),
        Expr("$log_uri_begin..."),
    ),
    (
        Expr("$http_referer"),
        Expr("$log_referer"),
        Expr('"~^(?<log_referer_begin>.{300})."'),
        Expr("$log_referer_begin..."),
    ),
    (
        Expr("$http_user_agent"),
        Expr("$log_user_agent"),
        Expr('"~^(?<log_agent_begin>.{300})."'),
        Expr("$log_agent_begin..."),
    ),
)
"""What a client says at any length, the variable for the log, what is too long, and what is kept of it."""


def _moment() -> list[Node]:
    """nginx has the second and the zone as text, and the milliseconds as a number."""
    pairs = (
        (Expr("$time_iso8601"), Expr("$log_second"), Expr('"~^(?<log_second_said>.{19})"'), Expr("$log_second_said")),
        (Expr("$msec"), Expr("$log_fraction"), Expr('"~(?<log_fraction_said>[.][0-9]+)$"'), Expr("$log_fraction_said")),
        (Expr("$time_iso8601"), Expr("$log_zone"), Expr('"~(?<log_zone_said>.{6})$"'), Expr("$log_zone_said")),
    )
    why = "The time as in all other lines, milliseconds included."
    return [
        block("map", source, variable, children=[entry(found, kept)], note=why * (not index))
        for index, (source, variable, found, kept) in enumerate(pairs)
    ]


def _app_seconds() -> Node:
    return block(
        "map",
        Expr("$upstream_response_time"),
        Expr("$log_app_s"),
        children=[entry(Expr("default"), "null"), entry(Expr('"~(?<log_app_last>[0-9.]+)$"'), Expr("$log_app_last"))],
        note="The app's part of the time: of the last try, where there were several; null where it was not asked.",
    )


def _fields(plan: Plan) -> tuple[LiteralString, ...]:
    """Without its module, nginx cannot tell the peer from the client, and they are the same."""
    able = "http_realip" in plan.nginx.modules
    return _FIELDS if able else tuple(text.replace("$realip_remote_addr", "$remote_addr") for text in _FIELDS)


def _cut() -> list[Node]:
    note = "A line stays below 4096 bytes, so that lines of two workers never mix."
    return [
        block(
            "map",
            source,
            variable,
            children=[entry(Expr("default"), source), entry(long, begin)],
            note=note * (not index),
        )
        for index, (source, variable, long, begin) in enumerate(_CUT)
    ]


def _method() -> list[Node]:
    """To nginx an error page is a GET, so there the method is read where the client wrote it."""
    said = Expr("$log_method_said")
    return [
        block(
            "map",
            Expr("$request"),
            Expr("$log_method_asked"),
            children=[entry(Expr("default"), ""), entry(Expr('"~^(?<log_method_said>[A-Z]+) "'), said)],
            note="To nginx, an error page is a GET; the log tells what the client asked.",
        ),
        block(
            "map",
            Expr("$uri"),
            Expr("$log_method"),
            children=[
                entry(Expr("default"), Expr("$request_method")),
                *(entry(page, Expr("$log_method_asked")) for page in (errors.HTML, errors.JSON)),
            ],
        ),
    ]


def nodes(plan: Plan) -> list[Node]:
    """The access log, in the format of the Plan."""
    kind, access = plan.log.format, plan.log.access
    if not access.value:
        return [directive("access_log", False, note=access.note, setting=access.setting)]
    if kind.value == "text":
        why = "Apache's combined format, which nginx knows by this name."
        return [directive("access_log", "/dev/stdout", "combined", note=why, setting=kind.setting)]
    return [
        block(
            "map",
            Expr("$status"),
            Expr("$log_status"),
            children=[entry(Expr("default"), Expr("$status")), entry(Expr("~^0"), 0)],
            note="A status with a leading zero (a request that was cut off) is no number in JSON.",
        ),
        *_moment(),
        _app_seconds(),
        *_method(),
        *_cut(),
        directive(
            "log_format",
            "json",
            Expr("escape=json"),
            *(join(Expr(text)) for text in _fields(plan)),
            setting=kind.setting,
        ),
        directive("access_log", "/dev/stdout", "json", setting=kind.setting),
    ]
