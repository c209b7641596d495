"""What is kept out of the image: history, secrets, databases, and what is made anew.

Rule: a secret that a project is likely to hold never comes near an image; whoever needs one takes its line out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, LiteralString

from porch.plan import Plan

HEADER: Final = (
    "What the image is built without. Written by porch; yours to keep: take a line out for what the app needs, such as "
    "a database that it only reads."
)

GROUPS: Final[tuple[tuple[str, tuple[LiteralString, ...]], ...]] = (
    (
        "Secrets: an image is copied around. They are given when the container starts.",
        (
            "**/.env", "**/.env.*", "**/*.env", "**/.envrc", "secrets", "**/*.pem", "**/*.key", "**/*.p12",
            "**/*.pfx", "**/*.jks", "**/*.kdbx", "**/id_rsa*", "**/id_ecdsa*", "**/id_ed25519*", "**/.ssh", "**/.aws",
            "**/.azure", "**/.gcloud", "**/.kube", "**/.docker", "**/.netrc", "**/.pypirc", "**/.npmrc", "**/.pgpass",
            "**/.htpasswd", "**/credentials.json", "**/service-account*.json",
        ),
    ),
    (
        "Databases: they outlive a container, in a volume.",
        ("**/*.sqlite", "**/*.sqlite3", "**/*.sqlite3-*", "**/*.db"),
    ),
    (
        "History, and the tools' own notes.",
        ("**/.git", "**/.hg", "**/.svn", ".github", ".gitlab-ci.yml", ".idea", ".vscode"),
    ),
    (
        "Made anew in the image, or only needed to develop.",
        (
            "**/__pycache__", "**/*.py[co]", ".venv", "venv", "node_modules", "tests", "**/.pytest_cache",
            "**/.mypy_cache", "**/.ruff_cache", ".tox", ".nox", ".coverage*", "htmlcov", "build", "dist",
            "**/*.egg-info", "**/*.log", "**/.DS_Store",
        ),
    ),
    ("How it is built and started.", ("Dockerfile*", ".dockerignore", "compose*.y*ml", "docker-compose*.y*ml")),
)  # fmt: skip
"""Note, and the patterns below it."""
OF_FLASK: Final[tuple[str, tuple[LiteralString, ...]]] = (
    "Flask's instance folder: keys, settings and databases of one machine.",
    ("instance",),
)
ENVIRONMENTS: Final = frozenset((".venv", "venv", "site-packages"))
"""What lies below is installed anew in the image, and found there again."""


def groups(plan: Plan) -> tuple[tuple[str, tuple[LiteralString, ...]], ...]:
    """The same without folders that nginx answers from, such as a `build` that a bundler writes."""
    served = set(_served(plan))
    meant = [*GROUPS[:2], *([OF_FLASK] if plan.app.framework == "flask" else []), *GROUPS[2:]]
    return tuple(
        (note, tuple(each for each in patterns if each not in served))
        for note, patterns in meant
        if not served.issuperset(patterns)
    )


def _served(plan: Plan) -> Iterator[str]:
    """First parts of the paths in the project that nginx answers from; those of an installed package are none."""
    files = plan.files
    pages = [each.value for each in (files.single_page, files.home_page, files.maintenance)]
    answered = [*(each.path for each in (*plan.static.value, *files.protected.value)), *pages]
    for path in answered:
        parts = path.removeprefix(f"{plan.app.folder}/").split("/")
        if not ENVIRONMENTS.intersection(parts):
            yield parts[0]
