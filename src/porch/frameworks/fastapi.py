"""FastAPI: Starlette's routing under classes of its own.

Rule: `FastAPI(...)` makes the app; `app.mount(url, StaticFiles(...))` its static folders.
"""

from __future__ import annotations

from porch.frameworks.framework import Called
from porch.frameworks.starlette import MOUNTED
from porch.frameworks.trace import Made

CLASSES = ("fastapi.FastAPI", "fastapi.applications.FastAPI")

FASTAPI = Called(
    name="fastapi",
    packages=("fastapi", "fastapi-slim"),
    words=(b"FastAPI",),
    makes=dict.fromkeys(CLASSES, Made("asgi")),
    read_statics=MOUNTED.statics,
)
