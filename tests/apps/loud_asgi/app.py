"""Writes as many numbered lines as it is asked for, and answers then."""

from urllib.parse import parse_qs


def count(query):
    for number in range(int(query["lines"][0])):
        print(f"number {number} ")


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    if scope["path"] == "/count":
        count(parse_qs(scope["query_string"].decode()))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"1 0"})
