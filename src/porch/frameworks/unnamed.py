"""Libraries with which a tutorial's program serves itself, and the line that gives it an app with a name.

Rule: asked only when no app was found; it explains, and concludes nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porch.frameworks.project import Project

LINES = {
    "bottle": "its routes are in an app that has no name yet; add: app = bottle.default_app(), and put run(...) under "
    'if __name__ == "__main__":',
    "cherrypy": 'give the app a name, in place of quickstart(): app = cherrypy.tree.mount(Root(), "/")',
    "gradio": 'put it into an app: app = gradio.mount_gradio_app(fastapi.FastAPI(), demo, path="/")',
    "nicegui": "put it into an app, in place of ui.run(): app = fastapi.FastAPI(), then ui.run_with(app)",
    "panel": 'put it into an app: app = fastapi.FastAPI(), then panel.io.fastapi.add_application("/", app=app)(page)',
    "pyramid": "give the app a name at the level of a module: app = config.make_wsgi_app(); or, from its .ini, in a "
    'file wsgi.py: app = pyramid.paster.get_app("production.ini")',
    "streamlit": "streamlit runs a server of its own; porch serves WSGI, ASGI and aiohttp apps",
    "tornado": "tornado runs a server of its own; porch serves WSGI, ASGI and aiohttp apps",
}
"""Library -> what to do."""


def unnamed(project: Project) -> tuple[str, str] | None:
    """Where one of them is imported, and what to do; None where none is."""
    for module in project.with_words(*(name.encode() for name in LINES)):
        for name, line in _imported(module.tree):
            if name in LINES:
                return project.evidence(module, line), LINES[name]
    return None


def _imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno
