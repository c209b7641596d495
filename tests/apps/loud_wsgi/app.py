"""Writes as many lines as it is asked for, of any size and shape, and answers then."""

import json
import os
import sys
import threading
from urllib.parse import parse_qs

THREADS = 8


def count(query):
    """Numbered lines, of that width."""
    padding = "x" * int(query.get("width", ["0"])[0])
    for number in range(int(query["lines"][0])):
        print(f"number {number} {padding}")


def talk(thread, lines):
    """Lines of 16 kB as programs write them: ended by CRLF, with bytes that are no UTF-8, as JSON, and plain."""
    padding = "~" * 16_000
    for number in range(lines):
        head = f"thread {thread} line {number} "
        forms = (
            f"{head}{padding}\r\n".encode(),
            head.encode() + b"\xff\xfe\x80" + padding.encode() + b"\n",
            json.dumps({"message": head, "padding": padding, "source": "mine"}).encode() + b"\n",
            f'{head}{padding} "quoted" \\ \t\x01\x1b[31m\u2028 end\n'.encode(),
        )
        sys.stdout.flush()
        os.write(1, forms[number % len(forms)])


def chat(thread, lines):
    """Short lines by `print`, each of one letter."""
    for _ in range(lines):
        print("abcdefgh"[thread] * 30)


def all_at_once(what, query):
    threads = [threading.Thread(target=what, args=(number, int(query["lines"][0]))) for number in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def app(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if environ["PATH_INFO"] == "/count":
        count(query)
    if environ["PATH_INFO"] == "/talk":
        all_at_once(talk, query)
    if environ["PATH_INFO"] == "/chat":
        all_at_once(chat, query)
    body = f"1 {len(environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0)))}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
