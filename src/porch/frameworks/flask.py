"""Flask, and the packages whose app class is a Flask.

Rule: `Flask(...)` makes the app; its static folders are read as Flask resolves them.
"""

from __future__ import annotations

from porch.frameworks.framework import Called
from porch.frameworks.scaffold import scaffold_statics
from porch.frameworks.trace import Made

CLASSES = ("flask.Flask", "flask.app.Flask", "apiflask.APIFlask", "flask_openapi3.OpenAPI", "flask_api.FlaskAPI")

FLASK = Called(
    name="flask",
    packages=("flask", "apiflask", "flask-openapi3"),
    words=(b"Flask", b"flask_openapi3"),
    makes=dict.fromkeys(CLASSES, Made("wsgi")),
    read_statics=scaffold_statics,
)
