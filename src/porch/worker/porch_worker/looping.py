"""What to do where the app wants to run an event loop that runs already, or asks for one before any does.

Rule: only the words of Python's own error are believed; servers differ in when they import the app, so both are said.
"""

from __future__ import annotations

RUNS = ("asyncio.run() cannot be called from a running event loop", "this event loop is already running")
"""As asyncio says it, and uvloop, for `asyncio.run` and for `run_until_complete`."""
RUNS_NOT = ("no running event loop", "there is no current event loop")
AT_THE_START = "do that when the app starts, in its lifespan or on_startup"


def remedy(error: BaseException) -> str:
    """The next step; empty where it is about no event loop."""
    said = str(error).lower() if isinstance(error, RuntimeError) else ""
    if said.startswith(RUNS):
        other = "take a server that imports the app before its event loop runs (--server granian)"
        return f"this server imports the app inside its event loop: {AT_THE_START}, or {other}"
    if said.startswith(RUNS_NOT):
        return f"the app is imported before an event loop runs: {AT_THE_START}"
    return ""
