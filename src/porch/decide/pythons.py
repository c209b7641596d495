"""Which Python an image has.

Rule: what the project says counts, the most exact first; where it says nothing, the version that everything has wheels
for.
"""

from __future__ import annotations

import re

from porch.frameworks.needs import Packaging

OLDEST = 11
"""Of Python 3: porch runs in the image, with the app's interpreter."""
PREFERRED = ("3.13", "3.12", "3.11", "3.14")
"""The first that the project allows is taken."""
CLAUSE = re.compile(r"\s*(~=|===?|!=|<=|>=|<|>)\s*(\d+)\.(\d+)[.\w*]*\s*")


def version(packaging: Packaging) -> tuple[str, str]:
    """`X.Y`, and why."""
    if packaging.python:
        return packaging.python, f"{packaging.python_from} says {packaging.python}"
    bounds = packaging.requires_python
    for each in PREFERRED:
        if allows(bounds, each):
            why = f"requires-python is {bounds}" if bounds else "the project names none"
            return each, why
    return PREFERRED[0], f"requires-python is {bounds}, which no Python that is known here fits"


def runs_porch(number: str) -> bool:
    """Whether it is CPython, and new enough."""
    return re.fullmatch(r"3\.\d+", number) is not None and int(number.partition(".")[2]) >= OLDEST


def allows(bounds: str, wanted: str) -> bool:
    """Whether `requires-python` allows some release of `X.Y`; what cannot be read is taken to allow it."""
    number = tuple(map(int, wanted.split(".")))
    clauses = [match for clause in bounds.split(",") if (match := CLAUSE.fullmatch(clause))]
    return all(_fits(match, number) for match in clauses)


def _fits(match: re.Match[str], number: tuple[int, ...]) -> bool:
    """Whether some release of that version satisfies one clause; a third number lets others of them in."""
    clause, sign, bound = match[0].strip(), match[1], (int(match[2]), int(match[3]))
    micro = bool(re.search(r"\d+\.\d+\.\d", clause))
    inside = micro and not clause.endswith(".0")
    return {
        ">=": number >= bound,
        "~=": number == bound if micro else number >= bound and number[0] == bound[0],
        ">": number > bound or (micro and number == bound),
        "<": number < bound or (inside and number == bound),
        "<=": number <= bound,
        "!=": micro or number != bound,
    }.get(sign, number == bound)
