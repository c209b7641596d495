# How gunicorn runs app:app behind nginx.
# Written by porch; edit porch.toml, or keep this file as yours.

# The app, wrapped so that it sees each client as nginx saw it.
wsgi_app = "porch_worker.web:application"
# Only nginx reaches this socket.
bind = "unix:/run/porch/app/app-1/app.sock"
# Owner and group may connect to the socket, nobody else.
umask = 7

# 2 cores (CPUs this process may use).
workers = 2
# For aiohttp apps.
worker_class = "aiohttp.GunicornUVLoopWebWorker"
# Connections that may wait for a worker.
backlog = 2048

# A worker that hangs is ended by the supervisor, its stack in the log, after nginx has answered
# 504. This is the last resort.
timeout = 37
# What is in work at a stop may take this long.
graceful_timeout = 30
# Above nginx's own, so that nginx closes first.
keepalive = 75

# Heartbeat files in memory: on a slow disk a worker seems to hang.
worker_tmp_dir = "/dev/shm"
# The supervisor controls it, by signals.
control_socket_disable = True

# Nothing is forwarded but by nginx.
forwarded_allow_ips = "127.0.0.1,::1"
# No header may set SCRIPT_NAME, PATH_INFO or REMOTE_USER.
forwarder_headers = ""
# A header with an underscore could pass for another one.
header_map = "drop"
# As much as nginx lets through; 0 is no limit of its own.
limit_request_line = 8190
limit_request_field_size = 16384
# nginx counts them, and adds its own.
limit_request_fields = 150

# nginx writes the access lines.
accesslog = None
# To standard error, for the one stream of logs.
errorlog = "-"
# What the app server says of itself.
loglevel = "info"

# A stop that comes before a worker listens to signals ends it all the same: until then TERM waits.
import os
import signal

_master = os.getpid()
_before_fork = globals().get("pre_fork", lambda server, worker: None)
_after_fork = globals().get("post_fork", lambda server, worker: None)


def pre_fork(server, worker):
    _before_fork(server, worker)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _heed():
    if os.getpid() == _master:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


os.register_at_fork(after_in_parent=_heed)


def post_fork(server, worker):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _after_fork(server, worker)

# And one that comes later is heard at once: by itself, such a worker looks once a second.
_after_load = globals().get("post_worker_init", lambda worker: None)
_after_early_stop = post_fork


def post_fork(server, worker):
    from porch_worker import prompt

    prompt.begin(worker)
    _after_early_stop(server, worker)


def post_worker_init(worker):
    from porch_worker import prompt

    prompt.stop(worker)
    _after_load(worker)
