"""The page that a browser shows while the last save does not run.

Rule: the app's own traceback, and what the terminal says of it; it asks again by itself, so that the site is back as
soon as the next good save is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from porch.errors import Problem
from porch.syntax.html import Node, Style, element, render

AGAIN = "2"
"""Seconds until the browser asks again."""
_FRAME = re.compile(r'\s*File "')
_MARK = re.compile(r"\s*[~^]+\s*$")

STYLE = Style("""
:root { color-scheme: light dark; }
* { box-sizing: border-box; border: 0 solid #e4dfd9; }
body { margin: 0; background: #faf9f7; color: #24211d; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0 0 .5rem; overflow-wrap: anywhere; }
pre { margin: 1.5rem 0; padding: 1rem 1.25rem; overflow-x: auto; background: #fff; border-width: 1px 1px 1px 4px;
  border-left-color: #b3261e; border-radius: 6px; font: 14px/1.55 ui-monospace, monospace; }
footer { margin-top: 2rem; padding-top: 1rem; border-top-width: 1px; font-size: .875rem; }
.kind, .last { color: #b3261e; font-weight: 600; }
.where, .frame, .mark, footer { color: #77706a; }
@media (prefers-color-scheme: dark) {
  * { border-color: #3a3633; }
  body { background: #1b1a19; color: #ece8e3; }
  pre { background: #252321; border-left-color: #ff8a80; }
  .kind, .last { color: #ff8a80; }
  .where, .frame, .mark, footer { color: #9d958d; }
}
""")


def page(problems: Sequence[Problem]) -> str:
    """The whole page."""
    head = (
        element("title", f"Broken save: {problems[0].what}"),
        element("meta", attributes={"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", attributes={"http-equiv": "refresh", "content": AGAIN}),
        STYLE,
    )
    footer = element(
        "footer",
        "All other requests are answered by the code before this save. This page looks again every two seconds.",
    )
    kind = element("p", "The last save does not run", attributes={"class": "kind"})
    return render("en", head, (element("main", kind, *_problems(problems), footer),))


def _problems(problems: Iterable[Problem]) -> Iterator[Node]:
    for each in problems:
        yield element("h1", each.what)
        if each.where:
            yield element("p", each.where, attributes={"class": "where"})
        if each.fix:
            yield element("p", each.fix, attributes={"class": "fix"})
        if each.detail.strip():
            yield element("pre", *_lines(each.detail.strip("\n").splitlines()))


def _lines(lines: Sequence[str]) -> Iterator[Node]:
    """Where it was is dim, what was raised stands out."""
    for number, line in enumerate(lines):
        end = "\n" * (number < len(lines) - 1)
        if _FRAME.match(line):
            yield element("span", line, attributes={"class": "frame"})
        elif _MARK.match(line):
            yield element("span", line, attributes={"class": "mark"})
        elif not end:
            yield element("span", line, attributes={"class": "last"})
        else:
            yield line
        yield end
