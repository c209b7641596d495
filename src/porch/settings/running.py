"""The settings of the running instance: its logs, its folder, its user.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to standard output."""

    format: str = setting(
        v.choice(v.AUTO, "text", "json"),
        v.AUTO,
        "`text` for people, `json` for machines; `auto`: text on a terminal, else json.",
        example="json",
        short=("--log-format",),
    )
    level: str = setting(
        v.choice("debug", "info", "warning", "error", "critical"),
        "info",
        "What the app server says of itself; the app's own logging is not touched.",
        example="debug",
        images=("LOG_LEVEL",),
    )
    access: bool = setting(
        v.FLAG,
        True,
        "Write a line for each request.",
        example="false",
        elsewhere=("--access-log", "--no-access-log", "--access-logfile", "--disable-logging"),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """The instance on this machine."""

    dir: str = setting(
        v.PATH, v.AUTO, "Folder for sockets and rendered files; one for each project by default.", example="/run/shop"
    )
    user: str = setting(
        v.TEXT,
        v.AUTO,
        "User that nginx and the app run as when porch is started by root; `auto` is www-data or nobody.",
        example="nobody",
        short=("--user",),
        elsewhere=("--uid", "-u"),
    )
    watch: bool = setting(
        v.FLAG,
        False,
        "Reload when code of the project changes, for development; needs `porch[watch]`.",
        example="true",
        short=("--watch",),
        elsewhere=("--reload", "--py-autoreload"),
    )
    part: str = setting(
        v.choice("all", "app", "nginx"),
        "all",
        "Which part of the stack runs here: all of it; or the app server or nginx alone, each in a container of its "
        "own. A part is not watched over: whoever started it starts it again.",
        example="nginx",
    )
    address: str = setting(
        v.TEXT,
        "app:8000",
        "HOST:PORT at which nginx finds the app server, where each runs as a part of its own. A name is looked up "
        "again and again; the app server then listens on every address of that port.",
        example="shop:9000",
    )
    drain_delay: int = setting(
        v.SECONDS,
        0,
        "How long a stop goes on serving, with readiness refused, so that load balancers learn of it.",
        example="15s",
    )
