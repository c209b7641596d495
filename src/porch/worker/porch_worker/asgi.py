"""What an ASGI server is pointed at: `porch_worker.asgi:application`.

Rule: importing this module loads the user's app, or ends the process with the reason written down.
"""

from __future__ import annotations

from . import endless, health, hearing, pulse, unread
from .load import app_or_exit
from .scope import wrap

_app, _settings = app_or_exit()
_told = endless.asgi(pulse.asgi(hearing.asgi(_app), pulse.begin(_settings.pulse)), endless.begin(_settings.pulse))
application = wrap(unread.asgi(_told), _settings)
if _settings.health:
    application = health.asgi(application, _settings.health, _settings.host, _settings.mount)
