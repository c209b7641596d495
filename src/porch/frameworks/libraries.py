"""Calls of libraries that change how an app is to be served, in the project and in the installed package of its app.

Rule: only a call counts, as such libraries are imported for their clients too; looked for only where one of them is
required or installed.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping

from porch.frameworks.follow import named_calls
from porch.frameworks.project import Project, module_file
from porch.frameworks.reading import Module


def library_calls(
    project: Project, required: Container[str], made: Module, packages: Mapping[str, str]
) -> Iterator[tuple[Module, ast.Call, str]]:
    """Each call in the files that name one of these modules, and what is called; `made`: where the app is made.

    `packages`: module -> how it is required.
    """
    there = [module for module, package in packages.items() if package in required or _installed(project, module)]
    for each in _read(project, made) if there else ():
        yield from named_calls(each, (word.encode() for word in there))


def _read(project: Project, made: Module) -> Iterator[Project]:
    """The project, and the installed package that the app comes from."""
    yield project
    package = made.root / made.name.partition(".")[0]
    if not project.owns(made.path) and package.is_dir():
        yield Project.at(package, project.search_path)


def _installed(project: Project, module: str) -> bool:
    return any(module_file(root, module) is not None for root in project.roots)
