"""What is sent compressed.

Rule: types of text alone, and never an event stream, whose lines must leave at once; over TLS no answer of the app,
because the length of a compressed secret beside a visitor's own words gives the secret away (BREACH).
"""

from __future__ import annotations

from porch.plan import Plan
from porch.syntax.nginx import Directive, Node, directive

TYPES = (
    "application/atom+xml", "application/javascript", "application/json", "application/ld+json",
    "application/manifest+json", "application/problem+json", "application/rss+xml", "application/wasm",
    "application/xhtml+xml", "application/xml", "font/otf", "font/ttf", "image/bmp", "image/svg+xml",
    "image/vnd.microsoft.icon", "text/calendar", "text/css", "text/csv", "text/javascript", "text/markdown",
    "text/plain", "text/vtt", "text/xml",
)  # fmt: skip
"""Beside text/html, which nginx always has in mind."""


def everywhere(plan: Plan) -> list[Node]:
    """For `http`: off here means off for the app, and files switch it on for themselves."""
    chosen = plan.answers.compression
    if chosen.value == "off" or not _able(plan):
        return [directive("gzip", False, note=chosen.note, setting=chosen.setting)] if _able(plan) else []
    return [
        directive("gzip", chosen.value == "all", note=chosen.note, setting=chosen.setting),
        directive("gzip_comp_level", 4),
        directive("gzip_min_length", 1000, note="What fits in one packet stays as it is."),
        directive("gzip_proxied", "any", note="A proxy that asks is as good as a browser."),
        directive("gzip_vary", True),
        directive("gzip_types", *TYPES, note="No event stream: its lines must leave at once."),
    ]


def of_files(plan: Plan) -> list[Directive]:
    """For a folder of files, where the app's answers are not compressed."""
    chosen = plan.answers.compression
    return [directive("gzip", True, setting=chosen.setting)] if chosen.value == "files" and _able(plan) else []


def _able(plan: Plan) -> bool:
    return "http_gzip" in plan.nginx.modules
