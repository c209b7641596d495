"""The app's own health: asked at the path that the user names, in a real worker, on every server."""

from __future__ import annotations

import json
import os
import signal

import pytest
from story import MakeProject

READY = "/-/porch/ready"
START = "from pathlib import Path\n\nill = Path(__file__).with_name('ill').exists\n\n\n"
WSGI = f"""{START}def app(environ, start_response):
    if environ["HTTP_HOST"] != "shop.example.org":
        status = "400 Bad Request"
    else:
        status = "500 Oh" if environ["PATH_INFO"] == "/healthz" and ill() else "200 OK"
    start_response(status, [("Content-Length", "2")])
    return [b"ok"]
"""
ASGI = f"""{START}async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    status = 500 if scope["path"] == "/healthz" and ill() else 200
    if dict(scope["headers"])[b"host"] != b"shop.example.org":
        status = 400
    await send({{"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]}})
    await send({{"type": "http.response.body", "body": b"ok"}})
"""
AIOHTTP = f"""from aiohttp import web
{START}@web.middleware
async def known_hosts(request, handler):
    return await handler(request) if request.host == "shop.example.org" else web.Response(status=400)


async def healthz(request):
    assert request.app is app
    raise web.HTTPInternalServerError if ill() else web.HTTPNoContent


app = web.Application(middlewares=[known_hosts])
app.router.add_get("/healthz", healthz)
"""
APPS = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}
AT_MOST = 12
"""Seconds for a start; a good one takes a tenth of it on a machine that has nothing else to do."""
SERVED = [
    *(pytest.param("wsgi", server, id=f"wsgi-{server}") for server in ("granian", "gunicorn", "uwsgi")),
    *(pytest.param("asgi", server, id=f"asgi-{server}") for server in ("uvicorn", "granian", "gunicorn")),
    pytest.param("aiohttp", "gunicorn", id="aiohttp"),
]


@pytest.mark.parametrize(("interface", "server"), SERVED)
def test_the_app_says_whether_it_is_well(project: MakeProject, interface: str, server: str) -> None:
    """Ready and ill are told at each look, asked by its own name, and an ill release does not get into service."""
    made = project()
    made.write("app.py", APPS[interface])
    told = ("--app-health", "/healthz", "--limits-start-timeout", str(AT_MOST), "--domain", "shop.example.org")
    site = made.run("app:app", "--server", server, "--workers", "1", *told)
    assert site.get(READY).status == 200
    ill = made.write("ill", "")
    answer = site.get(READY)
    assert (answer.status, json.loads(answer.body)["status"]) == (503, "unavailable")
    refused = made.porch("reload", "--run-dir", str(made.run_folder))
    assert refused.code == 5
    assert f"was not ready within {AT_MOST} s: the app answered 500 at /healthz" in refused.stderr
    assert "generation 1 keeps serving" in refused.stderr
    ill.unlink()
    assert site.get(READY).status == 200
    assert READY not in site.stdout.text, "health is not in the access log"


def test_an_ill_app_does_not_start(project: MakeProject) -> None:
    """The start ends with code 3, and says what the app answered where."""
    made = project()
    made.write("app.py", WSGI)
    refused = made.run_refused("app:app", "--app-health", "/healthz", "--limits-start-timeout", str(AT_MOST))
    assert refused.code == 3
    assert f"was not ready within {AT_MOST} s: the app answered 400 at /healthz" in refused.stderr


def test_an_nginx_that_dies_beside_an_ill_app_is_back(project: MakeProject) -> None:
    """It serves what is its own as soon as it is up, and is not ended for what the app answers."""
    made = project()
    made.write("app.py", WSGI)
    static = made.write("static/a.txt", "from a file").parent
    told = ("--app-health", "/healthz", "--domain", "shop.example.org", "--static", f"/static/={static}")
    site = made.run("app:app", "--workers", "1", *told)
    made.write("ill", "")
    os.kill(site.pid_of("nginx"), signal.SIGKILL)
    site.stderr.wait_for("nginx is back")
    assert site.get("/static/a.txt", {"Host": "shop.example.org"}).text == "from a file"
    assert site.get(READY).status == 503
    (nginx,) = [each for each in site.status()["processes"] if each["role"] == "nginx master"]
    assert nginx["restarts"] == 1
