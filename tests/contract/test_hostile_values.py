"""Hostile values in every setting: refused with the setting's name, or no more than a value in what is written.

Rule: the settings are those that are declared, whichever they are; each is asked in a file, a variable and a flag.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from supervisor.options import UnhosedConfigParser

import nginx_rules
from decided import FOLDER, PACKAGING, PYTHON, Stands, make_facts, make_finding
from porch import decide, facts, mainline, servers, sources
from porch.errors import Exit, Refused
from porch.frameworks import Finding
from porch.places import Place
from porch.plan import Plan
from porch.plan.image import PlanOfImage
from porch.settings import specs
from porch.sources import Said
from porch.spec import Flag, Spec
from porch.syntax.file import File, Unwritable
from porch.targets import TARGETS

HOSTILE = (
    ";", "{", "}", "$", '"', "'", "\\", "#", "\n", "\0", "\x1b[2J\u2028", "\x85", "é\u202e\U0001f600",
    "; evil on; } evil { b", "\nevil = 1\n[evil]\n- evil: 1\n", '"; evil on; "', "'; evil on; '",
    "$evil${evil}$(evil)@(evil)", "%(evil)s%i", "`evil`{{evil}}", " # evil", '"""\nevil = 1\n"""',
    "../../evil", " --evil=",
)  # fmt: skip
OF_IMAGES = tuple(each for each in HOSTILE if set(each) & set(";\"'\\#\n`$ "))
"""Those that mean something to a Dockerfile, a shell or YAML."""
LONG = "a" * 1_000_000
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C where there is one: the manifests of a pod are long, and read a thousand times."""
SUITABLE: Mapping[str, Mapping[str, object]] = {
    "server.config": {"server.name": "gunicorn"},
    "server.worker_class": {"server.name": "gunicorn"},
    "app.prestart_lock": {"app.prestart": "migrate"},
}
"""Setting -> what else is said, so that it matters."""
SERVED: Mapping[str, tuple[str, ...]] = {"gunicorn": ("gunicorn",), "uwsgi": ("uwsgi",)}
"""Target -> servers whose plans it is for; others are for every server."""


class Everything(Stands):
    """Whatever a hostile name names is there: a file where it has an ending, else a folder."""

    def __getitem__(self, path: str) -> Place:
        if path in self.known or path == FOLDER:
            return super().__getitem__(path)
        return Place(True, folder=not re.search(r"\.(py|html)", path))


def toml(value: object) -> str:
    """A value as a file would hold it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f").replace("\x85", "\\u0085")


def spoiled(text: str, poison: str) -> Iterator[str]:
    """The poison alone, and in the text: at the end of its first word, and of the whole."""
    first = re.match(r"[\w.:/-]*", text)
    ends = {first.end() if first else 0, len(text)}
    yield poison
    yield from (text[:end] + poison + text[end:] for end in sorted(ends))


def tables(spec: Spec, poison: str) -> Iterator[object]:
    """What only a file can hold: lists and tables with the poison as key, as value, or inside."""
    name = spec.example.split()[0]  # a name in the example is a name in what is written
    yield [poison]
    yield [spec.example, poison]
    yield {poison: spec.example}
    yield {"/files/": f"{FOLDER}/files{poison}"}
    yield {f"/files{poison}/": f"{FOLDER}/files"}
    yield {name: {"command": ["word", poison]}}
    yield {f"{name}{poison}": {"command": ["word"]}}
    yield [{"url": f"/x{poison}", "body": "1G"}]
    yield [{"url": "/x/", "body": f"1G{poison}"}]
    yield [{"url": "/x/", poison: "1G"}]


def in_file(folder: Path, spec: Spec, value: object) -> Said:
    """What was said, in a file."""
    nested = spec.key.rpartition(".")
    text = f"[{nested[0]}]\n{nested[2]} = {toml(value)}\n" if nested[0] else f"{spec.key} = {toml(value)}\n"
    file = folder / "porch.toml"
    # Written anew in its place it would be flushed at once (ext4), ten times as long, some ten thousand times.
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8")
    return sources.load(folder, {})


def ways(folder: Path, spec: Spec, poison: str) -> Iterator[tuple[str, Callable[[], Said]]]:
    """Each way to say it, with what was said."""
    (folder / "none").mkdir(exist_ok=True)
    for value in spoiled(spec.example, poison):
        yield f"file {value!r:.200}", functools.partial(in_file, folder, spec, value)
        yield f"variable {value!r:.200}", functools.partial(sources.load, folder / "none", {spec.variable: value})
        flag = Flag(spec.key, value, spec.flag)
        yield f"flag {value!r:.200}", functools.partial(sources.load, folder / "none", {}, (flag,))
    for table in tables(spec, poison):
        yield f"file {table!r:.200}", functools.partial(in_file, folder, spec, table)


def planned(said: Said, spec: Spec) -> Plan:
    """The Plan, with all that the setting needs to matter, where whatever is named exists."""
    said, found, finding = _needed(said, spec)
    return decide.plan(said, found, finding)


def imaged(said: Said, spec: Spec) -> PlanOfImage:
    """The same for an image."""
    said, found, finding = _needed(said, spec)
    return decide.plan_of_image(said, found, finding, PACKAGING)


def _needed(said: Said, spec: Spec) -> tuple[Said, facts.Facts, Finding]:
    more = {key: value for key, value in SUITABLE.get(spec.key, {}).items() if key not in said.origins}
    if more:
        values = {key: _valued(said, key) for key in said.origins}
        built = sources.settings.build(
            values | {key: sources.settings.spec(key).kind.parse(raw) for key, raw in more.items()}
        )
        said = replace(said, settings=built)
    known = {PYTHON: Place(True), said.settings.app.python: Place(True)}
    found = replace(make_facts(root=True, users=("www-data", "nobody")), places=Everything(known))
    target = said.settings.app.target
    return said, found, make_finding(target="shop:app" if target == "auto" else target)


def _valued(said: Said, key: str) -> Any:
    section, _, name = key.partition(".")
    value = getattr(said.settings, section)
    return getattr(value, name) if name else value


def files(plan: Plan) -> Iterator[File]:
    """Everything that is written, for this instance and to be kept."""
    name = plan.server.name.value
    alone = decide.kept(plan, "/srv/deploy")
    yield from servers.by_name(name).files(plan)
    for target in TARGETS:
        # What describes an image has a Plan of its own, which is read from the project's files.
        if name in SERVED.get(target.name, (name,)) and not target.of_image:
            wanted = alone if target.alone and target.name != "nginx" else plan
            yield from (each for each in target.files(wanted) if not each.aside)


def files_of_image(plan: PlanOfImage) -> Iterator[File]:
    """Everything that is written of an image; compose writes the Dockerfile as well."""
    yield from (
        file for target in TARGETS if target.of_image and target.name != "docker" for file in target.files(plan)
    )


Write = Callable[[Said, Spec], Iterator[File]]


def for_here(said: Said, spec: Spec) -> Iterator[File]:
    """What is written for this machine, and to be kept."""
    return files(planned(said, spec))


def for_image(said: Said, spec: Spec) -> Iterator[File]:
    """What is written of an image."""
    return files_of_image(imaged(said, spec))


def shape(file: File) -> Counter[Any]:
    """What a parser of the file's language finds beside the values."""
    return _shape(file.path.rpartition("/")[2], file.text)


@functools.lru_cache(1000)
def _shape(name: str, text: str) -> Counter[Any]:
    """Most files are the same whatever one setting says, so each text is parsed once."""
    if name == "nginx.conf":
        return _nginx(text)
    if name.endswith(".py"):
        return Counter(f"{type(node).__name__} {getattr(node, 'id', '')}" for node in ast.walk(ast.parse(text)))
    if name.endswith((".yml", ".yaml")):
        # Compose puts variables in, unless the dollar stands twice; Kubernetes only where they stand in brackets.
        replaced = r"(?<!\$)(?:\$\$)*\$" + (r"(?!\$)" if name.startswith("compose") else r"\(")
        found = [path for document in yaml.load_all(text, LOADER) for path in _paths(document, replaced)]
        # The words of a command are the user's, as many as there are.
        return Counter(path for path in found if not path.endswith(("command/-", "args/-")))
    if name == "Dockerfile":
        return Counter(_instructions(text))
    if name == "supervisord.conf":
        parser = UnhosedConfigParser()
        parser.read_string(text)
        return Counter(f"{each} {option}" for each in parser.sections() for option in parser.options(each))
    meant = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith(("#", ";"))]
    return Counter(re.split(r"[\s=]", line.strip(' "'), maxsplit=1)[0] for line in meant)


def _nginx(text: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for each in nginx_rules.parse(text):
        inside = tuple(block.name for block in each.inside)
        found[(*inside, "entry" if inside[-1:] in {("map",), ("geo",), ("types",)} else each.name)] += 1
    return found


def _instructions(text: str) -> Iterator[str]:
    """Each instruction, with how many words it has where a word more would do more, and what the shell would act on."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
    for instruction in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, _, rest = instruction.partition(" ")
        yield name
        if name in {"ENV", "LABEL", "COPY", "FROM", "WORKDIR", "USER", "EXPOSE", "ARG"}:
            yield from (f"{name} word" for _ in shlex.split(rest))
        if name == "RUN":
            yield from _shell(rest)


def _shell(command: str) -> Iterator[str]:
    """What a shell acts on: operators between words, and marks that it replaces where no quote stops it."""
    kept = re.sub(r"""'[^']*'|"((?:\\.|[^"\\])*)"|\\.""", lambda found: _marks(found[1] or ""), command)
    yield from (f"shell {mark}" for mark in re.findall(r"[();<>|&]+|['\"#]|\$\(|`|\$\{?\w+", kept))


def _marks(quoted: str) -> str:
    """What the shell replaces inside double quotes too."""
    return " ".join(re.findall(r"\$\(|`|\$\{?\w+", quoted))


def _paths(document: object, replaced: str, above: str = "") -> Iterator[str]:
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield f"{above}/{key}"
            yield from _paths(value, replaced, f"{above}/{key}")
    elif isinstance(document, list):
        for value in document:
            yield f"{above}/-"
            yield from _paths(value, replaced, f"{above}/-")
    elif isinstance(document, str) and re.search(replaced, document):
        yield f"{above}/$"


@functools.cache
def honest(key: str, write: Write = for_here) -> Mapping[str, list[Counter[Any]]]:
    """File -> what may stand in it: as without the setting, and as with values that are not spoiled."""
    spec = sources.settings.spec(key)
    found: dict[str, list[Counter[Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        said = [functools.partial(sources.load, Path(folder) / "none", {})]
        said += [say for _, say in ways(Path(folder), spec, "")]
        for say in said:
            with contextlib.suppress(Refused, Unwritable):
                for file in write(say(), spec):
                    found.setdefault(file.path, []).append(shape(file))
    return found


def judged(spec: Spec, say: Callable[[], Said], known: set[str], make: Write = for_here) -> Iterator[str]:
    """What is wrong with what came of it; nothing where it was refused well, or is inert.

    What is read alike, whatever way it was said, is decided alike: it is looked at once, and then among the known.
    """
    written: list[File] = []

    def write() -> None:
        said = say()
        value = repr(_valued(said, spec.key))
        if value not in known:
            known.add(value)
            written.extend(make(said, spec))

    yield from refused_well(spec, write)
    for file in written:
        usual = honest(spec.key, make).get(file.path, [])
        seen = shape(file)
        more = min((seen - each for each in usual), key=lambda each: sum(each.values()), default=None)
        if more:
            yield f"{file.path} has more: {dict(more)}"


def refused_well(spec: Spec, do: Callable[[], object]) -> Iterator[str]:
    """What is wrong with a refusal: another exit code, no name, too long, not to be shown, or a traceback."""
    try:
        do()
    except Refused as refused:
        if refused.exit is not Exit.USAGE:
            yield f"exit {refused.exit}"
        told = [f"{each.what} {each.where} {each.fix}" for each in refused.problems]
        yield from (f"does not name the setting: {each:.200}" for each in told if not _names(spec, each))
        yield from (f"{len(each)} letters" for each in told if len(each) > 10_000)
        yield from (f"unprintable: {each!r:.200}" for each in told if not each.replace("\n", " ").isprintable())
    except Unwritable as unwritable:
        if not unwritable.setting:
            yield f"does not name the setting: {unwritable}"
    except Exception as error:  # any other is a traceback for a user's mistake
        yield f"{type(error).__name__}: {error!s:.200}"


def _names(spec: Spec, told: str) -> bool:
    return any(name in told for name in (spec.key, spec.variable, spec.flag, f"[{spec.key}", f"[{spec.section}]"))


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_hostile_values_are_refused_or_inert(spec: Spec, tmp_path: Path) -> None:
    """No mark, line break, comment or reference makes a directive, whatever setting it stands in."""
    known: set[str] = set()
    wrong = [
        f"{way}: {what}"
        for poison in HOSTILE
        for way, say in ways(tmp_path, spec, poison)
        for what in judged(spec, say, known)
    ]
    assert wrong == []


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_hostile_values_reach_no_image(spec: Spec, tmp_path: Path) -> None:
    """Nor does one make an instruction, a word for the shell, or a key of compose's or Kubernetes's files."""
    # In a file alone: what is read alike from a variable or a flag is decided alike, as asked above.
    known: set[str] = set()
    wrong = [
        f"{value!r:.200}: {what}"
        for poison in OF_IMAGES
        for value in (*spoiled(spec.example, poison), *tables(spec, poison))
        for what in judged(spec, functools.partial(in_file, tmp_path, spec, value), known, for_image)
    ]
    assert wrong == []


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_long_values_are_refused_or_inert(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte is refused in a few words; so is a name of 16,000 letters."""
    monkeypatch.setattr(facts, "find_servers", lambda _: make_facts().servers)
    (tmp_path / "app.py").write_text("def app(environ, start_response):\n    return []\n")
    wrong = [
        f"{way}: {what}"
        for value in (LONG, spec.example + LONG, {spec.example: LONG}, [{"url": LONG}])
        for way, say in ((repr(value)[:50], functools.partial(in_file, tmp_path, spec, value)),)
        for what in judged(spec, say, set())
    ]
    (tmp_path / "porch.toml").unlink()
    for value in (LONG, LONG[:16_000], spec.example + LONG[:16_000]):
        flags = (Flag("app.interface", "wsgi", "--x"), Flag(spec.key, value, spec.flag))
        asked = mainline.Asked(tmp_path, flags)
        wrong += list(refused_well(spec, lambda asked=asked: list(files(mainline.plan_for(asked, {})))))
    assert wrong == []


def test_a_directive_more_would_be_seen() -> None:
    """What a careless renderer writes has another shape."""
    spec = next(each for each in specs() if each.key == "files.home_page")
    (text, *_) = [
        each.text for each in files(planned(sources.load(Path("/none"), {}), spec)) if each.path == "nginx.conf"
    ]
    assert _nginx(text.replace("sendfile on;", "sendfile on; evil on;")) - _nginx(text)


def test_a_word_more_for_the_shell_would_be_seen() -> None:
    """What a careless renderer writes into a Dockerfile has another shape, in each of the ways that it could."""
    spec = sources.settings.spec("container.packages")
    text = next(
        each.text for each in for_image(sources.load(Path("/none"), {}), spec) if each.path.endswith("Dockerfile")
    )
    usual = Counter(_instructions(text))
    for old, new in (
        ("apt-get update", "apt-get update; evil"),
        ("apt-get update", "apt-get update $(evil)"),
        ("apt-get update", "apt-get update `evil`"),
        ("STOPSIGNAL", "RUN evil\nSTOPSIGNAL"),
        ("PYTHONUNBUFFERED=1", "PYTHONUNBUFFERED=1 EVIL=1"),
    ):
        assert Counter(_instructions(text.replace(old, new, 1))) - usual, new
