"""What detection asks of every framework.

Rule: one file a framework, one line in the tuple `FRAMEWORKS`; how its apps are made and where it serves files from
differs there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from porch.frameworks.finding import Statics
from porch.frameworks.reading import Module
from porch.frameworks.trace import App, Made, Tracer
from porch.records import dataclass


@dataclass(frozen=True)
class Candidate:
    """An app under one name that a server can import."""

    module: Module
    attribute: str
    """`app`, `app.server` or `create_app()`."""
    line: int
    app: App

    @property
    def target(self) -> str:
        """As it is written on the command line."""
        return f"{self.module.name}:{self.attribute}"


class Framework(Protocol):
    """What differs between frameworks."""

    @property
    def name(self) -> str:
        """The word for it in messages."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """Names that a requirements file has it under."""
        ...

    @property
    def words(self) -> tuple[bytes, ...]:
        """A file with none of these makes no app of it: its makers' names, for many files only use a framework."""
        ...

    @property
    def makes(self) -> Mapping[str, Made]:
        """Full name of a class or function (`.name`: a method of any object) -> what calling it gives."""
        ...

    def declared(self, tracer: Tracer, /) -> list[Candidate]:
        """Apps that the project names in the framework's own way; they go before what is merely bound to a name."""
        ...

    def statics(self, tracer: Tracer, app: App, /) -> Statics:
        """The folders of files that this app serves."""
        ...


def no_statics(_tracer: Tracer, _app: App, /) -> Statics:
    """For a framework that serves no folders by itself, or in ways that reading cannot follow."""
    return Statics()


@dataclass(frozen=True)
class Called:
    """A framework whose apps are made by calling one of a few names; most are."""

    name: str
    packages: tuple[str, ...]
    words: tuple[bytes, ...]
    makes: Mapping[str, Made]
    read_statics: Callable[[Tracer, App], Statics] = no_statics

    def declared(self, _tracer: Tracer, /) -> list[Candidate]:
        """None: there is no file that names the app."""
        return []

    def statics(self, tracer: Tracer, app: App, /) -> Statics:
        """What `read_statics` reads."""
        return self.read_statics(tracer, app)
