"""A Flask package with a static folder."""

from flask import Flask, url_for


def create():
    """Build the app."""
    app = Flask(__name__)

    @app.route("/")
    def index():
        return f'<link rel="stylesheet" href="{url_for("static", filename="style.css")}">Hello gogo'

    return app
