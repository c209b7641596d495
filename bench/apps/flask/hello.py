"""The WSGI app that every contender serves: one route, as in the articles."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello Flask!"
