"""The same questions to every language that porch writes: does a value stay a value, and a comment a comment?"""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace

import crossplane
import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import UnhosedConfigParser, expand

from porch.syntax import ini, nginx, python, supervisor, systemd, yaml
from porch.syntax.file import File, Line, Unwritable

NASTY = st.text(st.sampled_from(" \t\r\n\0\\\"'`${}()[];#%@=~*,:/ab1\x85\u2028é\u00a0") | st.characters(), max_size=24)
HOSTILE = [
    "a; evil on;",
    "a\nevil = 1",
    'a" ; evil on; #',
    "a' ; evil on; #",
    "a\\",
    "a\\\\",
    '\\";evil on;',
    "a } evil { b",
    "$evil",
    "${evil}",
    "%(evil)",
    "$(evil)",
    "@(evil)",
    "%d",
    "a\revil = 1",
    "a\u2028evil = 1",
    "a\x85evil = 1",
    "\ufeffevil",
    "# evil",
    "[evil]",
    '"""\nevil = 1\n"""',
    "a\0evil",
    " a ",
    "",
]


@dataclass(frozen=True)
class Language:
    """How a language is written by porch, and read by something else."""

    name: str
    write: Callable[[list[str], str, str], tuple[Line, ...]]
    """Values, a note on each, a header -> lines; value number n is called `x` and has the setting `s.n`."""
    read: Callable[[str], list[str]]
    """The values, in order; fails on anything that was not written as one."""


def write_nginx(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is a directive in a block."""
    children = [nginx.directive("x", value, note=note, setting=f"s.{n}") for n, value in enumerate(values)]
    return nginx.render([nginx.block("server", children=[*children, nginx.comment(note)])], header)


def read_nginx(text: str) -> list[str]:
    """What crossplane finds; it keeps the escapes that nginx takes away."""
    with tempfile.NamedTemporaryFile(suffix=".conf") as file:
        file.write(text.encode())
        file.flush()
        parsed = crossplane.parse(file.name, single=True, check_ctx=False, check_args=False)
    assert not parsed["errors"]
    (server,) = parsed["config"][0]["parsed"]
    assert all(found["directive"] == "x" and len(found["args"]) == 1 for found in server["block"])
    return [re.sub(r"\\(.)", r"\1", found["args"][0]) for found in server["block"]]


def write_ini(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is an option."""
    options = [ini.option("x", value, note, f"s.{n}") for n, value in enumerate(values)]
    return ini.render([ini.section("uwsgi", [*options, ini.comment(note)])], header)


def read_ini(text: str) -> list[str]:
    """What uWSGI's own reader does: magic over the whole text, then lines, then what it would expand."""
    expanded = re.sub(r"%(.)", lambda magic: {"%": "%", "(": "%("}.get(magic[1], "MAGIC"), text, flags=re.DOTALL)
    lines = [line.strip(" \t\r") for line in expanded.split("\n")]
    meant = [line for line in lines if line and line[0] not in "#;"]
    assert meant[0] == "[uwsgi]"
    pairs = [line.partition("=") for line in meant[1:]]
    assert all(key.strip(" \t\r") == "x" for key, _, _ in pairs)
    values = [value.strip(" \t\r") for _, _, value in pairs]
    return [re.sub(r"[$@%=]\([^)]*\)", "EXPANDED", value) for value in values]


def write_python(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is assigned to the same name."""
    nodes = [python.assign("x", value, note, f"s.{n}") for n, value in enumerate(values)]
    return python.render([*nodes, python.comment(note)], header)


def read_python(text: str) -> list[str]:
    """What the assignments leave behind, in a namespace that remembers them all."""
    found: list[str] = []

    class Remembering(dict[str, object]):
        def __setitem__(self, key: str, value: object) -> None:
            assert key == "x"
            found.append(str(value))

    exec(compile(text.encode(), "conf", "exec"), {}, Remembering())  # noqa: S102  # running it is the test
    return found


def write_supervisor(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is an option of a section of its own: supervisord takes the last of a name."""
    sections = [
        supervisor.section("program:x", [supervisor.option("x", value, note, f"s.{n}"), supervisor.comment(note)])
        for n, value in enumerate(values)
    ]
    named = [replace(section, name=f"program:x{n}") for n, section in enumerate(sections)]
    return supervisor.render(named, header)


def read_supervisor(text: str) -> list[str]:
    """What supervisord's own reader finds, its replacements included."""
    parser = UnhosedConfigParser()
    parser.read_string(text)
    parser.expand_here("/HERE")
    assert parser.sections() == [f"program:x{n}" for n in range(len(parser.sections()))]
    assert all(parser.options(name) == ["x"] for name in parser.sections())
    return [expand(parser.get(name, "x"), {"here": "/HERE"}, "x") for name in parser.sections()]


def write_yaml(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is an item of one list, and the last one a key as well."""
    items = [yaml.item(value, note, f"s.{n}") for n, value in enumerate(values)]
    whole = yaml.table(yaml.entry("x", yaml.listing(*items, yaml.comment(note)), note), yaml.entry("y", {}))
    return yaml.render(whole, header)


def read_yaml(text: str) -> list[str]:
    """What readers of YAML 1.1 and of 1.2 agree on."""
    found = read_both(text)
    assert isinstance(found, dict)
    assert list(found) == ["x", "y"]
    return list(found["x"])


def read_both(text: str) -> object:
    """The document as PyYAML (1.1) finds it; ruamel.yaml (1.2) must find the same, types included."""
    found = pyyaml.safe_load(text)
    assert repr(YAML(typ="safe", pure=True).load(text)) == repr(found)
    return found


def write_systemd(values: list[str], note: str, header: str) -> tuple[Line, ...]:
    """Each value is an option."""
    options = [systemd.option("x", value, note, f"s.{n}") for n, value in enumerate(values)]
    return systemd.render([systemd.section("Service", [*options, systemd.comment(note)])], header)


def read_systemd(text: str) -> list[str]:
    """What config_parse() of systemd finds, then what it does with percent signs."""
    found = read_unit(text)
    assert all(key == "x" for key, _ in found)
    return [re.sub(r"%(.)", lambda each: "%" if each[1] == "%" else "EXPANDED", value) for _, value in found]


def read_unit(text: str) -> list[tuple[str, str]]:
    """Key and value of each option: comments go first, then lines are joined, then the edges are stripped."""
    lines = [line for line in text.split("\n") if not line.strip().startswith(("#", ";"))]
    joined = re.sub(r"\\\n", " ", "\n".join(lines)).split("\n")
    meant = [line.strip(" \t\r") for line in joined if line.strip(" \t\r")]
    assert meant[0] == "[Service]"
    pairs = [line.partition("=") for line in meant[1:]]
    return [(key.strip(" \t\r"), value.strip(" \t\r")) for key, _, value in pairs]


LANGUAGES = [
    Language("nginx", write_nginx, read_nginx),
    Language("ini", write_ini, read_ini),
    Language("python", write_python, read_python),
    Language("supervisor", write_supervisor, read_supervisor),
    Language("yaml", write_yaml, read_yaml),
    Language("systemd", write_systemd, read_systemd),
]
each = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)


def text(lines: tuple[Line, ...]) -> str:
    """The file as it would be written."""
    return File("conf", lines).text


@each
@settings(deadline=None, max_examples=150)
@given(values=st.lists(NASTY, min_size=1, max_size=4), note=NASTY)
def test_what_is_read_is_what_was_written(language: Language, values: list[str], note: str) -> None:
    """Any values, under any notes, are read back as they were given, or they are refused."""
    try:
        lines = language.write(values, note, note)
    except Unwritable:
        return
    assert language.read(text(lines)) == values


@each
@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_cannot_become_anything_else(language: Language, value: str) -> None:
    """A value made to break out is read back as it was given, or it is refused."""
    try:
        lines = language.write(["before", value, "after"], "", "")
    except Unwritable as refused:
        assert refused.setting == "s.1"  # noqa: PT017  # both outcomes are right
        return
    assert language.read(text(lines)) == ["before", value, "after"]


@each
@pytest.mark.parametrize("note", [*HOSTILE, "coding: utf-16", "a %", "a \\"])
def test_a_note_cannot_become_anything_else(language: Language, note: str) -> None:
    """A note or header made to break out changes nothing of what is read."""
    assert language.read(text(language.write(["a", "b"], note, note))) == ["a", "b"]


@each
@given(value=st.text(st.characters(categories=["L", "N"]), min_size=1))
@settings(deadline=None, max_examples=50)
def test_letters_and_digits_are_never_refused(language: Language, value: str) -> None:
    """A value of letters and digits, in any script, can be written in every language."""
    assert language.read(text(language.write([value], "", ""))) == [value]


@each
def test_each_value_lands_in_one_line_of_its_setting(language: Language) -> None:
    """The file tells for each setting the one line that it lands in, and no note counts as such."""
    written = File("conf", language.write(["first", "second"], "why", "header"))
    for number, value in enumerate(["first", "second"]):
        ((line, found),) = written.lines_of(f"s.{number}")
        assert value in found
        assert written.text.splitlines()[line - 1] == found


@each
def test_the_same_input_gives_the_same_bytes(language: Language) -> None:
    """Rendering depends on nothing but its input, and no line ends in a space."""
    once, again = (text(language.write(["a b", "", "c"], "why\n\nso", "header")) for _ in range(2))
    assert once == again
    assert not re.search(r"[ \t]$", once, re.MULTILINE)


def read_program(text: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment, as supervisord hands them to the process that it starts."""
    parser = UnhosedConfigParser()
    parser.read_string(text)
    parser.expand_here("/HERE")
    told = {key: expand(value, {"here": "/HERE"}, key) for key, value in parser.items("program:x")}
    return shlex.split(told["command"]), dict_of_key_value_pairs(told["environment"])


@settings(deadline=None, max_examples=200)
@given(words=st.lists(NASTY, min_size=1, max_size=4), value=NASTY)
def test_supervisord_starts_the_words_that_were_given(words: list[str], value: str) -> None:
    """Any words of a command and any value of a variable reach the process as they are, or they are refused."""
    try:
        options = [supervisor.command("command", words, {}), supervisor.environment({"A": value, "B": "b"})]
    except Unwritable:
        return
    lines = supervisor.render([supervisor.section("program:x", options)])
    assert read_program(text(lines)) == (words, {"A": value, "B": "b"})


def read_words(text: str) -> list[str]:
    """The words of a value, as extract_first_word() of systemd splits it and takes quotes and C's escapes away."""
    words = re.finditer(r'"((?:[^"\\]|\\.)*)"(?:\s+|$)|([^\s"\\]+)(?:\s+|$)', text)
    found = [re.sub(r"\\(.)", r"\1", word[1]) if word[2] is None else word[2] for word in words]
    assert re.sub(r'"((?:[^"\\]|\\.)*)"|[^\s"\\]+|\s+', "", text) == ""
    return [word.replace("%%", "%") for word in found]


@settings(deadline=None, max_examples=200)
@given(words=st.lists(NASTY, min_size=1, max_size=4))
def test_systemd_starts_the_words_that_were_given(words: list[str]) -> None:
    """Any words of a command, and any list of words, are read back as they are, or they are refused."""
    try:
        options = [systemd.command("ExecStart", ("/bin/true", *words)), systemd.words("Environment", words)]
    except Unwritable:
        return
    (_, command), (_, listed) = read_unit(text(systemd.render([systemd.section("Service", options)])))
    assert [word.replace("$$", "$") for word in read_words(command)] == ["/bin/true", *words]
    assert read_words(listed) == words


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(value=PLAIN)
def test_python_data_reads_back_equal(value: object) -> None:
    """Any nesting of plain data is assigned as it was given, types included."""
    namespace: dict[str, object] = {}
    rendered = text(python.render([python.assign("x", value)]))
    exec(compile(rendered.encode(), "conf", "exec"), namespace)  # noqa: S102  # running it is the test
    assert repr(namespace["x"]) == repr(value)


AWKWARD = st.sampled_from(
    """
    yes No ~ null .inf 0x1f 0o7 010 1_000 1:30 12e03 1e3 +1 -0 . .. ... --- - ? : = << # %a &a *a !a |- > , [] {} {a [a
    2001-12-14 685.230_15 0b1 on y N a: a:b :a a# @a `a $a 1.2.3 127.0.0.1:8080 10m 1.5G 0.5 ::1 a,b
    """.split()  # noqa: SIM905  # read more easily than with a quote around each
) | st.sampled_from(
    ("a: b", "a #b", " a", "a ", "a\nb", "a\n\n b\n", "a\n\n", "\na", "a \nb", "a\n# b\n", "a\n---\n", "\t", "- a")
)
YAML_TEXT = AWKWARD | st.text(max_size=40)
YAML_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | YAML_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(YAML_TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(value=YAML_DATA, note=st.text(max_size=20))
def test_yaml_data_reads_back_equal_in_both_versions(value: object, note: str) -> None:
    """Any nesting of data is read back as it was given, types included, by readers of YAML 1.1 and 1.2."""
    try:
        document = yaml.table(yaml.entry("x", value, note), yaml.entry("y", yaml.listing(yaml.item(value, note))))
    except Unwritable as refused:
        assert "UTF-8" in str(refused)  # noqa: PT017  # nothing else is refused
        return
    assert repr(read_both(text(yaml.render(document, note)))) == repr({"x": value, "y": [value]})
