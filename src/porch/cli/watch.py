"""`python -m porch.cli.watch RUN_FOLDER PROJECT...`: asks the running instance to reload when code changes there.

Rule: a process beside the app: the resident process knows nothing of files that change, only of reloads that are asked
for. A save that breaks the app is a reload that is refused, and the old generation keeps serving.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from porch.cli import broken
from porch.errors import Refused
from porch.runtime import control, folder

if TYPE_CHECKING:
    from watchfiles import Change

ENDINGS = (".py", ".html", ".jinja", ".jinja2", ".j2", ".toml", ".env", ".ini", ".cfg", ".yaml", ".yml", ".json", ".mo")
"""What an app reads as it starts, or keeps once it was read."""
SETTLES = 300
"""Milliseconds: an editor that saves several files at once means one reload."""
FIRST = 500
"""Milliseconds after which it is told that it watches."""
WITHOUT = frozenset({"__pycache__", ".git", ".hg", ".venv", "venv", "node_modules", ".mypy_cache", ".pytest_cache"})


def main(words: Sequence[str]) -> int:
    """Watch until ended."""
    import watchfiles

    run_folder, project, *others = words
    told = False
    for changes in watchfiles.watch(
        *(project, *others),
        watch_filter=_matters,
        debounce=SETTLES,
        rust_timeout=FIRST,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        if not told:
            # From here on no save is missed.
            print("each save is a reload", flush=True)
            told = True
        if not changes:
            continue
        names = sorted({os.path.relpath(path, project) for _, path in changes})
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"{names[0]}{more} changed", flush=True)
        try:
            control.ask(run_folder, {"do": "reload"}, timeout=None)
        except Refused as refused:
            # The instance itself has told why; here is what to do.
            _show(run_folder, refused)
            print(f"{refused.problems[0].what}: mend it and save again", flush=True)
    return 0


def _show(run_folder: str, refused: Refused) -> None:
    """In the browser too: nginx answers with this file while it is there, and the next good reload removes it."""
    path = f"{run_folder}/{folder.BROKEN}"
    try:
        folder.write(path, broken.page(refused.problems), 0o644, None)
    except OSError as error:
        print(f"cannot write {path}: {error.strerror}", flush=True)


def _matters(_: Change, path: str) -> bool:
    found = Path(path)
    return found.suffix in ENDINGS and WITHOUT.isdisjoint(found.parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
