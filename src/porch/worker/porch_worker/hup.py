"""Imported by uWSGI's master before it starts its workers, so that a stop ends those that have not begun to load.

Rule: one line, for its effect. uWSGI ignores HUP, which is its graceful stop to a worker, until the app is loaded; a
worker that misses it is waited for without end.
"""

import signal

signal.signal(signal.SIGHUP, signal.SIG_DFL)
