"""What gunicorn's aiohttp worker is pointed at: `porch_worker.web:application`.

Rule: importing this module loads the user's app, or ends the process with the reason written down; a factory that is
awaited is called when the worker's event loop runs.
"""

from __future__ import annotations

from aiohttp import web

from . import endless, health, pulse
from .load import app_or_exit
from .request import made, starting, wrap

_target, _settings = app_or_exit()
_pulse = pulse.begin(_settings.pulse)


async def application() -> web.Application:
    """The app, made in the event loop that it will run in."""
    app = wrap(await made(_target, _settings), _settings.mount, endless.begin(_settings.pulse))
    starting(app, _settings)
    if _pulse is not None:
        app.on_startup.append(pulse.aiohttp(_pulse))
        if _settings.counted:
            app.on_response_prepare.append(pulse.counting(_pulse))
    if _settings.health:
        app.middlewares.insert(0, health.aiohttp(app, _settings.health, _settings.host, _settings.mount))
    return app
