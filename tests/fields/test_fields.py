"""The values that a field accepts, its errors, and its names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ForwardRef, Literal, Optional

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Json,
    PydanticUndefinedAnnotation,
    PydanticUserError,
)
from pydantic import Field as Declared
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pronghorn import params
from pronghorn.datastructures import UploadFile
from pronghorn.fields.field import Field, missing_error


class Item(BaseModel):
    name: str
    price: float = 1.5


def field_of(annotation: Any, info: FieldInfo | None = None, **facts: Any) -> Field:
    info = info or FieldInfo()
    info.annotation = annotation
    return Field("value", info, **facts)


def test_a_valid_value_is_converted() -> None:
    assert field_of(int).validate("3", ("query", "value")) == (3, [])


def test_errors_are_those_of_the_422_answer() -> None:
    value, errors = field_of(Item).validate({"price": "x"}, ("body",))
    assert value is None
    assert errors == [
        {
            "type": "missing",
            "loc": ("body", "name"),
            "msg": "Field required",
            "input": {"price": "x"},
        },
        {
            "type": "float_parsing",
            "loc": ("body", "price"),
            "msg": "Input should be a valid number, unable to parse string as a number",
            "input": "x",
        },
    ]


def test_the_error_for_a_value_that_was_not_sent() -> None:
    assert missing_error(("query", "q")) == {
        "type": "missing",
        "loc": ("query", "q"),
        "msg": "Field required",
        "input": None,
    }


def test_attributes_are_read_as_fields() -> None:
    @dataclass
    class Row:
        name: str

    value, errors = field_of(Item, mode="serialization").validate(Row("a"))
    assert (value, errors) == (Item(name="a"), [])
    assert field_of(Item, mode="serialization").check(Row("b")) == Item(name="b")


def test_constraints_and_discriminators_count() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    assert field_of(int, params.Query(gt=3)).validate(3)[1][0]["type"] == "greater_than"
    pet = field_of(Cat | Dog, params.Body(discriminator="kind"))
    assert pet.validate({"kind": "fish"})[1][0]["type"] == "union_tag_invalid"


def test_fields_of_one_type_do_not_share_rules() -> None:
    strict, lax = field_of(int, params.Query(gt=3)), field_of(int)
    assert strict.validate(1)[1]
    assert lax.validate(1) == (1, [])


def test_the_default_is_a_fresh_copy() -> None:
    field = field_of(list[int], params.Query([1]))
    first, second = field.get_default(), field.get_default()
    assert first == second == [1]
    assert first is not second
    assert field.default == [1]
    assert not field.required


def test_the_default_factory_is_called_each_time() -> None:
    numbers = iter(range(3))
    field = field_of(int, params.Query(default_factory=lambda: next(numbers)))
    assert [field.get_default(), field.get_default()] == [0, 1]


def test_a_required_field_has_no_default() -> None:
    field = field_of(int)
    assert field.required
    assert field.get_default() is PydanticUndefined


def test_serialisation_in_both_modes() -> None:
    class Event(BaseModel):
        day: date
        note: Annotated[str | None, Declared(serialization_alias="Note")] = None

    field = field_of(Event, mode="serialization")
    event = Event(day=date(2026, 1, 2))
    assert field.serialize(event) == {"day": "2026-01-02", "Note": None}
    assert field.serialize(event, mode="python") == {"day": date(2026, 1, 2), "Note": None}
    assert field.serialize(event, by_alias=False, exclude_unset=True) == {"day": "2026-01-02"}
    assert field.serialize_json(event, exclude_none=True) == b'{"day":"2026-01-02"}'


@pytest.mark.parametrize(
    ("annotation", "info", "expected"),
    [
        (str, params.Query(), True),
        (str, params.Query("default", title="Title"), True),
        (str, params.Query(max_length=3), False),
        (str | None, params.Query(), True),
        (str | None, params.Query(pattern="a"), False),
        (str | int, params.Query(), False),
        (int, params.Query(), False),
    ],
)
def test_plain_text_needs_no_check(annotation: Any, info: FieldInfo, expected: bool) -> None:
    assert field_of(annotation, info).is_plain_text is expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[int], True),
        (set[str] | None, True),
        (Optional[Annotated[set[str], Declared(max_length=3)]], True),
        (int | list[int], True),
        (str, False),
        (bytes, False),
        (Annotated[list[int], Json] | None, False),
        (dict[str, int], False),
    ],
)
def test_which_types_take_repeated_values(annotation: Any, expected: bool) -> None:
    assert field_of(annotation).is_sequence is expected


def test_json_text_is_one_value() -> None:
    info = FieldInfo.from_annotation(Json[list[int]])
    field = Field("value", info, location="query")
    assert (field.is_json, field.is_sequence) == (True, False)
    assert field.validate("[1, 2]") == ([1, 2], [])


@pytest.mark.parametrize(
    ("options", "lookups"),
    [
        ({}, ("value",)),
        ({"alias": "a"}, ("a",)),
        ({"alias": "a", "validation_alias": "b"}, ("b",)),
        ({"validation_alias": AliasChoices("a", "b")}, ("a", "b")),
        ({"validation_alias": AliasPath("a", 0)}, ("value",)),
        ({"validation_alias": AliasChoices("a", AliasPath("b", 0))}, ("value",)),
        ({"serialization_alias": "a"}, ("value",)),
    ],
)
def test_the_names_on_the_wire(options: dict[str, Any], lookups: tuple[str, ...]) -> None:
    field = field_of(int, params.Query(**options))
    assert field.lookups == lookups
    assert field.alias == lookups[0]


class Headers(BaseModel):
    x_token: str
    x_tags: list[str] = []
    named: Annotated[str, Declared(alias="Given_Name")] = ""
    either: Annotated[str, Declared(validation_alias=AliasChoices("one_a", "two_b"))] = ""


def names(field: Field) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {item.name: (item.lookups, item.model_keys) for item in field.model_fields}


def test_a_header_model_has_hyphens_on_the_wire() -> None:
    field = field_of(Headers, params.Header(), location="header")
    assert field.model is Headers
    assert names(field) == {
        "x_token": (("x-token",), ("x_token",)),
        "x_tags": (("x-tags",), ("x_tags",)),
        "named": (("Given_Name",), ("Given_Name",)),
        "either": (("one_a", "two_b"), ("one_a", "two_b")),
    }
    assert [item.is_sequence for item in field.model_fields] == [False, True, False, False]


def test_a_header_model_without_conversion() -> None:
    field = field_of(Headers, params.Header(convert_underscores=False), location="header")
    assert names(field)["x_token"] == (("x_token",), ("x_token",))


def test_a_model_populated_by_name_is_known_by_both() -> None:
    class Both(Headers):
        model_config = ConfigDict(populate_by_name=True)

    class NameOnly(Headers):
        model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)

    both = names(field_of(Both, params.Query(), location="query"))
    assert both["named"] == (("Given_Name", "named"), ("Given_Name", "named"))
    assert both["either"][0] == ("one_a", "two_b", "either")
    name_only = names(field_of(NameOnly, params.Query(), location="query"))
    assert (name_only["named"][0], name_only["either"][0]) == (("named",), ("either",))


@pytest.mark.parametrize(
    ("annotation", "facts", "model"),
    [
        (Item, {"location": "query"}, Item),
        (Item | None, {"location": "cookie"}, Item),
        (Item, {"location": "body", "is_form": True}, Item),
        (Item, {"location": "body", "is_file": True}, Item),
        (Item, {"location": "body"}, None),
        (Item, {"location": "path"}, None),
        (Item | int, {"location": "body", "is_form": True}, None),
        (Optional[Annotated[Item, Json]], {"location": "query"}, None),
        (list[Item], {"location": "body", "is_form": True}, None),
    ],
)
def test_which_fields_are_models_of_parameters(annotation: Any, facts: Any, model: Any) -> None:
    assert field_of(annotation, **facts).model is model


def test_a_form_of_several_models_has_a_branch_for_each() -> None:
    field = field_of(Item | Headers | None, params.Form(), location="body", is_form=True)
    assert field.model is None
    assert [model for model, _ in field.branches] == [Item, Headers]
    assert [item.name for item in field.branches[0][1]] == ["name", "price"]
    assert field_of(Item | int, params.Form(), location="body", is_form=True).branches == ()


def test_files_that_are_read() -> None:
    assert field_of(bytes, params.File(), location="body", is_file=True).reads_file
    assert field_of(list[bytes], params.File(), location="body", is_file=True).reads_file
    assert not field_of(UploadFile, params.File(), location="body", is_file=True).reads_file
    assert not field_of(bytes, params.Body(), location="body").reads_file


def test_a_body_declaration_shows_on_the_field() -> None:
    field = field_of(int, params.Body(embed=True, media_type="text/plain"), location="body")
    assert (field.embed, field.media_type) == (True, "text/plain")
    assert field.field_info is field.info


class Later(BaseModel):
    part: Part  # type: ignore[name-defined]  # noqa: F821 - defined after the field was made


def test_a_model_completed_later_is_used_as_completed() -> None:
    class Node(BaseModel):
        leaf: Leaf

    field = Field("value", FieldInfo(annotation=Node), location="body")

    class Leaf(BaseModel):
        size: int

    Node.model_rebuild()
    assert field.check({"leaf": {"size": "1"}}).leaf.size == 1
    assert field.validate({"leaf": {"size": 2}})[1] == []


def test_an_unknown_name_is_an_error_at_first_use() -> None:
    field = Field("value", FieldInfo(annotation=Later), location="body")
    with pytest.raises((PydanticUserError, PydanticUndefinedAnnotation)):
        field.validate({"part": 1})


def test_a_forward_reference_is_looked_up_where_it_was_written() -> None:
    unknown: Any = ForwardRef("Item", module="module_that_does_not_exist")
    field = Field("value", FieldInfo(annotation=unknown))
    with pytest.raises(PydanticUndefinedAnnotation):
        field.validate({"name": "a"})
    known: Any = ForwardRef("OrderedDict", module="collections")
    found = Field("value", FieldInfo(annotation=known))
    assert found.validate({"name": "a"}) == ({"name": "a"}, [])


class Nested(BaseModel):
    name: str
    next: Nested | None = None


@pytest.mark.parametrize("location", ["query", "header", "cookie", "body"])
def test_a_model_may_have_itself_as_a_field(location: Any) -> None:
    info = FieldInfo(annotation=Nested)
    field = Field("part", info, location=location, is_form=location == "body")
    assert [member.name for member in field.model_fields] == ["name", "next"]
    assert field.validate({"name": "a", "next": {"name": "b"}})[1] == []
