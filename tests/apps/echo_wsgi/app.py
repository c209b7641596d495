"""A plain WSGI callable that tells what it sees."""

import json
import logging
import os
import time
from urllib.parse import parse_qs


def tell(environ):
    return {
        "remote": environ.get("REMOTE_ADDR"),
        "scheme": environ["wsgi.url_scheme"],
        "host": environ.get("HTTP_HOST"),
        "port": environ.get("SERVER_PORT"),
        "prefix": environ.get("SCRIPT_NAME", ""),
        "path": environ["PATH_INFO"],
        "request_id": environ.get("HTTP_X_REQUEST_ID"),
        "user": environ.get("REMOTE_USER"),
        "headers": {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        },
        "pid": os.getpid(),
        "uid": os.getuid(),
    }


def slow(query):
    print("slow begins\n", end="")  # one write: twenty may say it at once
    time.sleep(float(query.get("seconds", ["1"])[0]))
    return "slow ends"


def say(query):
    word = query["word"][0]
    print(f"print says {word}")
    logging.getLogger("echo").warning("logging says %s", word)
    return "said"


def answer(environ):
    path, query = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
    if path == "/slow":
        return slow(query)
    if path == "/say":
        return say(query)
    if path == "/raise":
        raise RuntimeError("raised on purpose")
    if path == "/body":
        return str(len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))))
    return json.dumps(tell(environ))


def app(environ, start_response):
    body = answer(environ).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
