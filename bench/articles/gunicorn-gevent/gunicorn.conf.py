"""The article's gunicorn.conf.py for gevent; only the address differs."""

workers = 5
worker_class = "gevent"
bind = "127.0.0.1:@inner@"
