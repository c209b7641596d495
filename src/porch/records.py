"""Dataclasses that are made quickly: for people and type checkers `dataclasses.dataclass`, without its generated code.

Rule: whoever uses such a class sees no difference; the unit tests ask both kinds the same questions. The library writes
five methods a class as source and compiles them, at each start: measured, half of the processor time that `porch run`
spent on its imports. Here they are functions over the names of the fields, which do as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, slots: bool = False
    ) -> type | Callable[[type], type]:
        """Make the class a dataclass; what porch does not use of the library's words is not here."""

        def made(plain: type) -> type:
            return _with_methods(plain, frozen=frozen, slots=slots)

        return made if cls is None else made(cls)


__all__ = ["dataclass"]

_generated: Any = dataclasses.dataclass

_put = object.__setattr__
"""As the library's own `__init__` of a frozen class does."""


def _with_methods(plain: type, *, frozen: bool, slots: bool) -> type:
    made: type = _generated(init=False, repr=False, eq=False, slots=slots)(plain)
    parts = fields_of(made)
    compared = tuple(each.name for each in parts if each.compare)
    methods: dict[str, Any] = {
        "__init__": _init(made, parts),
        "__repr__": _repr(tuple(each.name for each in parts if each.repr)),
        "__eq__": _equal(compared),
        "__hash__": _hash(compared) if frozen else None,
    }
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    for name, method in methods.items():
        if name not in vars(plain):
            setattr(made, name, method)
    return made


def _init(made: type, parts: tuple[Field[Any], ...]) -> Callable[..., None]:
    names = tuple(each.name for each in parts)
    usual = {each.name: each.default for each in parts if each.default is not MISSING}
    makers: dict[str, Any] = {each.name: each.default_factory for each in parts if each.default_factory is not MISSING}
    finish = getattr(made, "__post_init__", None)

    def __init__(self: Any, /, *given: Any, **named: Any) -> None:  # noqa: N807  # it becomes the class's own
        for name, value in zip(names, given, strict=False):
            _put(self, name, value)
        for name in names[len(given) :]:
            if name in named:
                _put(self, name, named.pop(name))
            elif name in usual:
                _put(self, name, usual[name])
            elif name in makers:
                _put(self, name, makers[name]())
            else:
                raise TypeError(f"{made.__qualname__}() needs {name!r}")
        if named or len(given) > len(names):
            raise TypeError(f"{made.__qualname__}() takes {names}, once each, and was given {given} and {named}")
        if finish is not None:
            finish(self)

    return __init__


def _repr(names: tuple[str, ...]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:  # noqa: N807  # as above
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _equal(names: tuple[str, ...]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: N807  # as above
        if other.__class__ is not self.__class__:
            return NotImplemented
        return [getattr(self, name) for name in names] == [getattr(other, name) for name in names]

    return __eq__


def _hash(names: tuple[str, ...]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807  # as above
        return hash(tuple(getattr(self, name) for name in names))

    return __hash__


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:  # noqa: ARG001  # Python calls it so
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:  # noqa: ARG001  # as above
    raise FrozenInstanceError(f"cannot delete field {name!r}")
