"""The versions of the app servers, and of what they are quick with, that this porch was tested with.

Rule: an image gets these where the project's own lock names none, so that two builds of it are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

VERSIONS: Mapping[str, str] = {
    "granian": "2.8.7",
    "gunicorn": "27.0.1",
    "uvicorn": "0.54.0",
    "httptools": "0.9.0",
    "uvloop": "0.23.0",
    "websockets": "17.4",
    "pyuwsgi": "2.0.30.post1",
    "gevent": "26.9.0",
    "packaging": "26.3",
    "cryptography": "50.0.2",
    "acme": "5.9.0",
    "certifi": "2026.10.18",
    "watchfiles": "1.3.0",
}
"""Package -> version."""

TLS = ("cryptography", "acme", "certifi")
WATCH = ("watchfiles",)
"""What porch itself needs, for certificates and to see changed code: its extras of these names."""

BROUGHT = ("granian", "gunicorn", "uvicorn")
"""Servers that come with porch wherever it is installed."""
