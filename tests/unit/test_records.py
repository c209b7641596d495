"""porch's quick dataclasses, asked the same questions as those of the library."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import asdict, field, fields, replace
from typing import Any

import pytest

from porch import records

MAKERS: dict[str, Callable[..., Any]] = {"ours": records.dataclass, "the library's": dataclasses.dataclass}


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Each of the two."""
    return MAKERS[request.param]


def point(maker: Callable[..., Any], **words: bool) -> Any:
    """A class with all that porch uses."""

    @maker(**words)
    class Point:
        """In a plane."""

        x: int
        y: int = 2
        names: list[str] = field(default_factory=list[str])
        seen: int = field(default=0, repr=False, compare=False)

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("left of the plane")

    return Point


FROZEN = ({"frozen": True}, {"frozen": True, "slots": True})


@pytest.mark.parametrize("words", [*FROZEN, {}])
def test_values_come_by_place_by_name_and_by_default(maker: Callable[..., Any], words: dict[str, bool]) -> None:
    """A value is given by its place or its name, and what is not given has its default, made anew for each."""
    cls = point(maker, **words)
    first, second = cls(1), cls(1, names=["a"], y=5)
    assert (first.x, first.y, first.names, second.y, second.names) == (1, 2, [], 5, ["a"])
    assert cls(1).names is not first.names
    assert replace(first, x=7) == cls(7)
    assert asdict(second) == {"x": 1, "y": 5, "names": ["a"], "seen": 0}
    assert [each.name for each in fields(first)] == ["x", "y", "names", "seen"]
    assert hasattr(first, "__dict__") is not words.get("slots", False)


WRONG: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    ((1, 2, [], 0, 9), {}),
    ((1,), {"z": 1}),
    ((1,), {"x": 1}),
)


@pytest.mark.parametrize("given", WRONG)
def test_a_call_that_does_not_fit_is_refused(maker: Callable[..., Any], given: tuple[Any, Any]) -> None:
    """A value that is missing, unknown, one too many or given twice is a TypeError."""
    with pytest.raises(TypeError):
        point(maker, frozen=True)(*given[0], **given[1])


def test_what_the_class_checks_is_checked(maker: Callable[..., Any]) -> None:
    """The class's own `__post_init__` sees each instance."""
    with pytest.raises(ValueError, match="left of the plane"):
        point(maker, frozen=True, slots=True)(-1)


@pytest.mark.parametrize("words", FROZEN)
def test_frozen_is_frozen(maker: Callable[..., Any], words: dict[str, bool]) -> None:
    """No field of a frozen one can be set or deleted."""
    one = point(maker, **words)(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.x = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.x


@pytest.mark.parametrize("words", [*FROZEN, {}])
def test_equal_is_of_the_same_class_with_the_same_values(maker: Callable[..., Any], words: dict[str, bool]) -> None:
    """Two are equal by their class and the fields that count, and look as they would be written."""
    cls, other = point(maker, **words), point(maker, **words)
    assert cls(1, seen=1) == cls(1, seen=2)
    assert cls(1) != cls(2)
    assert cls(1) != other(1)
    assert repr(cls(1)).endswith("Point(x=1, y=2, names=[])")


def test_only_what_is_frozen_can_be_a_key(maker: Callable[..., Any]) -> None:
    """Equal frozen ones have equal hashes, and one that can change has none."""
    cls = point(maker, frozen=True)
    names = ("a",)
    assert hash(cls(1, names=names, seen=1)) == hash(cls(1, names=names, seen=2))
    with pytest.raises(TypeError):
        hash(point(maker)(1))


def test_what_the_class_says_itself_stays(maker: Callable[..., Any]) -> None:
    """A method that is written in the class is not replaced."""

    @maker(frozen=True)
    class Own:
        """With words of its own."""

        x: int

        def __repr__(self) -> str:
            return "own"

    assert repr(Own(1)) == "own"


def test_a_field_can_be_added_below(maker: Callable[..., Any]) -> None:
    """A class that descends from one has its fields first."""
    base = point(maker, frozen=True)

    @maker(frozen=True)
    class Below(base):  # type: ignore[misc, valid-type]  # made at run time
        """With one more."""

        z: int = 9

    assert (Below(1).z, Below(1, z=4).z, Below(1, 2, [], 0, 5).z) == (9, 4, 5)


def test_a_pattern_takes_the_fields_by_place(maker: Callable[..., Any]) -> None:
    """`match` finds the fields in their order."""
    assert point(maker, frozen=True).__match_args__ == ("x", "y", "names", "seen")
