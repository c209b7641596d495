"""A Flask app for uWSGI that says as whom and where it runs."""

import os

from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello from uWSGI"


@app.route("/process")
def process():
    import uwsgi

    return jsonify(
        pid=os.getpid(),
        master=uwsgi.masterpid(),
        uid=os.getuid(),
        gid=os.getgid(),
        groups=os.getgroups(),
        most=uwsgi.numproc,
        cheaper=str(uwsgi.opt.get("cheaper", b"")),
    )
