"""Quart: Flask's rules on ASGI.

Rule: what holds for Flask's static folders holds here.
"""

from __future__ import annotations

from porch.frameworks.framework import Called
from porch.frameworks.scaffold import scaffold_statics
from porch.frameworks.trace import Made

CLASSES = ("quart.Quart", "quart.app.Quart", "quart_trio.QuartTrio")

QUART = Called(
    name="quart",
    packages=("quart",),
    words=(b"Quart",),
    makes=dict.fromkeys(CLASSES, Made("asgi")),
    read_statics=scaffold_statics,
)
