"""What it takes to start files that are kept and run without porch: folders, users, commands.

Rule: each folder belongs to whom writes to it, and to nobody else: what root writes lies in no folder of the app's.
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.apps import apps
from porch.syntax import words
from porch.syntax.file import Folder

COMMAND = "    "
"""A line of a comment that begins so is a command, and is never wrapped."""


def folders(plan: Plan) -> tuple[Folder, ...]:
    """Those that must be there before anything starts: for all, for the app's socket, for nginx."""
    run, user = plan.run, plan.run.user.value
    for_all = 0o711 if user else 0o700
    return (
        Folder(run.folder.value, for_all),
        *(Folder(each.run.socket.rpartition("/")[0], 0o700, user) for each in apps(plan)),
        # nginx makes folders of its workers' user in it; its master, who is root, writes its pid.
        Folder(run.nginx, for_all),
    )


def making(plan: Plan) -> str:
    """The commands that make the folders."""
    return "\n".join(COMMAND + words.show(_install(folder)) for folder in folders(plan))


def starting(plan: Plan, argv: tuple[str, ...]) -> str:
    """How a program of the kept files is started by hand, as whom it is to run."""
    user = plan.run.user.value
    # Not runuser: it stays in between, and gives what it runs two seconds to stop.
    become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--") if user else ()
    return f"{COMMAND}{words.show((*become, *argv))}"


def _install(folder: Folder) -> tuple[str, ...]:
    owner = ("-o", folder.user) if folder.user else ()
    return ("install", "-d", *owner, "-m", f"{folder.mode:04o}", folder.path)
