"""The bytes of an item are those of validating it and serialising the result, in two steps."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, RootModel, field_serializer, model_validator
from pydantic import Field as Declared
from pydantic.fields import FieldInfo

from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.fields.field import Field
from pronghorn.run.streaming.encode import (
    EVENT,
    LINE,
    event_or_data,
    make_typed_encoder,
    make_untyped_encoder,
)
from pronghorn.sse import ServerSentEvent

WHERE: EndpointContext = {"function": "items", "path": "GET /items"}


class Item(BaseModel):
    name: str
    price: float = Declared(1.5, alias="thePrice")


class More(Item):
    secret: int = 7


class Revalidated(Item):
    model_config = ConfigDict(revalidate_instances="always")


class Checked(Item):
    @model_validator(mode="after")
    def double(self) -> Checked:
        self.price *= 2
        return self


class Wrapped(Item):
    @model_validator(mode="wrap")
    @classmethod
    def rename(cls, value: Any, handler: Any) -> Any:
        return handler({"name": "wrapped"})


class Named(Item):
    @field_serializer("name")
    def upper(self, value: str) -> str:
        return value.upper()


class Tree(BaseModel):
    name: str
    inside: list[Tree] = []


class Names(RootModel[list[str]]):
    pass


@dataclass
class Row:
    """Has the attributes of an item."""

    name: str
    thePrice: float = 3


def unchecked(model: type[BaseModel], **values: Any) -> BaseModel:
    """An instance with values that nobody has validated."""
    return model.model_construct(**values)


PAIRS: list[tuple[Any, Any]] = [
    (Item, Item(name="a")),
    (Item, {"name": "a", "thePrice": "2"}),
    (Item, More(name="a")),
    (Item, Row("a")),
    (Item, unchecked(Item, name="a", price=2)),
    (Item, {"name": 1}),
    (Item, "text"),
    (Revalidated, Revalidated(name="a")),
    (Revalidated, unchecked(Revalidated, name=1)),
    (Checked, Checked(name="a")),
    (Wrapped, Wrapped(name="a")),
    (Named, Named(name="a")),
    (Tree, Tree(name="a", inside=[Tree(name="b")])),
    (Tree, {"name": "a", "inside": [{"name": "b"}]}),
    (Names, Names(["a"])),
    (list[Item], [Item(name="a"), {"name": "b"}]),
    (int, "1"),
    (Item | None, None),
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"by_alias": False},
    {"exclude_unset": True, "exclude": {"price"}},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("annotation", "item"), PAIRS)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_one_function_does_what_the_steps_do(
    annotation: Any, item: Any, options: dict[str, Any]
) -> None:
    field = Field("item", FieldInfo(annotation=annotation), mode="serialization")
    encode = make_typed_encoder(field, options, lambda: WHERE, LINE)
    # A copy, as some validators change the item that they are given.
    value, errors = field.validate(deepcopy(item), ("response",))
    if errors:
        with pytest.raises(ResponseValidationError) as raised:
            encode(item)
        assert raised.value.errors() == errors
    else:
        assert encode(item) == field.serialize_json(value, **options) + b"\n"


def test_what_stands_around_an_item() -> None:
    field = Field("item", FieldInfo(annotation=int), mode="serialization")
    assert make_typed_encoder(field, {}, lambda: WHERE, EVENT)(1) == b"data: 1\n\n"
    assert make_untyped_encoder(EVENT)({"a": 1.5}) == b'data: {"a": 1.5}\n\n'
    assert make_untyped_encoder(LINE)([math.nan, "é"]) == b'[null, "\\u00e9"]\n'


def test_an_event_is_written_as_it_is() -> None:
    encode = event_or_data(make_untyped_encoder(EVENT))
    assert encode(ServerSentEvent(data={"a": 1}, id="7")) == b'data: {"a": 1}\nid: 7\n\n'
    assert encode({"a": 1}) == b'data: {"a": 1}\n\n'


def test_an_item_that_contains_itself_is_an_error() -> None:
    item: list[Any] = []
    item.append(item)
    with pytest.raises(RecursionError):
        make_untyped_encoder(LINE)(item)
