# gunicorn's own file; porch reads it, and says where to listen by itself.
workers = 5
worker_class = "gevent"
