"""Every command, flag, setting, variable, exit code, target of make and link that a page names exists."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porch import images, settings, sources
from porch.cli.parser import COMMANDS, parser
from porch.errors import Exit, Refused
from porch.values import AUTO

MADE_LATER = ("benchmarks.md", "benchmarks.svg")
"""Written by `make bench`."""
WORDS_OF_FILES = (
    "conf",
    "yaml",
    "py",
    "toml",
    "md",
    "json",
    "ini",
    "txt",
    "css",
    "gz",
    "ico",
    "html",
    "sqlite3",
    "stderr",
    "sh",
)
SETTING = re.compile(r"`([a-z]+\.[a-z_]+)`")
COMMAND = re.compile(r"(?:^|[`$]\s*|&& )((?:[A-Z_]+=\S+ )*porch(?: [^`\n#]*)?)", re.MULTILINE)


def commands_in(text: str) -> Iterator[list[str]]:
    """The words after `porch` in each command that a page shows, in a block or between backticks."""
    for found in COMMAND.finditer(text):
        words = shlex.split(found[1].rstrip(" ;&"), comments=True)
        yield words[words.index("porch") + 1 :]


def shown(page: Any) -> str:
    """Blocks of a shell, and every piece between backticks, a line each."""
    blocks = [block.text for block in page.blocks if block.language in ("sh", "console")]
    pieces = re.findall(r"`([^`\n]+)`", page.prose)
    return "\n".join(line for text in [*blocks, *pieces] for line in text.splitlines() if _is_command(line))


def _is_command(line: str) -> bool:
    return bool(re.match(r"(\$ )?([A-Z_]+=\S+ )*porch [a-z-]", line)) and not re.match(r"porch:|porch \d", line)


def flags_of(command: str) -> set[str]:
    """Every spelling that the command takes."""
    top = parser()
    subcommands = next(each for each in top._actions if isinstance(each, argparse._SubParsersAction))
    return {word for action in subcommands.choices[command]._actions for word in action.option_strings}


def test_every_command_and_flag_exists(pages: list[Any]) -> None:
    """Each command line of porch on a page names a real command, with flags that it takes."""
    names = {name for name, _ in COMMANDS}
    wrong: list[str] = []
    seen = 0
    for page in pages:
        for words in commands_in(shown(page)):
            seen += 1
            if words and words[0] not in names and not words[0].startswith("-") and words[0] != "COMMAND":
                wrong.append(f"{page.name}: porch {' '.join(words)}")
            elif words and words[0] in names:
                typed = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
                wrong += [f"{page.name}: porch {words[0]} {flag}" for flag in typed - flags_of(words[0])]
    assert seen > 50
    assert not wrong, "\n".join(wrong)


def test_the_search_for_commands_finds_them() -> None:
    """Commands behind a prompt, behind a variable and with a comment are seen."""
    text = "$ porch run --bad\nA=b porch check  # why\nporch explain limits.body"
    assert list(commands_in(text)) == [["run", "--bad"], ["check"], ["explain", "limits.body"]]


def test_every_setting_exists(pages: list[Any]) -> None:
    """Each `section.name` on a page, where the section is one of ours, is a setting."""
    keys, sections = {spec.key for spec in settings.specs()}, set(settings.sections())
    wrong = [
        f"{page.name}: {key}"
        for page in pages
        for key in SETTING.findall(page.text)
        if key.split(".")[0] in sections and key not in keys and key.split(".")[1] not in WORDS_OF_FILES
    ]
    assert not wrong, "\n".join(wrong)


def test_every_variable_exists(pages: list[Any]) -> None:
    """Each PORCH_ variable on a page is one of a setting."""
    known = {spec.variable for spec in settings.specs()} | {"PORCH_SECTION_NAME", "PORCH_SERVICE_HOST", "PORCH_PORT"}
    wrong = [
        f"{page.name}: {name}"
        for page in pages
        for name in re.findall(r"\bPORCH_[A-Z_]+\b", page.text)
        if name not in known
    ]
    assert not wrong, "\n".join(wrong)


def test_every_block_of_settings_is_read_without_a_problem(pages: list[Any], tmp_path: Path) -> None:
    """Each TOML block is a porch.toml that porch takes."""
    wrong: list[str] = []
    blocks = [(page.name, block.text) for page in pages for block in page.blocks if block.language == "toml"]
    assert len(blocks) > 10
    for name, text in blocks:
        (tmp_path / sources.CONFIG).write_text(text)
        try:
            sources.load(tmp_path, {})
        except Refused as refused:
            wrong.append(f"{name}: {refused}")
    assert not wrong, "\n".join(wrong)


def test_every_exit_code_exists(pages: list[Any]) -> None:
    """Each exit code that a page names is one of ours."""
    known = {str(int(code)) for code in Exit} | {"130"}
    found = [(page.name, code) for page in pages for code in re.findall(r"exit code (?:is )?`?(\d+)", page.text)]
    assert found
    assert [each for each in found if each[1] not in known] == []


def test_every_exit_code_is_documented(root: Path) -> None:
    """The reference has a row for each exit code."""
    text = (root / "docs/reference/exit-codes.md").read_text()
    assert [code for code in Exit if f"| {int(code)} | " not in text] == []


def test_every_target_of_make_exists(pages: list[Any], root: Path) -> None:
    """Each `make x` on a page is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    found = [
        (page.name, name) for page in pages for name in re.findall(r"^(?:\$ )?make ([a-z-]+)", page.text, re.MULTILINE)
    ]
    found += [(page.name, name) for page in pages for name in re.findall(r"`make ([a-z-]+)`", page.text)]
    assert len(found) > 5
    assert [each for each in found if each[1] not in targets] == []


def test_the_readme_is_short_and_shows_both_ways_to_begin(root: Path) -> None:
    """The README has at most 100 lines, and names `make run` and `make test`."""
    lines = (root / "README.md").read_text().splitlines()
    assert len(lines) <= 100
    assert {line.split("  ")[0].strip() for line in lines} >= {"make run", "make test"}


def anchor(heading: str) -> str:
    """A heading as part of a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("heading", "wanted"), [("limits.request_timeout", "limitsrequest_timeout"), ("How-to", "how-to")]
)
def test_anchors_are_made_as_they_are_shown(heading: str, wanted: str) -> None:
    """Dots go, underscores and hyphens stay."""
    assert anchor(heading) == wanted


def test_every_link_leads_somewhere(pages: list[Any], root: Path) -> None:
    """Each link to a page or a part of one resolves."""
    wrong: list[str] = []
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.prose):
            path, _, part = target.partition("#")
            there = (root / page.name).parent / path if path else root / page.name
            if re.match(r"https?:", target) or there.name in MADE_LATER:
                continue
            if not there.exists():
                wrong.append(f"{page.name}: {target}")
            elif part and part not in {anchor(line.lstrip("#")) for line in _headings(there)}:
                wrong.append(f"{page.name}: {target} has no such heading")
    assert not wrong, "\n".join(wrong)


def _headings(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith("#")]


def test_every_page_can_be_found(pages: list[Any], root: Path) -> None:
    """Each page of the documentation is linked from its index, or lies in a folder that is."""
    index = (root / "docs/README.md").read_text()
    linked = {str(Path("docs") / target.partition("#")[0]) for target in re.findall(r"\]\(([^)\s]+)\)", index)}
    lost = [
        page.name
        for page in pages
        if page.name.startswith("docs/") and page.name != "docs/README.md"
        if page.name not in linked and str(Path(page.name).parent) not in linked
    ]
    assert lost == []


def test_the_table_of_default_servers_is_true(root: Path) -> None:
    """The README's table of servers and interfaces says what the servers say."""
    from porch.servers import SERVERS

    text = (root / "README.md").read_text()
    for server in SERVERS:
        row = re.search(rf"^\| {server.name} \|(.*)\|$", text, re.MULTILINE)
        assert row, server.name
        told = [cell.strip().startswith("yes") for cell in row[1].split("|")]
        assert told == [kind in server.speaks for kind in ("wsgi", "asgi", "aiohttp")], server.name


def test_the_guide_for_images_names_every_variable(root: Path) -> None:
    """The guide has a row for each variable of a known image."""
    text = (root / "docs/how-to/from-the-images.md").read_text()
    declared = {name for spec in settings.specs() for name in spec.images} | {images.GUNICORN_ARGS}
    assert [name for name in sorted(declared) if f"`{name}`" not in text] == []


def test_what_nginx_blanks_is_listed(root: Path) -> None:
    """The page on security names every header that nginx blanks, and no other."""
    from porch.targets.nginx.forwarding import BLANKED

    text = (root / "docs/explanation/security.md").read_text()
    part = text.partition("## What nginx blanks\n")[2].partition("through:")[2].partition(".\n")[0]
    assert set(re.findall(r"`([A-Za-z-]+)`", part)) == set(BLANKED)


def test_the_defaults_that_pages_tell_are_true(root: Path) -> None:
    """The numbers that the pages give for defaults are those of the code."""
    limits, files = settings.Limits(), settings.Files()
    security = (root / "docs/explanation/security.md").read_text()
    assert f"Body {limits.body // 1024**2} MiB" in security
    assert f"{limits.request_timeout} s for a request" in security
    assert (files.expires, limits.graceful_timeout) == (3600, AUTO)
    assert "One hour, unless" in (root / "docs/how-to/static-files.md").read_text()
    ladder = (root / "docs/explanation/how-it-works.md").read_text().partition("## The ladder")[2]
    steps = [int(step) for step in re.findall(r"^\| (\d+) s \|", ladder, re.MULTILINE)]
    assert steps == [limits.request_timeout + above for above in (0, 2, 3, 5, 7, 10)]
