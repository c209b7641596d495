"""What a WSGI server is pointed at: `porch_worker.wsgi:application`.

Rule: importing this module loads the user's app, or ends the process with the reason written down.
"""

from __future__ import annotations

import sys

from . import endless, health, pulse
from .environ import answering, wrap
from .load import app_or_exit

_app, _settings = app_or_exit()
_told = endless.wsgi(pulse.wsgi(_app, pulse.begin(_settings.pulse)), endless.begin(_settings.pulse))
application = wrap(answering(_told) if "uwsgi" in sys.modules else _told, _settings.mount)
if _settings.health:
    application = health.wsgi(application, _settings.health, _settings.host, _settings.mount)
