"""The settings of images: what `porch render docker` writes.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

import re

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


def _package(raw: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", raw):
        raise ValueError(f'"{raw}" is no name of a Debian package; write it as libpq5')
    return raw


PACKAGES = v.list_of("Debian packages", _package, "the name of a Debian package")


@dataclass(frozen=True, slots=True)
class Container:
    """The image that `porch render docker` describes; nothing here changes an instance that runs."""

    base: str = setting(
        v.TEXT,
        v.AUTO,
        "Image that the stages start from, Debian with Python in it; `auto`: python:X.Y-slim-trixie, X.Y as the "
        "project says.",
        example="python:3.12-slim-trixie",
    )
    slim: bool = setting(
        v.FLAG,
        False,
        "A final stage from scratch, with only what runs: no shell, no package manager, one app server.",
        example="true",
        short=("--slim",),
    )
    lock: str = setting(
        v.PATH,
        v.AUTO,
        "File that the dependencies are installed from; `auto`: the one that the project has, and a refusal where it "
        "has several.",
        example="requirements.txt",
    )
    packages: tuple[str, ...] = setting(
        PACKAGES,
        (),
        "Debian packages with libraries or programs that the app needs; added to those of known Python packages.",
        example="libmagic1t64 poppler-utils",
    )
    stdlib_bytecode: bool = setting(
        v.FLAG,
        True,
        "Compile the standard library: about 11 MB more, and every process of the app starts half a second sooner.",
        example="false",
    )
    porch: str = setting(
        v.TEXT,
        v.AUTO,
        "What pip installs porch from: a requirement, a URL, or a wheel in the project; `auto`: this version of it.",
        example="vendor/porch-0.1.0-py3-none-any.whl",
    )
