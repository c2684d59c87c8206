"""If the plan reads a type straight from JSON, the result is that of parsing first.

It may reject more values, which are then parsed first. `make differential` tries more types.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from pronghorn.plan.json_mode import json_mode_of
from pronghorn.run.input.json import has_huge_integer
from tests.differential.json_types import LEAVES, Shape, damaged, shapes
from tests.differential.test_generated import EXAMPLES, LONG, PROFILE

#: For a value that one way refuses.
REFUSED = object()


def described(value: Any) -> Any:
    """Tell apart what `==` does not: 1 and 1.0 and True, -0.0, orders of keys, what was set."""
    kind = type(value)
    if isinstance(value, BaseModel):
        extra = described(value.__pydantic_extra__)
        return kind, described(value.__dict__), sorted(value.model_fields_set), extra
    if dataclasses.is_dataclass(value):
        return kind, described(vars(value))
    if isinstance(value, dict):
        return kind, [(described(name), described(item)) for name, item in value.items()]
    if isinstance(value, (list, tuple)):
        return kind, [described(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(repr(described(item)) for item in value)
    return kind, repr(value)


def outcome(make: Any, source: Any, **options: Any) -> Any:
    try:
        return described(make(source, **options))
    except (ValueError, RecursionError):
        return REFUSED


def assert_same(adapter: TypeAdapter[Any], body: bytes) -> None:
    straight = outcome(adapter.validator.validate_json, body)
    event("refused" if straight is REFUSED else "accepted")
    if straight is not REFUSED:
        value = json.loads(body)
        assert straight == outcome(adapter.validator.validate_python, value)
        # As the exact way validates.
        assert straight == outcome(adapter.validator.validate_python, value, from_attributes=True)


@LONG
@settings(PROFILE, max_examples=EXAMPLES or 150)
@given(shape=shapes(), data=st.data())
def test_values_are_those_of_parsing_first(shape: Shape, data: st.DataObject) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(shape.annotation)
    mode = json_mode_of(adapter.core_schema)
    assume(mode.reason is None)
    for body in data.draw(st.lists(damaged(shape.texts), min_size=5, max_size=15)):
        if not (mode.huge_floats and has_huge_integer(body)):
            assert_same(adapter, body)


def test_every_simple_type_may_be_read_straight_from_json() -> None:
    for shape in LEAVES:
        assert json_mode_of(TypeAdapter(shape.annotation).core_schema).reason is None


def test_an_integer_beyond_floats_is_why_long_digits_are_looked_for() -> None:
    adapter = TypeAdapter(float)
    assert json_mode_of(adapter.core_schema).huge_floats
    assert outcome(adapter.validate_json, b"1" * 310) != REFUSED
    assert outcome(adapter.validate_python, int("1" * 310)) is REFUSED
