"""Records are frozen, without generated code."""

import copy

import pytest

from pronghorn.core.records import NOTHING, Record, replace


class Place(Record):
    file: str
    line: int = 1
    notes: object = NOTHING


class Spot(Place):
    column: int


def test_facts_are_given_in_order_or_by_name() -> None:
    place = Place("main.py", line=7)
    assert (place.file, place.line, place.notes) == ("main.py", 7, {})
    spot = Spot("main.py", 2, column=3)
    assert (spot.file, spot.line, spot.column) == ("main.py", 2, 3)


def test_what_is_missing_or_unknown_is_refused() -> None:
    for arguments in ({}, {"line": 1}, {"file": "main.py", "colour": "red"}):
        with pytest.raises(TypeError, match="Place is made of"):
            Place(**arguments)  # type: ignore[arg-type]  # what is tested


def test_too_many_and_repeated_facts_are_refused() -> None:
    with pytest.raises(TypeError):
        Place("main.py", 1, {}, "more")  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError):
        Place("main.py", file="other.py")  # type: ignore[misc]  # what is tested


def test_facts_stay_as_they_are() -> None:
    place = Place("main.py")
    with pytest.raises(AttributeError, match="Place is frozen"):
        place.line = 2  # type: ignore[misc]  # what is tested
    with pytest.raises(AttributeError, match="Place is frozen"):
        del place.file
    assert place.line == 1


def test_a_copy_with_other_facts() -> None:
    place = Place("main.py", 7)
    other = replace(place, line=8)
    assert (type(other), other.file, other.line, place.line) == (Place, "main.py", 8, 7)


def test_compared_by_identity() -> None:
    place = Place("main.py")
    assert place == place  # noqa: PLR0124 - what is tested
    assert place != Place("main.py")
    assert len({place, Place("main.py")}) == 2


def test_copies_and_text() -> None:
    place = Place("main.py", notes=["x"])
    assert repr(place) == "Place(file='main.py', line=1, notes=['x'])"
    deep = copy.deepcopy(place)
    assert repr(deep) == repr(place)
    assert deep.notes is not place.notes
