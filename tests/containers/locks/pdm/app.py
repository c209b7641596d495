"""An app with one dependency."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def home() -> str:
    """One line."""
    return "locked\n"
