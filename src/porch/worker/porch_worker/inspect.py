"""`python -m porch_worker.inspect [SECONDS]`: imports the target in a process of its own, and says as JSON what it is.

Rule: standard output carries that line and nothing else, whatever the app prints; a user's mistake is an answer too.
After so many seconds it shows on standard error where it is.
"""

from __future__ import annotations

import asyncio
import faulthandler
import inspect
import json
import os
import sys
from typing import Any, NoReturn

from .failure import EXIT_FAILED, LoadError
from .kind import kind_of, needed
from .load import load, raised
from .settings import Settings, read
from .statics import folders

INTERFACES = '"wsgi", "asgi" or "aiohttp"'


def main() -> NoReturn:
    """Answer, and end at once: threads that the app started at import must not hold this process."""
    answer_to = os.dup(1)
    os.dup2(2, 1)  # what the app prints while it is imported goes to standard error
    if sys.argv[1:]:
        faulthandler.dump_traceback_later(float(sys.argv[1]))
    answer = described(read(os.environ))
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(answer_to, (json.dumps(answer) + "\n").encode())
    os._exit(0 if answer["ok"] else EXIT_FAILED)


def described(settings: Settings) -> dict[str, Any]:
    """What the target is, or why it cannot be loaded."""
    try:
        app = _finished(load(settings), settings)
    except LoadError as failure:
        return {"ok": False, "what": failure.what, "fix": failure.fix, "traceback": failure.traceback}
    interface, framework = kind_of(app)
    wants = "" if interface else needed(app)
    interface = interface or settings.interface
    if wants:
        what = f"{settings.target} is called with {wants}, a WSGI app with 2 and an ASGI app with 3"
        return {"ok": False, "what": what, "fix": _instead(app, settings.target), "traceback": ""}
    if not interface:
        what = f"{settings.target} is an app of a kind that cannot be told from its arguments"
        return {"ok": False, "what": what, "fix": f"set app.interface to {INTERFACES}", "traceback": ""}
    return {"ok": True, "interface": interface, "framework": framework, "static": folders(app, settings.mount)}


def _instead(app: Any, target: str) -> str:
    """What to do with a thing that no server can call."""
    if type(app).__module__.partition(".")[0] == "tornado":
        return "tornado runs a server of its own; porch serves WSGI, ASGI and aiohttp apps"
    return f"if it makes the app, call it in a module of your own, app = {target.rpartition(':')[2]}(...)"


def _finished(app: Any, settings: Settings) -> Any:
    """The app that an aiohttp factory makes; others are finished already."""
    made = settings.interface in ("aiohttp", "") and (inspect.iscoroutine(app) or inspect.iscoroutinefunction(app))
    if not made or kind_of(app)[0]:
        return app
    try:
        return asyncio.run(_awaited(app))
    except (Exception, SystemExit) as error:
        raise raised(error, f"the factory {settings.target}", "when it was called") from error


async def _awaited(app: Any) -> Any:
    made = app() if inspect.iscoroutinefunction(app) else app
    return await made


if __name__ == "__main__":
    main()
