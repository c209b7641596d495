"""`render` and `init`: what is written, and what is never overwritten."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shell


def test_render_prints(shell: Shell) -> None:
    """Without a folder the file goes to standard output, and nothing is written."""
    before = sorted(shell.folder.iterdir())
    told = shell.porch("render", "nginx")
    assert told.out.startswith("# nginx in front of shop:app (flask), served by granian.\n")
    assert sorted(shell.folder.iterdir()) == before


def test_rendered_files_have_paths_that_stay(shell: Shell) -> None:
    """Files for another supervisor know no generations, and their sockets lie beside them unless told otherwise."""
    assert "/app-1/" not in shell.porch("render", "nginx").out
    there = f'bind = "unix:{shell.folder}/deploy/run/app/app.sock"'
    assert there in shell.porch("render", "gunicorn", "--out", "deploy", "--diff").out
    assert 'bind = "unix:/run/x/app/app.sock"' in shell.porch("render", "gunicorn", "--run-dir", "/run/x").out


def test_rendered_files_do_not_depend_on_the_terminal(shell: Shell) -> None:
    """Log lines are text, as the app's own are there, unless the setting says otherwise."""
    shell.machine["terminal"] = False
    assert "access_log /dev/stdout combined;" in shell.porch("render", "nginx").out
    assert "access_log /dev/stdout json;" in shell.porch("render", "nginx", "--log-format", "json").out


def test_what_is_only_copied_is_told_of(shell: Shell) -> None:
    """On standard output stands what is read; the wrapper around the app is written into a folder."""
    told = shell.porch("render", "gunicorn")
    assert "porch_worker/" not in told.out
    assert "more files beside it, which --out FOLDER writes\n" in told.err
    assert "deploy/wrapper/porch_worker/wsgi.py\n" in shell.porch("render", "gunicorn", "--out", "deploy").out
    assert (shell.folder / "deploy/run/app").is_dir()


def test_what_was_rendered_into_the_project_is_no_app(shell: Shell) -> None:
    """The wrapper beside kept files looks like an app, but the project's own is found again."""
    assert shell.porch("render", "gunicorn", "--out", "deploy").code == 0
    told = shell.porch("render", "gunicorn", "--out", "deploy")
    assert told.code == 0, told.err
    assert 'PORCH_WORKER={"target": "shop:app"' in (shell.folder / "deploy/gunicorn.conf.py").read_text()


def test_a_rendered_file_is_not_the_users_own(shell: Shell) -> None:
    """Rendered beside the app, gunicorn.conf.py is written anew like any other, and does not load itself."""
    for _ in range(2):
        assert shell.porch("render", "gunicorn", "--out", ".").code == 0
    assert "exec(" not in (shell.folder / "gunicorn.conf.py").read_text()
    assert shell.porch("explain", "server.config").out.startswith("server.config = none\n")


def test_a_socket_path_that_is_too_long_is_refused(shell: Shell) -> None:
    """The system's limit is told before anything is written."""
    told = shell.porch("render", "gunicorn", "--out", "x" * 100)
    assert told.code == 2
    assert "the socket's path is too long for the system" in told.err
    assert not (shell.folder / ("x" * 100)).exists()


@pytest.mark.parametrize(("name", "start"), [("gunicorn", "# How gunicorn runs"), ("uwsgi", "# How uWSGI runs")])
def test_a_servers_own_file_means_that_server(shell: Shell, name: str, start: str) -> None:
    """Rendering a server's configuration plans for that server, whatever else was said."""
    shell.write("porch.toml", '[server]\nname = "granian"\n')
    for words in ((), ("--server", "granian")):
        told = shell.porch("render", name, *words)
        assert told.code == 0, told.err
        assert told.out.startswith(start)


def test_a_server_that_cannot_is_refused(shell: Shell) -> None:
    """No file is rendered for a server that cannot run the app."""
    shell.write("shop.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    told = shell.porch("render", "uwsgi")
    assert told.code == 2
    assert "uwsgi cannot run asgi apps\n  at:  server.name from render uwsgi\n" in told.err


def test_render_writes_into_a_folder(shell: Shell) -> None:
    """The path of each file is told, the text is the one that is printed, and its seal is the last line."""
    told = shell.porch("render", "nginx", "--out", "deploy")
    assert told.out == "deploy/nginx.conf\n"
    text = (shell.folder / "deploy/nginx.conf").read_text()
    # By words, as a longer path may break a line elsewhere.
    printed = shell.porch("render", "nginx").out.split()
    assert text.replace(f"{shell.folder}/deploy", str(shell.folder)).split()[: len(printed)] == printed
    assert text.splitlines()[-1].startswith("# rendered by porch, sha256 ")


def test_what_porch_wrote_is_written_anew(shell: Shell) -> None:
    """A file that nobody touched is replaced when the settings change."""
    shell.porch("render", "nginx", "--out", ".")
    assert shell.porch("render", "nginx", "--out", ".", "--limits-body", "1G").code == 0
    assert "client_max_body_size 1g;" in (shell.folder / "nginx.conf").read_text()


@pytest.mark.parametrize("text", ["mine\n", None])
def test_what_was_edited_is_kept(shell: Shell, text: str | None) -> None:
    """A file that is another's, or that was changed by hand, is kept unless told otherwise, and that is said."""
    shell.porch("render", "nginx", "--out", ".")
    path = shell.folder / "nginx.conf"
    edited = text or path.read_text().replace("sendfile on", "sendfile off")
    path.write_text(edited)
    told = shell.porch("render", "nginx", "--out", ".")
    assert told.code == 2
    assert "nginx.conf was edited, or is not porch's; it is kept" in told.err
    assert "fix: take over what you want of it, or overwrite it with --force" in told.err
    assert "-mine\n" in told.err if text else "-    sendfile off;\n+    sendfile on;\n" in told.err
    assert path.read_text() == edited
    assert shell.porch("render", "nginx", "--out", ".", "--force").code == 0
    assert "sendfile on;" in path.read_text()


def test_diff_shows_and_writes_nothing(shell: Shell) -> None:
    """What would change is shown as a diff; after writing nothing would."""
    shell.porch("render", "nginx", "--out", ".")
    before = (shell.folder / "nginx.conf").read_text()
    told = shell.porch("render", "nginx", "--out", ".", "--diff", "--limits-body", "1G")
    assert "-    client_max_body_size 10m;\n" in told.out
    assert "+    client_max_body_size 1g;\n" in told.out
    assert (shell.folder / "nginx.conf").read_text() == before
    assert shell.porch("render", "nginx", "--out", ".", "--diff").out == ""


def test_diff_without_a_file_shows_all_of_it(shell: Shell) -> None:
    """Against nothing every line is new."""
    told = shell.porch("render", "nginx", "--diff")
    assert told.out.count("\n+") > 100
    assert "\n-" not in told.out.partition("@@")[2]


def test_a_folder_that_cannot_be_written_is_a_problem(shell: Shell) -> None:
    """A path that is a file is told with what to do, without a traceback."""
    told = shell.porch("render", "nginx", "--out", "shop.py")
    assert told.code == 4
    assert "cannot write shop.py/nginx.conf" in told.err
    assert "Traceback" not in told.err


def test_init_writes_what_was_found(shell: Shell) -> None:
    """The file is TOML, says what was found, and leads to the same decisions."""
    shell.write("static/site.css", "x")
    before = shell.porch("render", "nginx").out
    told = shell.porch("init")
    path = shell.folder / "porch.toml"
    assert told.out == f"{path}\n"
    found = tomllib.loads(path.read_text())
    assert found == {
        "app": {"target": "shop:app"},
        "server": {},
        "static": {"/static/": "static"},
        "limits": {},
    }
    assert "# found: shop.py:3 app = Flask(__name__)\n" in path.read_text()
    assert '# body = "10M"  # Largest request body; 0 is no limit.\n' in path.read_text()
    assert shell.porch("render", "nginx").out == before


def test_a_line_that_is_uncommented_is_a_setting(shell: Shell) -> None:
    """Every commented setting of the new file is one that porch reads."""
    shell.porch("init")
    path = shell.folder / "porch.toml"
    lines = path.read_text().splitlines()
    shown = [line.removeprefix("# ") if " = " in line and "  # " in line else line for line in lines]
    path.write_text("\n".join(shown))
    assert {"name", "workers"} <= set(tomllib.loads(path.read_text())["server"])
    told = shell.porch("explain", "server.workers")
    assert told.code == 0, told.err
    assert "origin   porch.toml:" in told.out


def test_init_quotes_what_toml_would_misread(shell: Shell) -> None:
    """A folder with quotes and backslashes in its name comes back as it is."""
    shell.write('od"d \\ é/site.css', "x")
    shell.write("shop.py", "from flask import Flask\n\napp = Flask(__name__, static_folder='od\"d \\\\ é')\n")
    shell.porch("init", "--static", '/s/=od"d \\ é')
    found = tomllib.loads((shell.folder / "porch.toml").read_text())
    assert found["static"]["/s/"] == 'od"d \\ é'


def test_init_keeps_what_is_there(shell: Shell) -> None:
    """A porch.toml is written anew only with --force."""
    path = shell.write("porch.toml", "# mine\n")
    told = shell.porch("init")
    assert told.code == 2
    assert "porch.toml is there already" in told.err
    assert "fix: edit it, or write it anew with --force" in told.err
    assert path.read_text() == "# mine\n"
    assert shell.porch("init", "--force").code == 0
    assert 'target = "shop:app"' in path.read_text()
