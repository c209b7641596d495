"""Everything short of starting: the app is imported in a child, the files are judged by the real programs.

Rule: nothing is left behind, and nothing of a running instance is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.plan import Plan
from porch.plan.apps import apps
from porch.runtime import inspection, listen
from porch.runtime.launch import Launch
from porch.syntax.file import File


def import_app(plan: Plan) -> None:
    """Import each app as a worker would; raises Refused (exit 3)."""
    for each in apps(plan):
        app = each.app
        child = inspection.Child(
            app.python.value, app.folder, plan.run.user.value, app.environment, plan.limits.start.value
        )
        inspection.import_app(child, app.target.value, app.import_from, app.interface.value)


def find_prestart(plan: Plan) -> None:
    """Look for the command that runs before the app, and for the script in it; raises Refused."""
    words, app = plan.app.prestart.value, plan.app
    if not words:
        return
    own = str(Path(app.python.value).parent)
    search = os.pathsep.join((own, os.environ.get("PATH", os.defpath)))
    program = str(Path(app.folder, words[0])) if "/" in words[0] else words[0]
    if not shutil.which(program, path=search):
        there = Path(program).is_file()
        what = f"the prestart command cannot be run: {words[0]} is {'not executable' if there else 'not found'}"
        fix = f"chmod +x {program}" if there else "install it, or correct the path; it is relative to the project"
        raise Refused(_prestart_problem(plan, what, fix))
    script = words[1] if len(words) > 1 and words[1].endswith((".py", ".sh")) else ""
    if script and not Path(app.folder, script).is_file():
        what = f"the prestart command cannot be run: there is no script {script}"
        raise Refused(_prestart_problem(plan, what, "correct the path; it is relative to the project"))


def _prestart_problem(plan: Plan, what: str, fix: str) -> Problem:
    chosen = plan.app.prestart
    return Problem(what, f"{chosen.setting} from {chosen.origin}", fix, Exit.MACHINE)


def judge(launch: Launch, files: Mapping[str, File]) -> None:
    """Let nginx judge its configuration, in a folder of its own; raises Refused (exit 4), with its own words."""
    with tempfile.TemporaryDirectory(prefix="porch-") as folder:
        for path in launch.writable:
            Path(path.replace(launch.folder, folder, 1)).mkdir(parents=True)
        for path, file in files.items():
            moved = Path(path.replace(launch.folder, folder, 1))
            moved.parent.mkdir(parents=True, exist_ok=True)
            moved.touch(0o600 if file.private else 0o644)
            moved.write_text(file.text.replace(launch.folder, folder), encoding="utf-8")
        for source, place in launch.handed:
            shutil.copyfile(source.replace(launch.folder, folder, 1), place.replace(launch.folder, folder, 1))
        words = tuple(word.replace(launch.folder, folder) for word in launch.nginx_check)
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            # nginx binds the addresses too; of one that it cannot have, it tells the system's word and nothing to do.
            if problems := listen.hindrances(launch.listen):
                raise Refused(*problems)
            told = done.stderr.replace(folder, launch.folder)
            what = "nginx refuses the configuration"
            raise Refused(Problem(what, "nginx -t", "see nginx's own words above", Exit.MACHINE, told))
