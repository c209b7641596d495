"""What an ASGI server is pointed at: `porch_worker.asgi:application`.

Rule: importing this module loads the user's app, or ends the process with the reason written down.
"""

from __future__ import annotations

from .load import app_or_exit
from .scope import wrap

application = wrap(*app_or_exit())
