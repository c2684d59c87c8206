"""The serialisation options of a response model."""

from __future__ import annotations

from pronghorn.fields.serialization import Serialization


def test_all_options_are_keyword_arguments() -> None:
    assert Serialization(include={"name"}, exclude_none=True).arguments() == {
        "include": {"name"},
        "exclude": None,
        "by_alias": True,
        "exclude_unset": False,
        "exclude_defaults": False,
        "exclude_none": True,
    }


def test_nothing_is_given_by_default() -> None:
    assert Serialization().given() == {}


def test_what_differs_from_its_default_is_given() -> None:
    options = Serialization(include=set(), exclude={"key": {0}}, by_alias=False, exclude_unset=True)

    assert options.given() == {
        "include": set(),
        "exclude": {"key": {0}},
        "by_alias": False,
        "exclude_unset": True,
    }
