"""A Flask app for uWSGI."""

import time

from flask import Flask, url_for

app = Flask(__name__)


@app.route("/")
def home():
    return f'<link rel="stylesheet" href="{url_for("static", filename="style.css")}">Hello from uWSGI'


@app.route("/report")
def report():
    time.sleep(2)
    return "the report"
