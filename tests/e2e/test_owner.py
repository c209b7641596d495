"""Whose the run folder is.

Rule: only root can start an app as another user, so these stories need root.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from story import MakeProject

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the app as another user")

ATTACK = """
import os, sys
folder, done = sys.argv[1], []
def attempt(what, *words):
    try:
        what(*words)
    except PermissionError:
        return
    done.append((what.__name__, words))
for name in ("control.sock", "launch.json", "nginx.conf", "lock", "app.sock", "files.json", "processes.json"):
    attempt(os.unlink, f"{folder}/{name}")
    attempt(os.rename, f"{folder}/{name}", f"{folder}/{name}.old")
    if name not in ("app.sock", "control.sock"):
        attempt(os.open, f"{folder}/{name}", os.O_WRONLY)
attempt(os.open, f"{folder}/mine", os.O_WRONLY | os.O_CREAT)
attempt(os.mkdir, f"{folder}/app-2")
attempt(os.symlink, "/etc", f"{folder}/link")
attempt(os.rename, f"{folder}/app-1", f"{folder}/app-7")
attempt(os.listdir, folder)
print(done)
"""


def test_app_cannot_replace_what_root_reads(project: MakeProject) -> None:
    """The app's user can neither replace nor write what the supervisor reads, nor put anything beside it."""
    site = project("echo_wsgi").run()
    row = next(each for each in site.status()["processes"] if each["name"] == "app")
    uid = Path(f"/proc/{row['pid']}").stat().st_uid
    assert uid != 0
    words = (sys.executable, "-c", ATTACK, str(site.project.run_folder))
    gid = pwd.getpwuid(uid).pw_gid
    done = subprocess.run(words, user=uid, group=gid, extra_groups=[], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert site.get("/").status == 200
    folder = site.project.run_folder.stat()
    assert (folder.st_uid, folder.st_mode & 0o777) == (0, 0o710)


def test_everybody_else_is_kept_out(project: MakeProject) -> None:
    """A user who is neither root nor the app's own reaches no socket in the run folder."""
    site = project("echo_wsgi").run("--user", "www-data")
    connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1] + '/app.sock')"
    nobody = pwd.getpwnam("nobody")
    words = (sys.executable, "-c", connect, str(site.project.run_folder))
    done = subprocess.run(
        words, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True, text=True, check=False
    )
    assert "PermissionError" in done.stderr


WHO = """
import os

raise RuntimeError(f"imported by {os.getuid()} of {os.getgroups()} in {os.getcwd()} at home in {os.environ['HOME']}")
from elsewhere import make

app = make()
"""


@pytest.mark.parametrize("words", [("check", "app:app", "--app-interface", "wsgi"), ("explain", "--target", "app:app")])
def test_app_is_imported_as_the_user_that_it_will_run_as(project: MakeProject, words: tuple[str, ...]) -> None:
    """The import that a check or the detection needs has the rights, the groups and the folder of the app's user."""
    asked = project()
    asked.write("app.py", WHO)
    asked.write("elsewhere.py", "make = vars\n")
    entry = pwd.getpwnam("www-data")
    told = asked.porch(*words, "--user", "www-data")
    assert told.code == 3
    seen = f"imported by {entry.pw_uid} of [{entry.pw_gid}] in {asked.folder} at home in {entry.pw_dir}"
    assert f"RuntimeError: {seen}\n" in told.stderr


def test_a_folder_that_the_apps_user_cannot_read_is_told(project: MakeProject) -> None:
    """Files that are kept where the app's user cannot come to are warned about, with the fix; others are not."""
    asked = project("echo_wsgi")
    closed = asked.home / "closed"
    closed.mkdir(mode=0o700)
    words = ("render", "supervisord", "app:app", "--user", "www-data", "--out")
    assert f"www-data cannot read {closed}" in asked.porch(*words, str(closed / "deploy")).stderr
    assert "cannot read" not in asked.porch(*words, str(asked.home / "deploy")).stderr
