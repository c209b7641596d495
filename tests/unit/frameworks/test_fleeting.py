"""Keys of sessions that live no longer than their process."""

from __future__ import annotations

import pytest
from projects import Folder

FLASK = "import os, secrets, uuid\nfrom uuid import uuid4\nfrom flask import Flask\napp = Flask(__name__)\n"
MADE = [
    "app.secret_key = os.urandom(24)\n",
    "app.secret_key = os.urandom(24).hex()\n",
    "app.config['SECRET_KEY'] = secrets.token_hex()\n",
    "app.config.update(SECRET_KEY=str(uuid4()))\n",
    "SECRET_KEY = uuid.uuid4().hex\n",
    "app.add_middleware(None, secret_key=secrets.token_urlsafe(32))\n",
]
KEPT = [
    "app.secret_key = os.environ.get('KEY') or os.urandom(24)\n",
    "app.secret_key = os.environ.get('KEY', os.urandom(24))\n",
    "app.secret_key = 'x'\nnonce = os.urandom(24)\n",
    "app.secret_key = load(os.urandom)\n",
]


@pytest.mark.parametrize("text", MADE)
def test_a_key_that_is_made_anew_is_found(folder: Folder, text: str) -> None:
    """By where it is made, in each way that programs write it."""
    assert folder.write({"app.py": FLASK + text}).found().fleeting_key == "app.py:5"


@pytest.mark.parametrize("text", KEPT)
def test_a_key_that_may_be_kept_is_not(folder: Folder, text: str) -> None:
    """What only stands in for a variable, or is no key, is no fault."""
    assert folder.write({"app.py": FLASK + text}).found().fleeting_key == ""
