"""WebSockets of WSGI apps: libraries that take gunicorn's connection over, behind nginx.

Rule: the real libraries, asked by a client of RFC 6455; what the server cannot do is told at the start.
"""

from __future__ import annotations

import threading

import pytest
from asking import WebSocket
from story import MakeProject, Site

SOCK = """\
from flask import Flask
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)


@app.get("/")
def home():
    return "home"


@sock.route("/echo")
def echo(socket):
    while True:
        socket.send(socket.receive())
"""
IO = """\
from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
io = SocketIO(app)


@io.on("message")
def message(told):
    io.send(f"heard {told}")
"""
KINDS = ["gthread", "gevent"]


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, project: MakeProject) -> Site:
    """An app with flask-sock, found by itself."""
    made = project()
    made.write("app.py", SOCK)
    return made.run("app:app", "--server-worker-class", request.param)


def opened(site: Site) -> WebSocket:
    """One that has answered."""
    socket = site.websocket("/echo")
    assert socket.status == 101
    socket.send("hello")
    assert socket.receive() == (1, b"hello")
    return socket


def test_they_are_opened_beside_other_requests(site: Site) -> None:
    """What is no handshake is answered as ever, and a handshake that no route takes is the app's 404."""
    sockets = [opened(site) for _ in range(5)]
    assert site.get("/").text == "home"
    assert site.websocket("/none").status == 404
    for socket in sockets:
        socket.send("again")
        assert socket.receive() == (1, b"again")
        socket.close()


def test_a_stop_closes_them_with_a_close_frame(site: Site) -> None:
    """At once, whether the client answers or not."""
    socket = opened(site)
    ended = threading.Thread(target=site.stop)
    ended.start()
    socket.patient()
    assert socket.receive() == (8, (1012).to_bytes(2))
    assert socket.ended()
    ended.join()


@pytest.mark.parametrize("mode", ["", ', async_mode="threading"'])
def test_socket_io_is_heard_by_both_ways(project: MakeProject, mode: str) -> None:
    """Polling and WebSocket; gevent, which the tests have installed, gets workers of its own kind."""
    made = project()
    made.write("app.py", IO.replace("SocketIO(app)", f"SocketIO(app{mode})"))
    site = made.run("app:app")
    assert f"({'gthread' if mode else 'gevent'} workers)" in site.stderr.text
    url = "/socket.io/?EIO=4&transport="
    socket = site.websocket(f"{url}websocket")
    assert socket.receive()[1].startswith(b"0{")
    for said, heard in (("40", b"40{"), ('42["message","a"]', b'42["message","heard a"]')):
        socket.send(said)
        assert socket.receive()[1].startswith(heard)
    socket.close()
    sid = site.get(f"{url}polling").text.split('"')[3]
    for said, heard in (("40", "40{"), ('42["message","b"]', '42["message","heard b"]')):
        assert site.post(f"{url}polling&sid={sid}", said.encode()).text == "OK"
        assert site.get(f"{url}polling&sid={sid}").text.startswith(heard)
    assert site.stop() == 0


def test_a_server_that_has_none_is_told_of(project: MakeProject) -> None:
    """With what to take in its place."""
    made = project()
    made.write("app.py", SOCK)
    site = made.run("app:app", "--server", "granian")
    assert "flask-sock (app.py:5) opens WebSockets, and granian has none" in site.stderr.text
    assert site.websocket("/echo").status == 400
