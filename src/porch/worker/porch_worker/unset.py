"""`python -m porch_worker.unset PREFIX -- COMMAND...`: runs a command without the variables that begin with PREFIX.

Rule: some servers take each variable of their name as an option; what the plan says must not be changed behind it,
by an image that sets `UWSGI_INI` for example.
"""

from __future__ import annotations

import os
import sys


def main(words: list[str]) -> None:
    """Become the command."""
    split = words.index("--")
    prefixes, command = tuple(words[:split]), words[split + 1 :]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    try:
        os.execvpe(command[0], command, environ)  # noqa: S606  # words of the plan, no shell
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
