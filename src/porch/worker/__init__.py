"""Where the package lies that runs inside the app server's process, around the user's app.

Rule: porch never imports `porch_worker`; it only puts this folder on the app's `PYTHONPATH`.
"""

from pathlib import Path

PATH: str = str(Path(__file__).parent)
"""With this folder on `PYTHONPATH`, `import porch_worker` works."""

NAME = "porch_worker"
"""Of the package."""


def modules() -> dict[str, str]:
    """Path -> text of each of its modules, to be copied beside files that run without porch."""
    own = Path(PATH, NAME)
    return {f"{NAME}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(own.glob("*.py"))}


STACKS = 57
"""The signal on which a worker writes the stack of each thread: SIGRTMAX - 7 of Linux, which no server and hardly any
app uses."""
