"""What a WSGI server is pointed at: `porch_worker.wsgi:application`.

Rule: importing this module loads the user's app, or ends the process with the reason written down.
"""

from __future__ import annotations

from . import ended, endless, handed, health, pulse, unread
from .call import calling
from .environ import wrap
from .load import app_or_exit

_app, _settings = app_or_exit()
_called = calling(_app, pulse.begin(_settings.pulse), endless.begin(_settings.pulse))
application = wrap(handed.wrap(unread.wsgi(ended.wrap(_called)), _settings.pulse), _settings.mount)
if _settings.health:
    application = health.wsgi(application, _settings.health, _settings.host, _settings.mount)
