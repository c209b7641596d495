"""Writes the pages of docs/reference, and the tree of docs/architecture.md, from the code.

Rule: what the code knows is not typed a second time. `--check` writes nothing: it fails, and names the command that
mends it, when a page differs from what the code says.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from porch import images, settings
from porch.cli.parser import parser
from porch.errors import Exit
from porch.servers import SERVERS
from porch.spec import Spec
from porch.values import AUTO

ROOT = Path(__file__).parents[1]
REFERENCE = Path("docs/reference")
ARCHITECTURE = Path("docs/architecture.md")
SOURCE = ROOT / "src/porch"
BEGIN, END = "<!-- tree: written by `make docs` -->\n", "<!-- end of tree -->\n"
NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n\n"
FIX = "write them with: make docs"

SAMPLES: tuple[tuple[str, str], ...] = (
    ("LISTEN_PORT", "80"),
    ("PORT", "9000"),
    ("NGINX_MAX_UPLOAD", "100m"),
    ("NGINX_WORKER_PROCESSES", "2"),
    ("NGINX_WORKER_CONNECTIONS", "1024"),
    ("NGINX_WORKER_OPEN_FILES", "20000"),
    ("STATIC_URL", "/assets"),
    ("STATIC_PATH", "/srv/assets"),
    ("STATIC_INDEX", "1"),
    ("UWSGI_PROCESSES", "16"),
    ("UWSGI_CHEAPER", "2"),
    ("APP_MODULE", "shop.main:app"),
    ("MODULE_NAME", "shop.main"),
    ("VARIABLE_NAME", "api"),
    ("WEB_CONCURRENCY", "4"),
    ("WORKERS_PER_CORE", "0.5"),
    ("MAX_WORKERS", "8"),
    ("TIMEOUT", "120"),
    ("GRACEFUL_TIMEOUT", "20"),
    ("KEEP_ALIVE", "75"),
    ("LOG_LEVEL", "WARNING"),
    ("GUNICORN_CMD_ARGS", "--workers 2 --preload"),
    ("PRE_START_PATH", "/app/prestart.sh"),
)
"""Each variable of the known images, as someone might have set it."""


def pages() -> dict[Path, str]:
    """Path, relative to the repository, -> content, for everything that is generated."""
    return {
        REFERENCE / "settings.md": _settings(),
        REFERENCE / "settings.schema.json": json.dumps(_schema(), indent=2, ensure_ascii=False) + "\n",
        REFERENCE / "commands.md": _commands(),
        REFERENCE / "exit-codes.md": _exit_codes(),
        REFERENCE / "servers.md": _servers(),
        REFERENCE / "variables.md": _variables(),
        ARCHITECTURE: _with_tree((ROOT / ARCHITECTURE).read_text(encoding="utf-8")),
    }


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    # A bar in a cell would end it.
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def _settings() -> str:
    text = "# Settings\n\n" + NOTE
    text += (
        "Each setting can be said in four places. The later one wins:\n"
        "`[tool.porch]` in `pyproject.toml`, then `porch.toml`, then a variable, then a flag.\n"
        "Variables of [known images](variables.md) are weaker than `PORCH_*`, and stronger than files.\n"
        "Kubernetes sets variables such as `PORCH_SERVICE_HOST` and `PORCH_PORT=tcp://...` where a Service "
        "is named porch: they are no settings, and are ignored.\n\n"
        "`porch explain` shows each value with its origin and its reason.\n"
        "Editors that know JSON Schema can check `porch.toml` with [settings.schema.json](settings.schema.json).\n"
    )
    for section, about in settings.sections().items():
        found = [spec for spec in settings.specs() if spec.section == section]
        # A section that is one table says of itself what its setting says.
        title = f"[[{section}]]" if found[0].kind.schema.get("type") == "array" else f"[{section}]"
        text += f"\n## {title}\n" + f"\n{about}\n" * bool(found[0].name)
        text += "".join(_setting(spec) for spec in found)
    return text


def _setting(spec: Spec) -> str:
    flags = ", ".join(f"`{flag}`" for flag in dict.fromkeys((*spec.short, spec.flag)))
    facts = [f"Kind: {spec.kind.name}. Default: {_default(spec)}. For example: `{spec.example}`."]
    facts.append(f"Variable: `{spec.variable}`. Flag: {flags}{' (may be repeated)' * spec.kind.many}.")
    facts += [f"Also read: {', '.join(f'`{name}`' for name in spec.images)}."] * bool(spec.images)
    cannot = [f"{server.name}: {server.cannot[spec.key]}." for server in SERVERS if spec.key in server.cannot]
    lines = [*facts, *(f"On {line}" for line in cannot)]
    title = f"\n### {spec.key}\n\n" if spec.name else "\n"
    return f"{title}{spec.says}\n\n" + "".join(f"- {line}\n" for line in lines)


def _default(spec: Spec) -> str:
    shown = spec.kind.show(spec.default)
    return f"`{shown}`" if shown else "none"


def _schema() -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for section, about in settings.sections().items():
        found = [spec for spec in settings.specs() if spec.section == section]
        if not found[0].name:
            parts[section] = _schema_of(found[0])
            continue
        own = {spec.name: _schema_of(spec) for spec in found}
        parts[section] = {"type": "object", "description": about, "additionalProperties": False, "properties": own}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "porch.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": parts,
    }


def _schema_of(spec: Spec) -> dict[str, Any]:
    told = dict(spec.kind.schema)
    told["description"] = spec.says
    if spec.default not in ((), "", AUTO):
        told["default"] = spec.default
    return told


def _commands() -> str:
    top = parser()
    text = "# Commands\n\n" + NOTE
    text += "`porch --help` and `porch COMMAND --help` show the same.\n"
    text += "A flag for a setting is listed in [settings](settings.md), not here.\n"
    for name, command in _subcommands(top).items():
        text += f"\n## porch {name}\n\n{command.description}\n\n"
        own = [action for action in command._actions if action.dest != "help" and not _is_setting(action)]
        text += _table(("Argument", "What it is"), [(_spelling(action), action.help or "") for action in own])
        if any(_is_setting(action) and action.dest != _RUN_DIR for action in command._actions):
            text += "\nTakes every [setting](settings.md) as a flag.\n"
        elif any(action.dest == _RUN_DIR for action in command._actions):
            text += "\n`--run-dir FOLDER` names the instance by its run folder.\n"
    return text


_RUN_DIR = settings.spec("run.dir").key


def _subcommands(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """argparse has no public way to its subcommands."""
    found = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


def _is_setting(action: argparse.Action) -> bool:
    return action.dest in {spec.key for spec in settings.specs()}


def _spelling(action: argparse.Action) -> str:
    words = ", ".join(action.option_strings)
    metavar = str(action.metavar or "") or "|".join(map(str, action.choices or ()))
    if not words:
        return f"`[{metavar}]`" if action.nargs == "?" else f"`{metavar}`"
    return f"`{words} {metavar}`" if metavar else f"`{words}`"


def _exit_codes() -> str:
    said = _comments(SOURCE / "errors.py", Exit.__name__)
    rows = [(str(int(code)), said.get(code.name, "Done as asked.")) for code in Exit]
    rows.append(("130", "Ctrl-C before the instance was up."))
    given_up = "`run` gave up on an essential process (`[process.NAME]`), or in a container on one that kept dying"
    rows.append(("other", f"{given_up}: its own code, or 128 + signal."))
    text = "# Exit codes\n\n" + NOTE
    text += "Each message on standard error says what is wrong, where, and what to do next.\n\n"
    return text + _table(("Code", "Meaning"), rows)


def _comments(path: Path, wanted: str) -> dict[str, str]:
    """Member -> the text that stands below it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted)
    found: dict[str, str] = {}
    for member, after in pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[ast.unparse(member.targets[0])] = str(after.value.value)
    return found


def _servers() -> str:
    interfaces = ("wsgi", "asgi", "aiohttp")
    text = "# App servers\n\n" + NOTE
    rows = [
        (
            f"[{server.name}](#{server.name})",
            *("yes" if kind in server.speaks else "no" for kind in interfaces),
            f"`pip install {server.packages[0]}`",
            f"{server.protocol} over a unix socket",
        )
        for server in SERVERS
    ]
    text += _table(("Server", "WSGI", "ASGI", "aiohttp", "Install", "nginx speaks"), rows)
    text += "\n`auto` takes the first of this table that can run the app, is installed, and can do what you said.\n"
    text += "It takes gunicorn when the project has a `gunicorn.conf.py`.\n"
    for server in SERVERS:
        text += f"\n## {server.name}\n\nWorkers on 2 cores, unless you say a number: {server.auto_workers(2)}.\n"
        text += f"Your own file, if you have one: `{server.config_name}`.\n" if server.config_name else ""
        text += "\nWhat it cannot do. porch warns when you ask for it:\n\n"
        text += _table(("Setting", "What happens instead"), [(f"`{key}`", why) for key, why in server.cannot.items()])
    return text


def _variables() -> str:
    text = "# Variables of known images\n\n" + NOTE
    text += (
        "People come to porch from container images that are set by variables.\n"
        "porch reads those variables, with the meaning that they had there.\n"
        "They are stronger than files, and weaker than `PORCH_*` and flags. An empty variable counts as not said.\n\n"
    )
    rows = [(f"`{name}={value}`", "<br>".join(_meant(name, value))) for name, value in SAMPLES]
    text += _table(("Variable, for example", "Means the same as"), rows)
    text += (
        "\n`STATIC_URL`, `STATIC_PATH` and `STATIC_INDEX` belong together; so do `MODULE_NAME` and `VARIABLE_NAME`.\n"
        "What you leave out has the default of those images: `/static`, `/app/static`, `main` and `app`.\n"
    )
    return text


def _meant(name: str, value: str) -> Iterator[str]:
    """What the code itself makes of it."""
    for key, raw, _ in images.read({name: value}).values:
        spec = settings.spec(key)
        yield f"`{key}` = `{spec.kind.show(spec.kind.parse(raw))}`"


def _with_tree(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n```text\n{''.join(_tree(SOURCE, 'src/porch'))}```\n\n{END}{tail}"


def _tree(folder: Path, shown: str, depth: int = 0) -> Iterator[str]:
    """One line a module, with the first sentence of its docstring; packages carry that of their `__init__`."""
    yield f"{'  ' * depth}{shown}/".ljust(30) + f"{_phrase(folder / '__init__.py')}\n"
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield f"{'  ' * (depth + 1)}{path.name}".ljust(30) + f"{_phrase(path)}\n"
    for below in sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file()):
        yield from _tree(below, below.name, depth + 1)


def _phrase(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(said.split("\n\n")[0].split())
    return first.partition(". ")[0].rstrip(".")


def main(words: list[str]) -> int:
    """Write every page, or with --check name those that are not current; returns the exit code."""
    check = words == ["--check"]
    if words and not check:
        sys.stderr.write("usage: python tools/docs.py [--check]\n")
        return 2
    stale = [path for path, text in pages().items() if _differs(ROOT / path, text)]
    for path in stale:
        if check:
            sys.stderr.write(f"{path} is not current; {FIX}\n")
        else:
            (ROOT / path).write_text(pages()[path], encoding="utf-8")
            sys.stdout.write(f"{path}\n")
    return 1 if check and stale else 0


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
