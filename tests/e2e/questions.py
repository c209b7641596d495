"""What is asked of each sample app, and the answers that every server must give.

Rule: the answers depend on the app alone; a server that answers otherwise has changed the app.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from story import Site

JSON = {"Content-Type": "application/json"}


def flask_factory(site: Site) -> None:
    """Pages, an absolute URL, a 404 of the app's own, a redirect, a POST, a static file."""
    assert site.get("/").text == "the shop is open"
    assert site.get("/items/7").json() == {"number": 7, "address": f"http://127.0.0.1:{site.port}/items/7"}
    assert site.get("/items/101").status == 404
    moved = site.get("/old")
    assert (moved.status, moved.header("Location").removeprefix(f"http://127.0.0.1:{site.port}")) == (302, "/")
    ordered = site.post("/orders", b'{"item": "tea"}', JSON)
    assert (ordered.status, ordered.json()) == (201, {"ordered": "tea"})
    assert site.get("/static/shop.txt").text == "shop\n"


def httpbin(site: Site) -> None:
    """The client, the headers, redirects, a stream, a delay and a form, as httpbin sees them."""
    assert site.get("/get?a=1").json()["args"] == {"a": "1"}
    assert site.get("/get").json()["url"] == f"http://127.0.0.1:{site.port}/get"
    assert site.get("/ip").json() == {"origin": "127.0.0.1"}
    headers = site.get("/headers", {"X-Mine": "yes"}).json()["headers"]
    assert (headers["X-Mine"], headers["Host"]) == ("yes", f"127.0.0.1:{site.port}")
    moved = site.get("/redirect/1")
    assert (moved.status, moved.header("Location").removeprefix(f"http://127.0.0.1:{site.port}")) == (302, "/get")
    assert len(site.get("/stream/3").text.splitlines()) == 3
    assert site.get("/delay/1").status == 200
    form = site.post("/post", b"a=1&b=2", {"Content-Type": "application/x-www-form-urlencoded"})
    assert form.json()["form"] == {"a": "1", "b": "2"}
    assert site.get("/status/418").status == 418
    assert site.get("/gzip").header("Content-Encoding") == "gzip"


def plain(site: Site) -> None:
    """A plain callable: what it is told, a body in, a raise that is answered 500."""
    assert site.get("/some/path").json()["path"] == "/some/path"
    assert site.post("/body", bytes(100_000)).text == "100000"
    assert site.get("/raise").status == 500
    assert site.get("/").status == 200


def fastapi(site: Site) -> None:
    """Lifespan has run, parameters are read, a wrong body is refused by FastAPI itself."""
    assert site.get("/").json() == {"stock": {"tea": 3}}
    assert site.get("/items/5?q=x").json() == {"number": 5, "q": "x"}
    created = site.post("/items", b'{"name": "tea", "price": 2}', JSON)
    assert (created.status, created.json()) == (201, {"name": "tea", "price": 2.0})
    assert site.post("/items", b'{"name": "tea"}', JSON).status == 422
    assert site.get("/openapi.json").json()["info"]["title"] == "FastAPI"


def starlette(site: Site) -> None:
    """A page, a stream, a mounted static file, and a WebSocket that is told its client."""
    assert site.get("/").text == "hello from starlette"
    assert site.get("/events").text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
    assert site.get("/assets/note.txt").text == "an asset\n"
    socket = site.websocket("/socket")
    assert socket.status == 101
    socket.send("ping")
    assert socket.receive() == (1, b"ws 127.0.0.1 ping")
    assert socket.receive()[0] == 8, "a close frame ends it"
    socket.close()


def datasette(site: Site) -> None:
    """Its front page and a query."""
    assert "Datasette" in site.get("/").text
    assert site.get("/_memory.json?sql=select+6*7+as+answer&_shape=array").json() == [{"answer": 42}]


def django(site: Site) -> None:
    """The admin's login page and its style sheet, and a login by POST with its CSRF token."""
    page = site.get("/admin/login/?next=/admin/")
    assert page.status == 200
    sheet = re.findall(r'href="(/static/admin/css/base[^"]*\.css)"', page.text)[0]
    style = site.get(sheet)
    assert (style.status, style.header("Content-Type").split(";")[0]) == (200, "text/css")
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[0]
    form = {"username": "owner", "password": "a long password", "csrfmiddlewaretoken": token, "next": "/admin/"}
    origin = f"http://127.0.0.1:{site.port}"
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _cookies(page.all("Set-Cookie"))}
    entered = site.post("/admin/login/", urlencode(form).encode(), sent | {"Origin": origin, "Referer": origin + "/"})
    assert (entered.status, entered.header("Location")) == (302, "/admin/")
    inside = site.get("/admin/", {"Cookie": _cookies(entered.all("Set-Cookie"))})
    assert "Site administration" in inside.text
    assert site.post("/admin/login/", urlencode(form).encode(), {"Content-Type": sent["Content-Type"]}).status == 403


def aiohttp(site: Site) -> None:
    """A page and an upload."""
    assert site.get("/").text == "hello from aiohttp"
    assert site.post("/upload", bytes(300_000)).text == "300000"


def _cookies(values: list[str]) -> str:
    jar: SimpleCookie = SimpleCookie()
    for value in values:
        jar.load(value)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


Questions = Callable[[Site], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A sample app."""

    folder: str
    """Below tests/apps; `django` is made by `startproject`; empty for an app that is an installed package."""
    target: str
    ask: Questions


BY_APP: dict[str, dict[str, Case]] = {
    "wsgi": {
        "flask": Case("flask_factory", "shop:create_app()", flask_factory),
        "httpbin": Case("", "httpbin:app", httpbin),
        "django": Case("django", "shop.wsgi:application", django),
        "plain": Case("echo_wsgi", "app.py", plain),
    },
    "asgi": {
        "fastapi": Case("fastapi_items", "main:app", fastapi),
        "starlette": Case("starlette_socket", "app.py:app", starlette),
        "datasette": Case("datasette_memory", "app.py", datasette),
        "django": Case("django", "shop.asgi:application", django),
        "plain": Case("echo_asgi", "app:app", plain),
    },
    "aiohttp": {
        "hello": Case("aiohttp_hello", "app:app", aiohttp),
        "plain": Case("echo_aiohttp", "app.py", plain),
    },
}
