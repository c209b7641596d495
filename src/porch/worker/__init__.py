"""Where the package lies that runs inside the app server's process, around the user's app.

Rule: porch never imports `porch_worker`; it only puts this folder on the app's `PYTHONPATH`.
"""

from pathlib import Path

PATH: str = str(Path(__file__).parent)
"""With this folder on `PYTHONPATH`, `import porch_worker` works."""
