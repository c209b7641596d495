"""A small site with a static folder of its own."""

import time

from flask import Flask, url_for


def create():
    """Make the app."""
    app = Flask(__name__)

    @app.route("/")
    def home():
        return f'<link rel="stylesheet" href="{url_for("static", filename="style.css")}">Hello from gogo'

    @app.route("/report")
    def report():
        time.sleep(2)
        return "the report"

    return app
