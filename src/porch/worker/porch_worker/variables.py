"""What to do where the app looks for a variable that is not set.

Rule: a KeyError counts only when the environment raised it, and of a library's words only those that name a variable.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .causes import innermost, reasons

SAID = re.compile(r"^(?:Set the (\w+) environment variable$|(\w+) not found\. Declare it as envvar )")
"""As django-environ and most Django projects say it, and as python-decouple does."""
RAISED = ("ImproperlyConfigured", "UndefinedValueError")


def remedy(error: BaseException) -> str:
    """The next step, with the variable's name; empty where it is about no variable."""
    name = next((name for each in reasons(error) if (name := _named(each))), "")
    if not name:
        return ""
    file = Path.cwd() / ".env"
    if not _has(file, name):
        return f"set the variable {name}"
    return f"set the variable {name}: it is in {file}, which porch does not read: set -a; . ./.env; set +a"


def _named(error: BaseException) -> str:
    if isinstance(error, KeyError):
        frame = innermost(error)
        looked_up = frame is not None and frame.f_code is type(os.environ).__getitem__.__code__
        return str(error.args[0]) if looked_up else ""
    said = SAID.match(str(error)) if type(error).__name__ in RAISED else None
    return str(said[1] or said[2]) if said else ""


def _has(file: Path, name: str) -> bool:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return False
    return re.search(rf"^\s*(?:export\s+)?{re.escape(name)}\s*=", text, re.MULTILINE) is not None
