"""Values become JSON values."""

import dataclasses
import datetime
import math
import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import ip_address, ip_network
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyUrl, BaseModel, Field, RootModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefined

from pronghorn import FastAPI
from pronghorn.encoders import ENCODERS_BY_TYPE, jsonable_encoder
from pronghorn.exceptions import PydanticV1NotSupportedError
from pronghorn.testclient import TestClient


class Colour(str, Enum):
    red = "RED"


class Level(IntEnum):
    high = 3


class Item(BaseModel):
    name: str
    price: float | None = None
    size: int = 1
    alias: str = Field("a", alias="Alias")


@dataclasses.dataclass
class Point:
    x: int
    label: str | None = None


class Plain:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Pairs:
    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter([("a", 1)])


class Closed:
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("text", "text"),
        (True, True),
        (None, None),
        (1.5, 1.5),
        (b"bytes", "bytes"),
        (Colour.red, "RED"),
        (Level.high, 3),
        (datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "2020-01-02T03:04:05+00:00"),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(minutes=1, milliseconds=500), 60.5),
        (Decimal("1.0"), 1.0),
        (Decimal("1E2"), 100),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (re.compile("a.b"), "a.b"),
        (ip_address("::1"), "::1"),
        (ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (Path("/srv/shop"), "/srv/shop"),
        (PureWindowsPath("a", "b"), "a\\b"),
        (SecretStr("secret"), "**********"),
        (SecretBytes(b"secret"), "b'**********'"),
        (AnyUrl("https://example.com/"), "https://example.com/"),
        (PydanticUndefined, None),
        ((1, "a"), [1, "a"]),
        (frozenset({1}), [1]),
        (
            deque([Item(name="n")], maxlen=1),
            [{"name": "n", "price": None, "size": 1, "Alias": "a"}],
        ),
        ((number for number in (1, 2)), [1, 2]),
        ({1: {Colour.red: Decimal(2)}}, {1: {"RED": 2}}),
        (Point(1), {"x": 1, "label": None}),
        (Plain(a=Point(2)), {"a": {"x": 2, "label": None}}),
        (SimpleNamespace(a=1), {"a": 1}),
        (Pairs(), {"a": 1}),
        (RootModel[list[int]]([1]), [1]),
    ],
)
def test_values(value: Any, encoded: Any) -> None:
    result = jsonable_encoder(value)
    assert result == encoded
    assert type(result) is type(encoded)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_decimals_that_are_no_numbers_become_floats(text: str) -> None:
    assert not math.isfinite(jsonable_encoder(Decimal(text)))


def test_model_options() -> None:
    item = Item(name="n", price=None)
    assert jsonable_encoder(item, by_alias=False)["alias"] == "a"
    assert jsonable_encoder(item, exclude_unset=True) == {"name": "n", "price": None}
    assert jsonable_encoder(item, exclude_defaults=True) == {"name": "n"}
    assert jsonable_encoder(item, exclude_none=True) == {"name": "n", "size": 1, "Alias": "a"}
    assert jsonable_encoder([{"k": item}], exclude_defaults=True) == [{"k": {"name": "n"}}]


@pytest.mark.parametrize("value", [{"x": 1, "label": None}, Point(1), Plain(x=1, label=None)])
def test_include_and_exclude(value: Any) -> None:
    both = {"x": 1, "label": None}
    assert jsonable_encoder(value, include={"x"}) == {"x": 1}
    assert jsonable_encoder(value, include=["x"]) == {"x": 1}
    assert jsonable_encoder(value, include={}) == {}
    assert jsonable_encoder(value, exclude={"x"}) == {"label": None}
    assert jsonable_encoder(value, exclude=("label",)) == {"x": 1}
    assert jsonable_encoder(value, exclude={}) == both
    assert jsonable_encoder(value, exclude_none=True) == {"x": 1}


def test_state_of_sqlalchemy_is_left_out() -> None:
    row = Plain(_sa_instance_state=object(), id=1)
    assert jsonable_encoder(row) == {"id": 1}
    assert jsonable_encoder({"_sa": 1}, sqlalchemy_safe=False) == {"_sa": 1}


def test_custom_encoders_come_first_and_hold_for_subclasses() -> None:
    class Later(datetime.datetime):
        """A subclass."""

    moment = Later(2020, 1, 2)
    assert jsonable_encoder({"at": moment}, custom_encoder={datetime.datetime: lambda _: "at"}) == {
        "at": "at"
    }
    assert jsonable_encoder(
        [moment], custom_encoder={datetime.datetime: lambda _: "base", Later: lambda _: "exact"}
    ) == ["exact"]
    assert jsonable_encoder(Colour.red, custom_encoder={Colour: lambda c: c.name}) == "red"
    assert jsonable_encoder("a", custom_encoder={str: str.upper}) == "A"
    assert jsonable_encoder(moment) == "2020-01-02T00:00:00"


def test_table_of_encoders_can_be_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS_BY_TYPE, complex, lambda value: [value.real, value.imag])
    assert jsonable_encoder({"z": 1 + 2j}) == {"z": [1.0, 2.0]}


@pytest.mark.parametrize("value", [object(), Closed(), [object()]])
def test_value_without_a_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not iterable"):
        jsonable_encoder(value)


def test_models_of_pydantic_1_are_refused() -> None:
    class OldModel:
        """Stands for a model of pydantic.v1, which warns on import with a new Python."""

    OldModel.__module__ = "pydantic.v1.main"
    with pytest.raises(PydanticV1NotSupportedError, match=r"OldModel is a model of pydantic\.v1"):
        jsonable_encoder({"old": OldModel()})


class Person(BaseModel):
    name: str = "Eve"
    password: str = "secret"
    points: list[Point] = []


PERSON = {"name": "Eve", "points": []}


@pytest.mark.parametrize(
    ("value", "exclude", "expected"),
    [
        ({"u": Person()}, {"u": {"password"}}, {"u": PERSON}),
        ({"u": Person()}, {"u": ["password"]}, {"u": PERSON}),
        ({"u": Person()}, {"u": {"password": True, "points": ...}}, {"u": {"name": "Eve"}}),
        ({"u": Person(), "v": 1}, {"u": {"password"}, "v": False}, {"u": PERSON, "v": 1}),
        ({"u": Person(), "v": 1}, {"u": True}, {"v": 1}),
        ({"u": Person(), "v": 1}, {"u": ...}, {"v": 1}),
        ({"u": Person(), "v": 1}, {"u"}, {"v": 1}),
        ({"u": {"w": Person()}}, {"u": {"w": {"password"}}}, {"u": {"w": PERSON}}),
        ({"u": Person()}, {"__all__": {"password"}}, {"u": PERSON}),
        ({"u": [Person(), Person()]}, {"u": {"password"}}, {"u": [PERSON, PERSON]}),
        ({"u": (Person(),)}, {"u": {"__all__": {"password"}}}, {"u": [PERSON]}),
        ([Person()], {"password"}, [PERSON]),
        ([Person()], {"__all__": {"password"}}, [PERSON]),
        ([1, Person(), Person()], {0: True, 1: {"password"}}, [PERSON, Person().model_dump()]),
        ([{"u": Person()}], {"u": {"password"}}, [{"u": PERSON}]),
        ({"p": Point(1)}, {"p": {"label"}}, {"p": {"x": 1}}),
        ({"p": {"x": 1, "y": 2}}, {"p": {"y"}}, {"p": {"x": 1}}),
        ({"u": Person()}, {"password"}, {"u": Person().model_dump()}),
    ],
)
def test_parts_are_excluded_as_in_pydantic(value: Any, exclude: Any, expected: Any) -> None:
    assert jsonable_encoder(value, exclude=exclude) == expected


@pytest.mark.parametrize(
    ("value", "include", "expected"),
    [
        ({"u": Person(), "v": 1}, {"u": {"name"}}, {"u": {"name": "Eve"}}),
        ({"u": Person(), "v": 1}, {"u": {"name"}, "v": True}, {"u": {"name": "Eve"}, "v": 1}),
        ({"u": Person(), "v": 1}, {"v": True, "u": False}, {"v": 1}),
        ({"u": Person()}, {"u": set()}, {"u": {}}),
        ([Person(), 2, 3], {0: {"name"}, 2: True}, [{"name": "Eve"}, 3]),
        ([Person()], {"name"}, [{"name": "Eve"}]),
        ({"u": [Person()]}, {"u": {"__all__": {"name"}}}, {"u": [{"name": "Eve"}]}),
    ],
)
def test_parts_are_included_as_in_pydantic(value: Any, include: Any, expected: Any) -> None:
    assert jsonable_encoder(value, include=include) == expected


def test_a_part_may_be_included_without_a_part_of_it() -> None:
    value = {"u": Person(), "v": 1}
    selected = jsonable_encoder(value, include={"u"}, exclude={"u": {"password"}})
    assert selected == {"u": PERSON}


async def count_items() -> int:
    return 3


def test_a_forgotten_await_is_named() -> None:
    app = FastAPI()
    call = count_items()

    @app.get("/items", response_model=None)
    async def read_items() -> Any:
        return {"count": call}

    with pytest.raises(ValueError, match="not iterable") as caught:
        TestClient(app).get("/items")
    call.close()  # Python warns of a coroutine that nobody awaits.
    place = f"{__file__}:{count_items.__code__.co_firstlineno}"
    note = f"  probably: an await was left out before the call of count_items ({place})"
    assert caught.value.__notes__ == [note]


class Lock:
    __slots__ = ()


def test_an_object_that_cannot_become_json_is_named() -> None:
    with pytest.raises(ValueError, match="not iterable") as caught:
        jsonable_encoder({"lock": Lock()})
    note = (
        f"  probably: {__name__}.Lock has nothing that could become JSON\n"
        "  write:    a Pydantic model, a dataclass, a dict, a list or a single value instead"
    )
    assert caught.value.__notes__ == [note]
