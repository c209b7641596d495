"""Asks its server for what PEP 3333 promises, one promise a path."""

import json
import sys
import tempfile

from werkzeug.wrappers import Request

TEXT = ("Content-Type", "text/plain; charset=utf-8")


def late(start_response, path):
    """A generator: it says its status, or raises, when the server asks for its parts."""
    length = [("Content-Length", "4")] if path.endswith("with-length") else []
    if path.startswith("/late/told"):
        start_response("404 Not Found", [TEXT, ("X-Late", "yes"), *length])
        yield b"late"
    elif path.startswith("/late/page"):
        start_response("200 OK", [TEXT, *length])
        yield from page(start_response)
    else:
        if not path.startswith("/late/raise-at-once"):
            start_response("200 OK", [TEXT, *length])
        raise RuntimeError("raised on purpose")


def page(start_response):
    """An error page in the place of the answer that was begun."""
    try:
        raise LookupError("caught")
    except LookupError:
        start_response("500 Oops", [TEXT, ("X-Page", "own"), ("Content-Length", "6")], sys.exc_info())
    return [b"failed"]


def write(start_response):
    """As old apps answer."""
    say = start_response("201 Created", [TEXT])
    say(b"one ")
    say(b"two")
    return [b" three"]


def sought(environ, start_response):
    """A file that is to be sent from the fourth byte on."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the server closes it
    file.write(b"0123456789")
    file.seek(4)
    start_response("200 OK", [TEXT, ("Content-Length", "6")])
    wrap = environ.get("wsgi.file_wrapper")
    return wrap(file) if wrap else iter([file.read()])


READERS = {
    "/read/lines": lambda body: [line.decode() for line in body],
    "/read/readline": lambda body: [body.readline().decode() for _ in range(3)],
    "/read/readlines": lambda body: [line.decode() for line in body.readlines()],
    "/read/parts": lambda body: [body.read(4).decode(), body.readline().decode(), body.read().decode()],
    "/read/whole": lambda body: body.read().decode(),
}


def told(environ):
    """What it is told of the request."""
    path = environ["PATH_INFO"]
    if path in READERS:
        return READERS[path](environ["wsgi.input"])
    if path == "/form":
        return Request(environ).get_data(as_text=True)
    return {
        name: environ.get(name)
        for name in ("PATH_INFO", "QUERY_STRING", "HTTP_COOKIE", "wsgi.multiprocess", "wsgi.multithread")
    }


def app(environ, start_response):
    """One promise a path."""
    path = environ["PATH_INFO"]
    if path.startswith("/late/"):
        return late(start_response, path)
    if path == "/write":
        return write(start_response)
    if path == "/page":
        start_response("200 OK", [TEXT])
        return page(start_response)
    if path == "/sought":
        return sought(environ, start_response)
    headers = [TEXT]
    if path == "/name":
        headers.append(("Content-Disposition", "attachment; filename=café".encode().decode("latin-1")))
    if path == "/split":
        headers.append(("X-Word", "a\r\nX-Put: in"))
    body = json.dumps(told(environ)).encode()
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [body]
