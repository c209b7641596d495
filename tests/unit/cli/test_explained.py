"""`explain`: each decision with value, origin, reason and the lines it lands in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from porch.settings import specs

if TYPE_CHECKING:
    from conftest import Shell


def test_one_setting(shell: Shell) -> None:
    """Value, what it is for, origin, reason, how to say it, and every line that it lands in."""
    shell.write("porch.toml", '[limits]\nbody = "200M"\n')
    told = shell.porch("explain", "limits.body")
    lines = told.out.splitlines()
    assert lines[:-1] == [
        "limits.body = 200M",
        "  Largest request body; 0 is no limit.",
        "  origin   porch.toml:2",
        "  reason   a larger body is answered 413 (200M)",
        "  say it   PORCH_LIMITS_BODY=200M  or  --limits-body 200M",
    ]
    assert lines[-1].startswith("  lands in nginx.conf:")
    assert lines[-1].endswith("  client_max_body_size 200m;")


def test_what_another_server_cannot_is_not_told(shell: Shell) -> None:
    """Only the server that runs the app matters."""
    out = shell.porch("explain", "limits.request_timeout", "-s", "gunicorn").out
    assert "  gunicorn cannot: " in out
    assert "granian" not in out
    assert "cannot" not in shell.porch("explain", "limits.request_timeout", "-s", "uwsgi").out


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("body", "limits.body"),
        ("PORCH_LIMITS_BODY", "limits.body"),
        ("--limits-body", "limits.body"),
        ("limits.bdy", '"limits.body"'),
        ("header_timeot", '"limits.header_timeout"'),
    ],
)
def test_a_setting_that_is_half_named_is_suggested(shell: Shell, word: str, meant: str) -> None:
    """A name without its section, a variable or a flag leads to the setting."""
    told = shell.porch("explain", "--", word)
    assert told.code == 2
    assert f"fix: did you mean {meant}?" in told.err


def test_one_setting_that_lands_in_several_files(shell: Shell) -> None:
    """nginx's lines and those of the server's command are told, with what a server cannot do."""
    out = shell.porch("explain", "limits.request_timeout").out
    assert "proxy_read_timeout 32s;" in out
    assert "  granian cannot: nginx answers 504 in time" in out
    out = shell.porch("explain", "server.workers", "-s", "gunicorn").out
    assert "  lands in gunicorn.conf.py:" in out
    assert "--workers" in shell.porch("explain", "server.workers").out


def test_all_settings(shell: Shell) -> None:
    """The app and its evidence, who answers which URL, and a row for every setting."""
    shell.write("static/a.css", "x")
    told = shell.porch("explain", "--mount", "/api")
    assert f"shop:app  flask wsgi  {shell.folder}\n  shop.py:3 app = Flask(__name__)\n" in told.out
    rows = {line.split()[0] for line in told.out.splitlines() if line.strip()}
    assert {spec.key for spec in specs()} <= rows
    urls = [line.split()[:2] for line in told.out.splitlines() if line.startswith("/")]
    assert urls == [
        ["/-/porch/live", "nginx"],
        ["/-/porch/ready", "app"],
        ["/api/static/", "nginx"],
        ["/api/", "app"],
        ["/", "nginx"],
    ]


def test_values_are_shown_as_a_person_would_write_them(shell: Shell) -> None:
    """Durations, sizes and truth values are told in their canonical spelling."""
    words = {"files.expires": "30d", "limits.body": "1G", "log.access": "false", "server.workers_per_core": "0.5"}
    flags = [part for key, value in words.items() for part in (f"--{key.replace('.', '-').replace('_', '-')}={value}",)]
    out = shell.porch("explain", *flags).out
    told = {line.split()[0]: line.split()[1] for line in out.splitlines() if len(line.split()) > 2}
    assert {key: told[key] for key in words} == words


def test_a_long_value_does_not_widen_the_table(shell: Shell) -> None:
    """In the table a long value is cut, alone it is whole."""
    words = " ".join(f"--option-{number}" for number in range(30))
    table = shell.porch("explain", "--server-args", words).out
    assert "--option-29" not in table
    assert max(len(line) for line in table.splitlines()) < 250
    assert f"server.args = {words}\n" in shell.porch("explain", "server.args", "--server-args", words).out


def test_a_setting_that_bears_on_another_says_so(shell: Shell) -> None:
    """A ceiling has no line of its own: it is told which decision it has a say in, or that it has none."""
    assert "decides server.workers" in shell.porch("explain", "server.max_workers", "--server-max-workers", "1").out
    assert "decides nothing here" in shell.porch("explain", "server.max_workers").out


def test_json_of_one(shell: Shell) -> None:
    """One setting as an object, its value as data."""
    told: dict[str, Any] = json.loads(shell.porch("explain", "limits.request_timeout", "--json").out)
    assert {name: told[name] for name in ("setting", "value", "origin", "reason")} == {
        "setting": "limits.request_timeout",
        "value": 30,
        "origin": "default",
        "reason": "longest request in the app server",
    }
    assert told["says"].startswith("Longest time one request may take")
    assert {"file": "nginx.conf", "text": "proxy_read_timeout 32s;"}.items() <= {
        key: value for line in told["lines"] for key, value in line.items() if "read_timeout" in line["text"]
    }.items()


def test_json_of_all(shell: Shell) -> None:
    """The app, the programs, every setting, the URLs and the warnings."""
    shell.machine["somaxconn"] = 128
    told: dict[str, Any] = json.loads(shell.porch("explain", "--json").out)
    assert told["app"]["target"] == "shop:app"
    assert told["app"]["evidence"] == ["shop.py:3 app = Flask(__name__)"]
    assert told["server"]["name"] == "granian"
    assert told["nginx"]["version"] == [1, 22, 1]
    assert [each["setting"] for each in told["settings"]] == [spec.key for spec in specs()]
    assert told["urls"][-1] == {"url": "/", "by": "app", "from": "shop:app"}
    assert told["warnings"] == ["server.backlog is 2048, but the kernel allows 128 (net.core.somaxconn)"]


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_every_setting_can_be_explained(shell: Shell, spec: Any) -> None:
    """No setting is without a value, an origin and a reason."""
    told: dict[str, Any] = json.loads(shell.porch("explain", spec.key, "--json").out)
    assert told["setting"] == spec.key
    assert told["origin"]
    assert told["reason"]


def test_a_target_may_be_named(shell: Shell) -> None:
    """`--target` names the app where the folder holds several."""
    shell.write("other.py", "from flask import Flask\n\nsite = Flask(__name__)\n")
    assert shell.porch("explain", "--target", "other:site").out.startswith("other:site  flask wsgi")


def test_warnings_are_told_beside(shell: Shell) -> None:
    """Warnings stand on standard error, so that the table can be piped."""
    shell.machine["somaxconn"] = 128
    told = shell.porch("explain")
    warned = "porch: warning: server.backlog is 2048, but the kernel allows 128 (net.core.somaxconn)\n"
    assert told.err == warned
    assert "somaxconn" not in told.out
