"""What an edge must handle well: answers made bit by bit, a worker that dies, headers of the app's own."""

import json
import os
import signal
import time
from pathlib import Path
from urllib.parse import parse_qs

HERE = Path(__file__).parent
OWN = [("X-Frame-Options", "ALLOW"), ("x-content-type-options", "own"), ("Referrer-Policy", "own"), ("Server", "own/1")]


def bit_by_bit(gate):
    """One part, and the next when somebody has made the file."""
    yield b"first\n"
    until_there(gate)
    yield b"second\n"


def until_there(gate):
    (HERE / f"{gate}.begun").touch()
    deadline = time.monotonic() + 40
    while not (HERE / gate).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def app(environ, start_response):
    path, query = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
    gate = query.get("gate", ["none"])[0]
    status, headers, body = "200 OK", [("Content-Type", "text/plain")], b"ok"
    if path in {"/events", "/chunks"}:
        kind = "text/event-stream" if path == "/events" else "text/plain"
        start_response(status, [("Content-Type", kind)])
        return bit_by_bit(gate)
    if path == "/die":
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "/wait":
        until_there(gate)
    if path == "/body":
        body = str(len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))).encode()
    if path == "/own":
        headers = OWN
    if path == "/download":
        headers = [("X-Accel-Redirect", query["file"][0]), ("Content-Type", "application/x-mine")]
    if path == "/large":
        headers, body = [("Content-Type", "application/json")], json.dumps(["word"] * 1000).encode()
    if path == "/host":
        body = environ["HTTP_HOST"].encode()
    if path.startswith("/status/"):
        status = f"{path[8:]} By The App"
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
