"""What is answered in place of the app: the page for maintenance, and a save that does not run.

Rule: every location that passes to an app asks here first, and knows nothing else of it.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.syntax.nginx import Directive, Node, directive
from porch.targets.nginx import broken, maintenance


def maps(plan: Plan) -> list[Node]:
    """What tells which page."""
    return [*maintenance.maps(plan), *broken.maps(plan)]


def led(plan: Plan) -> list[Directive]:
    """For `http`, and for a location with error pages of its own."""
    return [*maintenance.led(plan), *broken.led(plan)]


def of_app(plan: Plan) -> list[Node]:
    """For a location that passes to the app, before all else: a handshake of a WebSocket is no way around it."""
    asked = [*maintenance.asked(plan), *broken.asked(plan)]
    seen = directive("open_file_cache", False, note="A page in place of the app is seen at once, and its end too.")
    return [seen, *asked] if asked else []


def locations(plan: Plan) -> list[Node]:
    """The pages of one server."""
    return [*maintenance.locations(plan), *broken.locations(plan)]
