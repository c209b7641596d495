"""The table of contenders is complete and can be laid out."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import places
import pytest
from contenders import MEMORY, STARTS, THROUGHPUT, Contender
from places import HERE, OPEN, Site, static_text

EVERY = {contender.key: contender for contender in (*THROUGHPUT, *STARTS, *MEMORY)}
WORDS = {
    *("run", "app", "port", "inner", "cores", "user", "group"),
    *("here", "nginx", "python", "bin", "tools", "packages"),
}


def test_no_two_throughput_rows_share_a_key() -> None:
    """A row's figures cannot be taken for another's."""
    keys = [contender.key for contender in THROUGHPUT]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("contender", EVERY.values(), ids=EVERY.keys())
def test_every_open_word_is_known(contender: Contender) -> None:
    """Commands, environment and files leave open only what is filled in."""
    files = [path.read_text() for path in (HERE / contender.files).iterdir()] if contender.files else []
    texts = chain(*contender.commands, (value for _, value in contender.environment), files)
    assert {word for text in texts for word in OPEN.findall(text)} <= WORDS


def test_an_unknown_word_is_an_error() -> None:
    """A typo in a configuration file cannot become an empty place."""
    with pytest.raises(KeyError):
        Site(Path("unused"), {"run": "/r"}).fill("@run@/@rnu@")


def test_the_folder_is_complete(tmp_path: Path) -> None:
    """The app, the static file, nginx's own pieces and the contender's files are there, all words filled in."""
    tools = places.Tools(wrk="wrk", nginx="nginx", python="python", bin="bin", tools="tools", packages="packages")
    site = places.lay_out(tmp_path / "site", "flask", "articles/uwsgi-cheaper", tools)
    names = {str(path.relative_to(site.folder)) for path in site.folder.rglob("*") if path.is_file()}
    assert names >= {"app/hello.py", "app/static/20k.css", "nginx.conf", "uwsgi.ini", "uwsgi_params", "paths.conf"}
    assert not re.search(OPEN, (site.folder / "nginx.conf").read_text() + (site.folder / "uwsgi.ini").read_text())


def test_the_static_file_has_20_kb() -> None:
    """The static file is what its row says."""
    assert len(static_text()) == 20_000
