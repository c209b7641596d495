"""Frameworks that need no more than the names of what makes their apps, and callables of no framework.

Rule: a framework that needs reading of its own (settings files, static folders with rules) gets a file of its own.
"""

from __future__ import annotations

import ast

from porch.frameworks.framework import Called
from porch.frameworks.literals import argument
from porch.frameworks.mounted import Route, Routes, Written
from porch.frameworks.trace import Made

WSGI, ASGI = Made("wsgi"), Made("asgi")


def _falcon_route(written: Written) -> Route | None:
    call = written.call
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "add_static_route":
        return None
    url, folder = argument(call, "prefix", 0), argument(call, "directory", 1)
    return Route(url, folder=folder, receiver=call.func.value)


GENERIC = (
    Called(
        "bottle", ("bottle",), (b"bottle",), {"bottle.Bottle": WSGI, "bottle.default_app": WSGI, "bottle.app": WSGI}
    ),
    Called(
        "falcon",
        ("falcon",),
        (b"falcon",),
        {
            "falcon.App": WSGI,
            "falcon.API": WSGI,
            "falcon.app.App": WSGI,
            "falcon.asgi.App": ASGI,
            "falcon.asgi.app.App": ASGI,
        },
        Routes((b"add_static_route",), _falcon_route).statics,
    ),
    Called("litestar", ("litestar",), (b"Litestar",), {"litestar.Litestar": ASGI, "litestar.app.Litestar": ASGI}),
    Called("pyramid", ("pyramid",), (b"make_wsgi_app",), {".make_wsgi_app": WSGI}),
    Called(
        "dash", ("dash",), (b"Dash",), {"dash.Dash": Made("wsgi", "server"), "dash.dash.Dash": Made("wsgi", "server")}
    ),
    Called(
        # Connexion 2 makes a WSGI app, Connexion 3 an ASGI app, under the same names.
        "connexion",
        ("connexion",),
        (b"connexion",),
        {"connexion.AsyncApp": ASGI, "connexion.FlaskApp": Made(None), "connexion.App": Made(None)},
    ),
    Called("blacksheep", ("blacksheep",), (b"blacksheep",), {"blacksheep.Application": ASGI}),
    Called(
        "fasthtml", ("python-fasthtml",), (b"FastHTML",), {"fasthtml.common.FastHTML": ASGI, "fasthtml.FastHTML": ASGI}
    ),
    Called("sanic", ("sanic",), (b"Sanic",), {"sanic.Sanic": ASGI, "sanic.app.Sanic": ASGI}),
    Called("shiny", ("shiny",), (b"shiny",), {"shiny.App": ASGI, "shiny.express.wrap_express_app": ASGI}),
    Called("web.py", ("web-py",), (b"wsgifunc",), {".wsgifunc": WSGI}),
    Called("cherrypy", ("cherrypy",), (b"cherrypy",), {"cherrypy.Application": WSGI, "cherrypy.tree.mount": WSGI}),
    Called("ariadne", ("ariadne",), (b"ariadne",), {"ariadne.asgi.GraphQL": ASGI, "ariadne.wsgi.GraphQL": WSGI}),
    Called(
        "werkzeug",
        ("werkzeug",),
        (b"Request.application",),
        {
            "werkzeug.Request.application": WSGI,
            "werkzeug.wrappers.Request.application": WSGI,
            "werkzeug.wrappers.BaseRequest.application": WSGI,
        },
    ),
    Called("webob", ("webob",), (b"wsgify",), {"webob.dec.wsgify": WSGI}),
    # Callables of no framework: what they take tells what they are.
    Called("", (), (b"start_resp", b"environ", b"receive, send"), {}),
)
