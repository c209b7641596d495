"""What is kept out of the image: history, secrets, databases, and what is made anew.

Rule: a secret that a project is likely to hold never comes near an image; whoever needs one takes its line out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
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
            "**/.env", "**/.env.*", "**/.env~", "**/*.env", "**/env.prod", "**/.envrc", "secrets",
            "**/conf/secrets", "**/config/secrets", "**/deploy/secrets", "**/docker/secrets", "**/secrets.toml",
            "**/secrets.y*ml", "**/secrets.json", "**/.secrets*", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx",
            "**/*.jks", "**/*.kdbx", "**/id_rsa*", "**/id_ecdsa*", "**/id_ed25519*", "**/.ssh", "**/.aws",
            "**/.azure", "**/.gcloud", "**/.kube", "**/.docker", "**/.netrc", "**/.pypirc", "**/.npmrc", "**/.pgpass",
            "**/.my.cnf", "**/.git-credentials", "**/.vault-token", "**/.s3cfg", "**/.boto", "**/.dockercfg",
            "**/kubeconfig", "auth.json", "**/*.tfstate*", "**/*.tfvars", "**/*.keystore", "**/*.ppk", "*.asc",
            "**/.htpasswd", "**/htpasswd", "**/credentials.json", "**/client_secret*.json",
            "**/*service-account*.json", "**/*service_account*.json",
        ),
    ),
    (
        "Databases: they outlive a container, in a volume.",
        (
            "**/*.sqlite", "**/*.sqlite3", "**/*.sqlite-*", "**/*.sqlite3-*", "**/*.sqlite3.*", "**/*.db", "**/*.db-*",
            "**/*.bak", "**/*.dump", "**/dump*.sql", "**/*.sql.gz",
        ),
    ),
    (
        "History, and the tools' own notes.",
        (
            "**/.git", "**/.hg", "**/.svn", ".github", ".gitlab-ci.yml", ".idea", ".vscode", "**/.*_history",
        ),
    ),
    (
        "Made anew in the image, or only needed to develop.",
        (
            "**/__pycache__", "**/*.py[co]", "**/.venv", "**/venv", "**/site-packages", "**/pyvenv.cfg",
            "**/node_modules", "tests", "**/.pytest_cache", "**/.mypy_cache", "**/.ruff_cache", ".tox", ".nox",
            ".coverage*", "htmlcov", "build", "dist", "**/*.egg-info", "**/*.log", "**/.DS_Store",
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
    served = tuple(_served(plan))
    meant = [*GROUPS[:2], *([OF_FLASK] if plan.app.framework == "flask" else []), *GROUPS[2:]]
    return tuple(
        (note, tuple(each for each in patterns if not _hidden(each, served)))
        for note, patterns in meant
        if not all(_hidden(each, served) for each in patterns)
    )


def _hidden(pattern: str, served: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the pattern takes a folder on the way to one of these paths, or what it leads to, out of the image."""
    name = pattern.removeprefix("**/")
    return any(fnmatchcase(each, name) for path in served for each in (path if name != pattern else path[:1]))


def _served(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Paths in the project that nginx answers from, as their parts; those of an installed package are none."""
    files = plan.files
    pages = [each.value for each in (files.single_page, files.home_page, files.maintenance)]
    answered = [*(each.path for each in (*plan.static.value, *files.protected.value)), *pages]
    for path in answered:
        parts = tuple(filter(None, path.removeprefix(f"{plan.app.folder}/").split("/")))
        if path.startswith(f"{plan.app.folder}/") and not ENVIRONMENTS.intersection(parts):
            yield parts
