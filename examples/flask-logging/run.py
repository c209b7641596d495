"""A Flask app that writes its own line for each request, and what it has to say, to the log."""

import logging
import time

import flask
from requestlogger import ApacheFormatter, WSGILogger

app = flask.Flask(__name__)
logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")


@app.route("/")
def home():
    app.logger.info("somebody came to the page")
    print("a plain print is seen as well")
    return f'<link rel="stylesheet" href="{flask.url_for("static", filename="style.css")}">Hello from run.py'


@app.route("/report")
def report():
    """Takes a while, as reports do: a stop waits for it."""
    time.sleep(2)
    return "the report"


loggingapp = WSGILogger(app, [logging.StreamHandler()], ApacheFormatter())
