from flask import Flask

app = Flask(__name__, static_folder=None)


@app.route('/')
def hello():
    return 'Hello Flask!'


@app.route('/admin/')
def admin_hello():
    return 'Hello Flask Admin!'


@app.route('/worker')
def worker():
    import gevent.socket
    import socket
    return 'gevent' if socket.socket is gevent.socket.socket else 'plain'
