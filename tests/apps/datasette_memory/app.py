"""Datasette over a database in memory."""

from datasette.app import Datasette

app = Datasette([], memory=True).app()
