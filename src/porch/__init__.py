"""porch puts any Python web app on the network properly.

Rule: importing this costs nothing, because the resident process imports it too; the public names are loaded when asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from porch.errors import Problem, Refused
    from porch.mainline import plan_for
    from porch.plan import Plan
    from porch.settings import Settings

__version__ = "0.1.0"

_PUBLIC = {
    "Plan": "porch.plan",
    "Problem": "porch.errors",
    "Refused": "porch.errors",
    "Settings": "porch.settings",
    "plan_for": "porch.mainline",
}
__all__ = ["Plan", "Problem", "Refused", "Settings", "__version__", "plan_for"]  # loaded below


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'porch' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)
