"""How the project's folder is read: within bounds, and quickly.

Rule: what is not looked at is as much a promise as what is.
"""

from __future__ import annotations

import time

from projects import Folder

from porch.frameworks import Project, detect
from porch.frameworks.project import DEEPEST, MOST_BYTES, MOST_FILES
from porch.frameworks.requirements import requirements

FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def test_depth_is_bounded(folder: Folder) -> None:
    """Files below the sixth level are not looked at."""
    deep = "/".join(f"d{number}" for number in range(DEEPEST - 1))
    folder.write({f"{deep}/seen.py": "", f"{deep}/more/unseen.py": ""})
    assert [path.name for path in Project.at(folder.path).files] == ["seen.py"]


def test_the_number_of_files_is_bounded(folder: Folder) -> None:
    """Of a folder with very many files no more than the bound is listed."""
    for number in range(MOST_FILES + 5):
        (folder.path / f"f{number}.py").touch()
    assert len(Project.at(folder.path).files) == MOST_FILES


def test_large_files_are_not_read(folder: Folder) -> None:
    """A file beyond the bound counts as empty."""
    folder.write({"big.py": "#" * (MOST_BYTES + 1)})
    assert Project.at(folder.path).content(folder.path / "big.py") == b""


def test_only_files_that_make_an_app_are_parsed(folder: Folder) -> None:
    """Of 300 files, some of which use the framework, the one that matters is parsed."""
    folder.write({f"part{number // 20}/m{number}.py": "import os\nx = os.sep\n" * 200 for number in range(300)})
    folder.write({"app.py": FLASK, "views.py": "import flask\n"})
    project = Project.at(folder.path)
    assert detect(project).target == "app:app"
    assert {path.name for path in project._read.modules} == {"app.py"}


def test_a_large_project_takes_no_time(folder: Folder) -> None:
    """300 files, read before, are detected in less than a tenth of a second."""
    folder.write({f"part{number // 20}/m{number}.py": "import os\nx = os.sep\n" * 200 for number in range(300)})
    folder.write({"app.py": FLASK})
    detect(Project.at(folder.path))
    started = time.process_time()
    detect(Project.at(folder.path))
    assert time.process_time() - started < 0.1


def test_factories_of_factories_take_no_exponential_time(folder: Folder) -> None:
    """Functions that call one another many times, and in circles, are each followed once."""
    lines = ["from flask import Flask"]
    for number in range(40):
        following = f"make{(number + 1) % 40}"
        lines += [f"def make{number}(x=None):", *[f"    return {following}({following}())"] * 6]
    folder.write({"app.py": "\n".join([*lines, "app = make0()", ""])})
    started = time.process_time()
    assert not folder.found().sure
    assert time.process_time() - started < 1


def test_values_of_values_take_no_exponential_time(folder: Folder) -> None:
    """A path that is put together from itself in many branches is worked out once a line."""
    lines = ["import os", "from flask import Flask", "path = 'a'"]
    for _ in range(60):
        lines += ["if os.environ.get('X'):", "    path = path + path"]
    folder.write({"app.py": "\n".join([*lines, "app = Flask(__name__, static_folder=path)", ""])})
    started = time.process_time()
    assert folder.found().statics == ()
    assert time.process_time() - started < 1


def test_requirements_are_found_wherever_they_are_written(folder: Folder) -> None:
    """pyproject (project, extras, groups, poetry), requirements files and Pipfile are read, with their lines."""
    folder.write(
        {
            "pyproject.toml": """
            [project]
            name = "flask-shop"
            dependencies = ["Flask>=3", "aiohttp"]
            [project.optional-dependencies]
            web = ["bottle"]
            [dependency-groups]
            dev = ["quart"]
            [tool.poetry.dependencies]
            fastapi = "^0.1"
            """,
            "requirements.txt": "# none\nDjango==5 ; python_version > '3'\n-r more.txt\n",
            "requirements/web.txt": "starlette\n",
            "Pipfile": '[packages]\nlitestar = "*"\n',
        }
    )
    assert dict(requirements(Project.at(folder.path))) == {
        "django": "requirements.txt:2",
        "starlette": "requirements/web.txt:1",
        "flask": "pyproject.toml:3",
        "aiohttp": "pyproject.toml:3",
        "bottle": "pyproject.toml:5",
        "quart": "pyproject.toml:7",
        "fastapi": "pyproject.toml:9",
        "litestar": "Pipfile:2",
    }


def test_what_is_imported_by_the_project_starts_there_beside_a_manage_py_too(folder: Folder) -> None:
    """A file that names its neighbours from the project's folder is no module of the Django project."""
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\n"
    files = {"be/manage.py": manage, "be/conf/settings.py": "", "be/tools/x.py": "y = 1\n"}
    text = "from be.tools.x import y\nfrom flask import Flask\napp = Flask(__name__)\n"
    found = folder.write({**files, "be/tools/api.py": text}).found("be/tools/api.py")
    assert (found.target, found.import_from) == ("be.tools.api:app", str(folder.path))
