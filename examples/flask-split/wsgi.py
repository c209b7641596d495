"""Where the app server comes in."""

from gogo import create

app = create()
