"""Fixtures of the tests of detection.

Rule: a project is written below the test's own folder; nothing of it is ever imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from projects import Case, Folder

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    from projects import Folder

    return Folder(tmp_path)


@pytest.fixture
def holds(folder: Folder) -> Callable[[Case], None]:
    """Write the project of a case and compare all that the case says."""

    def compare(case: Case) -> None:
        finding = folder.write(case.files).found(case.asked)
        root = str(folder.path)
        shown = {one.url: one.folder.removeprefix(root + "/") for one in finding.statics}
        said = (finding.target, finding.interface, finding.framework, shown, finding.sure)
        assert said == (case.target, case.interface, case.framework, dict(case.statics), case.sure)
        assert finding.import_from == str(folder.path / case.import_from)
        if case.evidence:
            assert tuple(line.replace(root + "/", "") for line in finding.evidence) == case.evidence

    return compare
