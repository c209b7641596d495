"""aiohttp: its own interface, spoken by gunicorn's aiohttp worker alone.

Rule: `web.Application()` makes the app, often inside an `async def` factory; static folders are routes of its router.
"""

from __future__ import annotations

import ast

from porch.frameworks.framework import Called
from porch.frameworks.literals import argument
from porch.frameworks.mounted import Route, Routes, Written
from porch.frameworks.trace import Made

CLASSES = ("aiohttp.web.Application", "aiohttp.web_app.Application")


def _read(written: Written) -> Route | None:
    call = written.call
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if method == "add_subapp":
        return Route(argument(call, "prefix", 0), sub=argument(call, "subapp", 1), receiver=receiver)
    if method == "add_static":
        app = receiver.value if isinstance(receiver, ast.Attribute) and receiver.attr == "router" else None
        return Route(argument(call, "prefix", 0), argument(call, "path", 1), receiver=app, note=_listed(call))
    # `web.static(...)` stands in a list of routes, `routes.static(...)` adds to a table: neither names an app.
    if method == "static" and len(call.args) + len(call.keywords) >= 2:
        return Route(argument(call, "prefix", 0), argument(call, "path", 1), note=_listed(call))
    return None


def _listed(call: ast.Call) -> str:
    index = argument(call, "show_index")
    return "show_index=True: nginx lists no folder" if isinstance(index, ast.Constant) and index.value is True else ""


MOUNTED = Routes((b"static", b"add_subapp"), _read)


AIOHTTP = Called(
    name="aiohttp",
    packages=("aiohttp",),
    words=(b"Application",),
    makes=dict.fromkeys(CLASSES, Made("aiohttp")),
    read_statics=MOUNTED.statics,
)
