"""What a detector concludes, and the evidence that it concludes it from.

Rule: every conclusion names the line that it was read from; what reading cannot settle is said to be unsure, never
guessed.
"""

from __future__ import annotations

from porch.plan import Interface
from porch.records import dataclass


@dataclass(frozen=True, slots=True)
class StaticFolder:
    """A folder of files that the app serves and nginx could serve in its place."""

    url: str
    """With both slashes, `/static/`."""
    folder: str
    """Absolute; it exists."""
    evidence: str
    """`shop/app.py:4 app = Flask(__name__)`."""
    rooted: bool = False
    """The URL is as clients see it; else it is below the prefix that the app is mounted at."""


@dataclass(frozen=True, slots=True)
class Statics:
    """The static folders of one app, and what was seen of those that nginx cannot take over."""

    folders: tuple[StaticFolder, ...] = ()
    notes: tuple[str, ...] = ()
    """Evidence lines: a folder that does not exist, an argument that is computed."""
    warnings: tuple[str, ...] = ()
    """What leaves URLs of the app without an answer, and what to do."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Who opens WebSockets in a WSGI app, and how it waits."""

    said: str = ""
    """`flask-sock (app.py:4)`; empty for nobody."""
    gevent: bool = False
    """It waits in gevent's way where gevent is installed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The app of a project."""

    target: str
    """`package.module:attribute`, dotted where need be, or `package.module:factory()`."""
    interface: Interface | None
    """None: reading could not tell; a child process that imports the app can."""
    framework: str
    """`flask`, `django`, ...; empty when none was recognised."""
    evidence: tuple[str, ...]
    """Lines read, each `relative/path.py:LINE what`."""
    statics: tuple[StaticFolder, ...] = ()
    sure: bool = True
    """False: import the app in a child process before the interface is relied upon."""
    sessions: str = ""
    """What keeps its clients' sessions in the process that began them, `Socket.IO (app.py:3)`; empty for nothing."""
    sockets: Sockets = Sockets()
    """What opens WebSockets in a WSGI app."""
    fleeting_key: str = ""
    """Where the key of the sessions is made anew at each start, `app.py:4`; empty for nowhere."""
    warnings: tuple[str, ...] = ()
    """Of its static folders."""
    collect: tuple[str, ...] = ()
    """Words of the command that collects Django's static files, run in the project; empty for none."""
    twin: tuple[str, Interface] | None = None
    """The same site for other servers: the target beside it in asgi.py or wsgi.py, and its kind."""
    import_from: str = ""
    """Folder that the target's module is imported from, absolute: the project, its `src`, or a folder below it."""
