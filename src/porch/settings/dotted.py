"""URLs with a hidden part, a name that begins with a dot, that are the app's all the same: `app.dotted`.

Rule: what is named there is one hidden page or folder of the app, and never a name under which programs keep secrets.
"""

from __future__ import annotations

from fnmatch import fnmatch

from porch import values as v

OPEN = ".well-known"
"""Never refused: RFC 8615 is about what lies there."""
SECRET = (
    ".git*", ".hg*", ".svn", ".bzr", ".cvs", ".env*", ".ht*", ".ssh", ".gnupg", ".netrc", ".pgpass", ".my.cnf",
    ".npmrc", ".yarnrc*", ".pypirc", ".aws", ".azure", ".gcloud", ".boto", ".s3cfg", ".docker*", ".kube", ".terraform*",
    ".venv", ".virtualenv*", ".bash*", ".zsh*", ".profile", ".*_history", ".idea", ".vscode", ".ds_store", ".*.sw?",
)  # fmt: skip
"""What scanners ask every site for, because it holds code, keys or passwords where it is there."""


def hidden(url: str) -> list[str]:
    """The parts of the URL that nginx answers 404 for."""
    return [part for part in url.split("/") if part.startswith(".") and part != OPEN]


def _one(raw: str) -> str:
    """One URL; raises ValueError where it has no hidden part, several, or one that must stay hidden."""
    url: str = v.URLS.parse([raw])[0]
    parts = hidden(url)
    if not parts:
        raise ValueError(f'"{url}" has no hidden part, so it needs no leave; this is for URLs such as /.web/')
    if len(parts) > 1:
        raise ValueError(f'"{url}" has {len(parts)} hidden parts; name one, as in /.web/')
    if any(fnmatch(parts[0].lower(), pattern) for pattern in SECRET):
        raise ValueError(
            f'"{url}": {parts[0]}: secrets are kept under that name, so it stays 404; rename it in the app'
        )
    return url


DOTTED = v.list_of("URLs", _one, "a URL")
