"""What a static folder must not hold.

Rule: the first offending path is named, so that the message can show it.
"""

from __future__ import annotations

import pytest
from projects import Folder

from porch.frameworks import contains_code

BAD = [
    "app.py",
    "js/build.pyc",
    ".env",
    ".env.local",
    "db.sqlite3",
    "a/b/.git/HEAD",
    "tls/site.key",
    "cert.PEM",
    "id_rsa",
]


@pytest.mark.parametrize("path", BAD)
def test_code_and_secrets_are_named(path: str, folder: Folder) -> None:
    """A file that nobody should fetch is found wherever it lies."""
    folder.write({"css/site.css": "", "index.html": "", path: ""})
    assert contains_code(folder.path) in (path, path.removesuffix("/HEAD"))


def test_assets_are_fine(folder: Folder) -> None:
    """Styles, scripts, pictures and pages are what static folders are for."""
    folder.write({"site.css": "", "app.js": "", "img/logo.svg": "", "index.html": "", "data.json": "", "key.png": ""})
    assert contains_code(folder.path) == ""
