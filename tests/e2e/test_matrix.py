"""Each kind of app on each server that can speak to it.

Rule: the app's folder and target stay the same; only the server's name changes, and no answer does.
"""

from __future__ import annotations

import kinds
import pytest
from questions import BY_APP, Case
from story import MakeProject

CASES = [
    pytest.param(case, words, id=f"{app}-{interface}-{server}")
    for interface, apps in BY_APP.items()
    for app, case in apps.items()
    for server, words in kinds.BY_INTERFACE[interface].items()
]


@pytest.mark.parametrize(("case", "words"), CASES)
def test_same_answers_on_every_server(
    project: MakeProject, request: pytest.FixtureRequest, case: Case, words: tuple[str, ...]
) -> None:
    """The server is swapped by its name alone, and the app's answers stay the same."""
    folder = request.getfixturevalue("django_folder") if case.folder == "django" else case.folder or None
    site = project(folder).run(case.target, *words, "--workers", "1")
    case.ask(site)
    assert site.stop() == 0
