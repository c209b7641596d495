"""The projects that become images in the tests.

Rule: each is a folder as a user has it; what a test asks of an app is in the app.
"""

from __future__ import annotations

import shutil
from pathlib import Path

APPS = Path(__file__).parents[1] / "apps"
LOCKS = Path(__file__).parent / "locks"

ASKED = '''"""An app that does what a test asks of it."""

import os
import time

from flask import Flask, request

app = Flask(__name__)
grown = []


@app.get("/")
def home():
    """One line."""
    return "hello\\n"


@app.get("/slow")
def slow():
    """So many seconds of work."""
    time.sleep(float(request.args["seconds"]))
    return "done\\n"


@app.post("/grow")
def grow():
    """Memory until there is none."""
    while True:
        grown.append(b"x" * 2**23)


@app.get("/about")
def about():
    """What the app sees."""
    found = {"uid": os.getuid(), "cwd": os.getcwd(), "prefix": request.script_root, "address": request.remote_addr}
    return found | {"files": sorted(os.listdir("."))}
'''
CANARIES = {
    ".env": "SECRET=canary-in-dotenv",
    ".git/config": "url = https://ada:canary-in-git@example.org/",
    "secrets/token.txt": "canary-in-secrets",
    "config/server.key": "canary-in-key",
    "db.sqlite3": "canary-in-database",
}
"""What no image may hold: file -> content."""


def asked(folder: Path, *, server: str = "gunicorn") -> Path:
    """A Flask app with static files, a server among its requirements, and canaries lying around."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(ASKED)
    (folder / "requirements.txt").write_text(f"flask==3.1.3\n{server}\n")
    (folder / "static").mkdir()
    (folder / "static/style.css").write_text("p { color: teal }\n")
    for name, text in CANARIES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{text}\n")
    return folder


def copied(source: Path, folder: Path) -> Path:
    """A sample of the tests, as a project of its own."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
