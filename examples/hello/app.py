"""The sample site: one page that says who answered it.

Rule: everything on the page is read from the request as any app would read it; nothing here knows of porch.
"""

import os
import sys

from flask import Flask, jsonify, render_template, request

app = Flask(__name__)


def facts() -> dict[str, str]:
    """What this process can tell about the request and about itself."""
    return {
        "Client address": request.remote_addr or "",
        "Scheme": request.scheme,
        "Host": request.host,
        "Path": request.script_root + request.path,
        "Request id": request.headers.get("X-Request-ID", ""),
        "App server": request.environ.get("SERVER_SOFTWARE") or server(),
        "Process": str(os.getpid()),
        "Python": sys.version.split()[0],
    }


def server() -> str:
    """The app server that this process belongs to, for those that do not say so in the environ."""
    known = ("granian", "gunicorn", "uvicorn")
    return next((name for name in known if name in sys.modules), "")


@app.get("/")
def index() -> str:
    """The page."""
    return render_template("index.html", facts=facts())


@app.get("/facts.json")
def as_json() -> object:
    """The same for programs."""
    return jsonify(facts())
