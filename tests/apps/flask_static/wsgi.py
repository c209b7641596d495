"""Where the app server enters."""

from gogo import create

app = create()
