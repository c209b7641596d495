"""How much one client may take, and what its answers carry.

Rule: a limit that could hit many people at once, because one address stands for them, is never set unasked.
"""

from __future__ import annotations

from typing import cast

from porch.decide import tls
from porch.decide.desk import Desk
from porch.plan import AnswersPlan, ClientsPlan
from porch.plan.chosen import AS_SET, Chosen
from porch.values import AUTO, show_seconds, show_size

CONNECTIONS = 256
"""For one address: a browser holds 6 connections, or one with 128 streams; an office behind one address, dozens."""


def clients(desk: Desk) -> ClientsPlan:
    """Sizes, times and numbers for one client."""
    wanted = desk.settings.limits
    for key, seconds in (
        ("limits.header_timeout", wanted.header_timeout),
        ("limits.body_timeout", wanted.body_timeout),
        ("limits.websocket_idle", wanted.websocket_idle),
    ):
        if seconds < 1:
            desk.refuse(key, f"{key} is {seconds}, but nothing arrives in less than a second", "for example 10s")
    return ClientsPlan(
        header=desk.chosen("limits.header", wanted.header, f"a line has at most {show_size(wanted.header)}"),
        header_timeout=desk.chosen(
            "limits.header_timeout", wanted.header_timeout, "a client that is slower than this holds no connection"
        ),
        body_timeout=desk.chosen(
            "limits.body_timeout",
            wanted.body_timeout,
            f"a client that is silent for {show_seconds(wanted.body_timeout)} in its body has left",
        ),
        connections=_connections(desk),
        private_counted=wanted.connections != AUTO,
        rate=_rate(desk),
    )


def _connections(desk: Desk) -> Chosen[int]:
    key, wanted = "limits.connections", desk.settings.limits.connections
    if wanted != AUTO:
        number = cast("int", wanted)
        return desk.chosen(
            key, number, "more requests of one client at once are answered 429" if number else "no limit"
        )
    return desk.chosen(key, CONNECTIONS, "more requests of one public address at once are answered 429")


def _rate(desk: Desk) -> Chosen[str]:
    wanted = desk.settings.limits.rate
    return desk.chosen("limits.rate", wanted, "more requests of one client are answered 429" if wanted else "no limit")


def answers(desk: Desk) -> AnswersPlan:
    """Security headers, and what is compressed."""
    sets = {
        "safe": "added to each answer that does not say them itself",
        "strict": "added to each answer that does not say them itself; an app must be made for them",
        "off": "none are added",
    }
    security = desk.settings.answers.security
    return AnswersPlan(
        security=desk.chosen("answers.security", security, sets[security]),
        compression=_compression(desk),
    )


def _compression(desk: Desk) -> Chosen[str]:
    """With TLS, the length of a compressed answer can tell an onlooker of a secret in it (BREACH)."""
    key, wanted = "answers.compression", desk.settings.answers.compression
    if wanted != AUTO:
        if wanted == "all" and _encrypted(desk):
            origin = desk.said.origin(key)
            desk.warnings.append(
                f"{key} is all ({origin}): over TLS, the length of a compressed answer can give away a secret in it "
                "that is not masked anew each time (BREACH)"
            )
        return desk.chosen(key, wanted, AS_SET)
    if _encrypted(desk):
        return desk.chosen(key, "files", "over TLS the length of an answer with a secret in it could give it away")
    return desk.chosen(key, "all", "no TLS is in use, here or at a trusted proxy")


def _encrypted(desk: Desk) -> bool:
    """Whether answers travel by TLS at some point."""
    return bool(desk.settings.proxy.trusted) or tls.on(desk)
