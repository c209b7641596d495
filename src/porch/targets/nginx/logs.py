"""What nginx writes of each request.

Rule: whole lines to standard output, never buffered (a buffer is lost with its process), JSON that always parses.
"""

from __future__ import annotations

from typing import LiteralString

from porch.plan import Plan
from porch.syntax.nginx import Expr, Node, block, directive, entry, join

_FIELDS: tuple[LiteralString, ...] = (
    '{"time":"$time_iso8601",',
    '"source":"access",',
    '"client":"$remote_addr",',
    '"method":"$request_method",',
    '"host":"$host",',
    '"uri":"$request_uri",',
    '"protocol":"$server_protocol",',
    '"status":$log_status,',
    '"bytes":$body_bytes_sent,',
    '"duration_s":$request_time,',
    '"app_s":"$upstream_response_time",',
    '"referer":"$http_referer",',
    '"user_agent":"$http_user_agent",',
    '"request_id":"$request_id"}',
)


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
        directive(
            "log_format", "json", Expr("escape=json"), *(join(Expr(text)) for text in _FIELDS), setting=kind.setting
        ),
        directive("access_log", "/dev/stdout", "json", setting=kind.setting),
    ]
