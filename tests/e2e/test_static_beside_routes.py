"""Folders of files that were found in an app, and what else the app answers below the same URL.

Rule: nginx answers for the files; whatever is none is the app's, as without nginx, but for names that are refused.
"""

from __future__ import annotations

import pytest
from story import MakeProject, Site

FLASK = """\
from flask import Flask, request

app = Flask(__name__, static_url_path="/assets", static_folder="files")


@app.route("/assets/list", methods=["GET", "POST"])
def listed():
    return f"by the app, {request.method} {request.get_data(as_text=True)}"


@app.get("/assets/")
def home():
    return "the home of it"
"""
STARLETTE = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles


async def listed(request):
    body = (await request.body()).decode()
    return PlainTextResponse(f"by the app, {request.method} {body}")


async def home(request):
    return PlainTextResponse("the home of it")


async def echo(socket):
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


app = Starlette(routes=[
    Route("/assets/list", listed, methods=["GET", "POST"]),
    Route("/assets/", home),
    WebSocketRoute("/assets/echo", echo),
    Mount("/assets", StaticFiles(directory="files")),
])
"""
AIOHTTP = """\
from aiohttp import web


async def listed(request):
    return web.Response(text=f"by the app, {request.method} {await request.text()}")


async def home(request):
    return web.Response(text="the home of it")


app = web.Application()
app.router.add_route("*", "/assets/list", listed)
app.router.add_get("/assets/", home)
app.router.add_static("/assets/", "files")
"""
APPS = {"flask": FLASK, "starlette": STARLETTE, "aiohttp": AIOHTTP}


@pytest.fixture(scope="module", params=APPS)
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """A folder with a file, and routes below its URL."""
    made = shared_project()
    made.write("app.py", APPS[request.param])
    made.write("files/site.css", "body {}")
    made.write("files/guide/index.html", "<p>A guide.</p>")
    return made.run("app:app", "--workers", "1", "--path", "/assets/list body=150k")


def test_files_are_nginxs_and_the_rest_is_the_apps(site: Site) -> None:
    """A route below the folder's URL is answered, with any method; so is the URL of the folder itself."""
    css = site.get("/assets/site.css")
    assert (css.status, css.text, css.header("Cache-Control")) == (200, "body {}", "max-age=3600")
    assert site.get("/assets/list").text.strip() == "by the app, GET"
    assert site.post("/assets/list", b"x" * 100_000).text == f"by the app, POST {'x' * 100_000}"
    assert site.get("/assets/").text == "the home of it"


def test_a_route_below_it_may_have_limits_of_its_own(site: Site) -> None:
    """As any other of the app's."""
    assert site.post("/assets/list", b"x" * 200_000).status == 413
    assert site.post("/assets/other", b"x" * 200_000).status in (404, 405)


def test_a_folder_in_it_is_what_the_app_says(site: Site) -> None:
    """No framework hands out its `index.html` by itself; under its own name it is a file."""
    assert site.get("/assets/guide/").status in (403, 404)
    assert "guide" not in site.get("/assets/guide/").text
    assert site.get("/assets/guide/index.html").text == "<p>A guide.</p>"


def test_what_nobody_has_is_the_apps_404(site: Site) -> None:
    """It is the app that says so, and its page; a file with a hash in its name is none that is kept."""
    for path in ("/assets/none.css", "/assets/none.0123456789abcdef.css"):
        answer = site.get(path)
        assert (answer.status, answer.header("Cache-Control")) == (404, "")
        assert "Request:" not in answer.text
    assert "No such file" not in site.stdout.text + site.stderr.text


@pytest.mark.parametrize(
    "name", [".env", "late.py", "late.py/", "late.py%2F", "late.py//", "db.sqlite3", "./late.py/."]
)
def test_refused_names_reach_no_app(site: Site, name: str) -> None:
    """The frameworks would hand such a file out, one that came into the folder later."""
    site.project.write("files/late.py", "SECRET = 1")
    answer = site.get(f"/assets/{name}", {"Accept": "text/html"})
    assert (answer.status, "Request:" in answer.text) == (404, True)


@pytest.mark.parametrize("site", ["starlette"], indirect=True)
def test_a_websocket_below_the_folder_is_opened(site: Site) -> None:
    """Where the app has one there."""
    socket = site.websocket("/assets/echo")
    socket.send("hello")
    assert socket.receive() == (1, b"hello")
    socket.close()
