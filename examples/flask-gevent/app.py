"""A Flask app on gunicorn's gevent workers."""

import time

from flask import Flask

app = Flask(__name__, static_folder=None)


@app.route("/")
def hello():
    return "Hello Flask!"


@app.route("/admin/")
def admin_hello():
    return "Hello Flask Admin!"


@app.route("/report")
def report():
    time.sleep(2)
    return "the report"
