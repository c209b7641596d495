"""Each setting is declared once: its names are derived, its default and its example are values of its kind."""

from __future__ import annotations

from typing import Any

import pytest

from porch import settings
from porch.settings import Settings, build, sections, specs
from porch.spec import Spec

SPECS = {spec.key: spec for spec in specs()}


def value_of(whole: Settings, spec: Spec) -> Any:
    """The value of one setting."""
    part = getattr(whole, spec.section)
    return getattr(part, spec.name) if spec.name else part


def test_names_are_derived_from_the_key() -> None:
    """Key, variable and flag follow from section and name; a section that is one table has its own name."""
    spec = SPECS["limits.request_timeout"]
    assert (spec.variable, spec.flag) == ("PORCH_LIMITS_REQUEST_TIMEOUT", "--limits-request-timeout")
    assert (SPECS["static"].variable, SPECS["static"].flag) == ("PORCH_STATIC", "--static")


def test_no_two_settings_share_a_name() -> None:
    """Keys, variables, flags with short spellings, and the images' variables each name one setting."""
    for names in (
        [spec.key for spec in specs()],
        [spec.variable for spec in specs()],
        [flag for spec in specs() for flag in dict.fromkeys((*spec.short, spec.flag))],
        [name for spec in specs() for name in spec.images],
    ):
        assert len(names) == len(set(names)), names


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_the_example_is_a_value_other_than_the_default(spec: Spec) -> None:
    """What the messages offer as an example is read without complaint, and changes something."""
    assert spec.kind.parse(spec.example) != spec.default


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_the_default_is_a_value_of_its_kind(spec: Spec) -> None:
    """The default, written down, is read as itself; one that stands for "nothing said" may be empty."""
    if spec.default in ("", ()):
        assert spec.kind.show(spec.default) == ""
    else:
        assert spec.kind.parse(spec.kind.show(spec.default)) == spec.default


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_each_setting_says_what_it_is_for(spec: Spec) -> None:
    """The help is one line that ends with a full stop, and says more than the name."""
    assert spec.says.endswith(".")
    assert spec.says.isprintable()
    assert len(spec.says.split()) > 3


def test_each_section_says_what_it_is_about() -> None:
    """Every section is described, the table of static files by its own setting."""
    assert set(sections()) == {spec.section for spec in specs()}
    assert all(text.endswith(".") for text in sections().values())


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_what_is_given_is_built_and_the_rest_is_default(spec: Spec) -> None:
    """One value given changes that setting and no other."""
    value = spec.kind.parse(spec.example)
    built, plain = build({spec.key: value}), Settings()
    assert value_of(built, spec) == value
    others = [each for each in specs() if each != spec]
    assert all(value_of(built, each) == value_of(plain, each) for each in others)


def test_an_unknown_key_is_no_setting() -> None:
    """A key that nothing declares raises KeyError."""
    with pytest.raises(KeyError):
        settings.spec("limits.bdy")


def test_a_flag_of_another_program_is_none_of_porchs_and_has_one_meaning() -> None:
    """Else whoever types it would be told something else, or nothing."""
    own = {flag for spec in specs() for flag in (*spec.short, spec.flag)}
    words = [word for spec in specs() for word in spec.elsewhere]
    assert len(words) == len(set(words))
    assert not own & set(words)
    assert all(word.startswith("-") for word in words)
