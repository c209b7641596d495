"""The stage that installs the dependencies: from the project's lock, with porch and the app server beside them.

Rule: what installs stays in this stage; nothing of it, and no compiler, comes into the image.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from porch.plan.image import ImagePlan
from porch.syntax.dockerfile import Expr, Instruction, Step, argument, begin, copy, gap, pairs, run, word
from porch.syntax.nodes import Comment, Gap, comment

Node = Instruction | Comment | Gap

TOOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "uv": ("uv==0.13.8",),
    "poetry": ("poetry==2.5.1", "poetry-plugin-export==1.10.1"),
    "pdm": ("pdm[locked]==2.29.3",),
    "pipenv": ("pipenv==2026.10.3",),
}
"""What reads a lock, in the versions that this porch was tested with."""
PIP: Final = Expr("pip --python /venv install --no-cache-dir --no-compile")
LISTED: Final = "/tmp/requirements.txt"  # noqa: S108  # in the image
EXPORTS: Final[Mapping[str, tuple[str | Expr, ...]]] = {
    "poetry": ("/tool/bin/poetry", "export", "--only", "main", "--output", LISTED),
    "pdm": ("/tool/bin/pdm", "export", "--prod", "--format", "requirements", "--output", LISTED),
    "pipenv": ("/tool/bin/pipenv", "requirements", "--hash", Expr(">"), LISTED),
    "pyproject": (
        Expr(
            "python3 -c 'import tomllib; "
            'print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\\n")\' >'
        ),
        LISTED,
    ),
}
"""How each writes what it locks as a list that pip reads, with hashes."""
VERSION: Final = "SETUPTOOLS_SCM_PRETEND_VERSION"
"""Of setuptools_scm and hatch-vcs."""
OWN: Final = Expr(
    "(pip --python /venv install --no-cache-dir --no-compile --no-deps --editable .\n"
    "|| echo 'porch: the project was not installed, for the reason above. Its code is in the image, its metadata and "
    'its commands are not. Where they are needed, "pip install ." must work in a copy without .git.\')'
)
"""Editable: its code stays in /app alone, and this layer is the same whatever the code is."""
COMPILE: Final = Expr("(python3 -m compileall -qq -j0 --invalidation-mode unchecked-hash /venv || true)")
MOVED: Final = Expr("mkdir /layer && mv /venv /layer/")
DATED: Final = Expr(
    'find /layer -exec touch -hd "@$(python3 -c '
    "'import sys, zlib; print(zlib.crc32(open(sys.argv[1], \"rb\").read()) // 4)'"
)


def nodes(image: ImagePlan) -> Iterator[Node]:
    """The base, and what is installed on it."""
    name, _, digest = image.base.value.partition("@")
    why = "Every stage starts here, so that the interpreter lies at the same place in all."
    pinned = "Pinned by its digest: security fixes come with a new one." if digest else ""
    pin = pinned or f"To repeat a build to the byte, add the digest: {name}@sha256:..."
    yield begin(image.base.value, "base", f"{why} {pin}", image.base.setting)
    yield gap()
    yield comment("---- The dependencies: installed here, copied from here.")
    yield begin("base", "dependencies")
    yield argument("PIP_EXTRA_INDEX_URL", note="For packages that are not on PyPI: --build-arg PIP_EXTRA_INDEX_URL=...")
    yield from _compiler(image)
    yield run(
        [("python3", "-m", "venv", "--without-pip", "/venv")],
        "An environment of its own for the app, porch and the app server; pip stays outside of it.",
    )
    yield word("WORKDIR", "/app")
    yield from _copied(image)
    yield from _installed(image)
    yield from _compiled(image)


def _compiler(image: ImagePlan) -> Iterator[Node]:
    if not image.building:
        return
    yield run(
        [("apt-get", "update"), ("apt-get", "install", "--yes", "--no-install-recommends", *image.building)],
        "Some of the dependencies have no wheels and are compiled. Debian's stable release is pin enough.\n"
        "hadolint ignore=DL3008",
    )


def _copied(image: ImagePlan) -> Iterator[Node]:
    if image.whole:
        yield copy(["."], "./", note="Some of the dependencies are folders of the project.", setting=image.lock.setting)
        return
    folders: dict[str, list[str]] = {}
    for file in image.files:
        folders.setdefault(posixpath.dirname(file), []).append(file)
    note = "Only what the installation reads: as long as it does not change, this layer is not made again."
    for number, (folder, files) in enumerate(folders.items()):
        target = f"{folder}/" if folder else "./"
        yield copy(files, target, note="" if number else note, setting=image.lock.setting)


def _installed(image: ImagePlan) -> Iterator[Node]:
    """One instruction: the dependencies, then porch and the app servers beside them."""
    wheel = image.porch.value if image.porch.value.endswith(".whl") and "://" not in image.porch.value else ""
    if wheel and not image.whole:
        yield copy([wheel], "./", setting=image.porch.setting)
    if image.tool == "uv":
        yield pairs(
            "ENV",
            {"UV_PROJECT_ENVIRONMENT": "/venv", "UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never"},
            "uv fills the environment above, with the interpreter of this image.",
        )
    steps, note = _dependencies(image)
    inside = wheel if image.whole else posixpath.basename(wheel)
    steps.append((PIP, "--no-deps", f"./{inside}" if wheel else image.porch.value))
    if image.added:
        steps.append((PIP, *image.added))
    servers = "; then porch, and the app servers that it brings" if image.added else "; then porch"
    yield run(steps, f"{note}{servers}.", image.lock.setting)


def _dependencies(image: ImagePlan) -> tuple[list[Step], str]:
    """How they are installed, and what is to be said of it."""
    lock = image.lock.value
    if image.tool == "uv":
        own = () if image.whole else ("--no-install-project",)
        sync: Step = ("/tool/bin/uv", "sync", "--locked", "--no-dev", *own, "--no-editable", "--no-cache")
        return [*_tool(image), sync], f"Exactly what {lock} says: it is refused where it does not fit pyproject.toml"
    if image.tool == "pip":
        return [(PIP, "--requirement", lock)], f"What {lock} says"
    if image.tool == "pyproject":
        note = "There is no lock: the newest versions that pyproject.toml allows"
        return [EXPORTS[image.tool], (PIP, "--requirement", LISTED)], note
    if image.tool:
        steps = [*_tool(image), EXPORTS[image.tool], (PIP, "--requirement", LISTED)]
        return steps, f"Exactly what {lock} says, with the hashes that it holds"
    return [], "The project names no dependencies"


def _tool(image: ImagePlan) -> list[Step]:
    """In an environment of its own, so that its packages meet nobody else's."""
    return [("python3", "-m", "venv", "/tool"), ("/tool/bin/pip", "install", "--no-cache-dir", *TOOLS[image.tool])]


def _compiled(image: ImagePlan) -> Iterator[Node]:
    why = (
        "Compiled once, here: the image is read-only when it runs, and an import without bytecode takes three times as "
        "long. Dated by the lock, so that the same lock gives the same layer; what is copied as a part of /layer keeps "
        "its date"
    )
    dated: Step = (
        (DATED, image.lock.value, Expr(')" {} +'))
        if image.lock.value
        else (Expr("find /layer -exec touch -hd @0 {} +"),)
    )
    if not image.own:
        yield run([(COMPILE,), (MOVED,), dated], f"{why}.")
        return
    yield run([(COMPILE,)], f"{why}.")
    if not image.whole:
        yield copy(["."], "./")
    yield argument(VERSION, note=f"For a version that is read from git, which is not here: --build-arg {VERSION}=1.2")
    yield run(
        [(OWN,), (MOVED,), dated],
        "The project itself: its name and version, its commands and entry points, and a link to /app, where its code "
        "is. Where it cannot be built, the image goes without them, as many apps can.",
    )
