"""The form in which a body is read and documented, for given fields."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Json
from pydantic import Field as Declared

from pronghorn.core.kinds import BodyKind
from pronghorn.datastructures import UploadFile
from pronghorn.exceptions import SetupError
from pronghorn.fields.field import Field
from pronghorn.param_functions import Body, File, Form
from pronghorn.plan.body import plan_body, response_field
from pronghorn.plan.model import BodyPlan
from pronghorn.plan.parameters import analyze_parameter


class Item(BaseModel):
    name: str


class Other(BaseModel):
    size: int = 1


class Named(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    name: Annotated[str, Declared(alias="full_name")]
    age: Annotated[int, Declared(validation_alias=AliasChoices("age", "years"))] = 1


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int


def field(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> Field:
    found = analyze_parameter(
        name=name, annotation=annotation, default=default, path_names=frozenset()
    )
    assert isinstance(found, Field)
    return found


def plan(*fields: Field) -> BodyPlan:
    body = plan_body(fields, "read_items_post")
    assert body is not None
    return body


def schema(body: BodyPlan) -> dict[str, Any]:
    model: type[BaseModel] = body.field.annotation
    return model.model_json_schema()


def test_no_fields_no_body() -> None:
    assert plan_body([], "id") is None


def test_one_field_is_the_whole_body() -> None:
    item = field("item", Item)
    body = plan(item)
    assert (body.kind, body.embed, body.raw) == (BodyKind.JSON, False, False)
    assert body.field is item
    assert body.media_type == "application/json"


def test_one_embedded_field_is_a_member() -> None:
    body = plan(field("item", Annotated[Item, Body(embed=True)]))
    assert body.embed
    assert (body.field.name, body.field.annotation.__name__) == ("body", "Body_read_items_post")
    assert schema(body)["properties"] == {"item": {"$ref": "#/$defs/Item"}}


def test_several_fields_are_members() -> None:
    body = plan(
        field("item", Item),
        field("count", Annotated[int, Body(alias="number", gt=3)], 4),
        field("tag", Annotated[str, Body(validation_alias=AliasChoices("tag", "label"))]),
    )
    found = schema(body)
    assert body.embed
    assert body.field.required
    assert found["required"] == ["item", "tag"]
    assert set(found["properties"]) == {"item", "number", "tag"}
    assert found["properties"]["number"] == {
        "default": 4,
        "exclusiveMinimum": 3,
        "title": "Number",
        "type": "integer",
    }


def test_a_name_that_dependencies_repeat_counts_once() -> None:
    first, again = field("item", Item), field("item", int, Body())
    body = plan(first, again)
    assert (body.embed, body.fields) == (False, (first,))


def test_a_body_of_optional_fields_is_optional() -> None:
    assert not plan(field("a", Item, None), field("b", Other, None)).field.required
    assert not plan(field("a", Item | None, None)).field.required
    assert plan(field("a", Item), field("b", Other, None)).field.required


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ([("a", Annotated[int, Body(media_type="text/x-a")])], "text/x-a"),
        (
            [
                ("a", Annotated[int, Body(media_type="text/x-a")]),
                ("b", Annotated[int, Body(media_type="text/x-a")]),
            ],
            "text/x-a",
        ),
        (
            [
                ("a", Annotated[int, Body(media_type="text/x-a")]),
                ("b", Annotated[int, Body(media_type="text/x-b")]),
            ],
            "application/json",
        ),
        ([("a", Annotated[str, Form()])], "application/x-www-form-urlencoded"),
        ([("a", Annotated[str, Form(media_type="text/x-f")])], "text/x-f"),
        ([("a", UploadFile)], "multipart/form-data"),
        ([("a", Annotated[str, Form()]), ("b", UploadFile)], "multipart/form-data"),
        ([("a", Item), ("b", Annotated[str, Form()])], "application/x-www-form-urlencoded"),
        ([("a", Item), ("b", Annotated[bytes, File()])], "multipart/form-data"),
    ],
)
def test_the_media_type(fields: list[tuple[str, Any]], media_type: str) -> None:
    assert plan(*(field(name, annotation) for name, annotation in fields)).media_type == media_type


def test_bytes_are_taken_as_they_are() -> None:
    assert plan(field("data", bytes, Body())).raw
    assert not plan(field("data", bytes, File())).raw
    assert not plan(field("data", bytes, Body(embed=True))).raw


def test_a_form_field_is_always_a_member() -> None:
    body = plan(field("name", Annotated[str, Form()]))
    assert (body.kind, body.embed) == (BodyKind.FORM, True)


def test_a_form_model_is_the_form() -> None:
    item = field("item", Annotated[Item, Form()])
    body = plan(item)
    assert (body.kind, body.embed, body.field) == (BodyKind.FORM, False, item)


def test_a_union_of_form_models_is_the_form() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    body = plan(field("pet", Annotated[Cat | Dog, Form(discriminator="kind")]))
    assert not body.embed
    assert body.field.branches[0][0] is Cat


def test_json_text_in_a_form_is_a_member() -> None:
    assert plan(field("item", Annotated[Json[Item], Form()])).embed


def test_form_models_beside_each_other_are_documented_together() -> None:
    body = plan(
        field("item", Annotated[Item, Form()]),
        field("other", Annotated[Other, Form()]),
        field("token", Annotated[str, Form(alias="secret_token")]),
    )
    found = schema(body)
    assert found["allOf"] == [{"$ref": "#/$defs/Item"}, {"$ref": "#/$defs/Other"}]
    assert found["properties"] == {"secret_token": {"title": "Token", "type": "string"}}
    assert found["required"] == ["secret_token"]


def test_an_optional_form_model_is_documented_as_all_or_nothing() -> None:
    absent = {"not": {"anyOf": [{"required": ["size"]}]}}
    present = {"anyOf": [{"$ref": "#/$defs/Other"}], "title": "Other"}
    optional = schema(plan(field("other", Annotated[Other | None, Form()], None)))
    assert optional["allOf"] == [{"anyOf": [absent, present]}]
    required = schema(plan(field("other", Annotated[Other | None, Form()])))
    assert required["allOf"] == [{"not": absent}, present]


def test_extras_make_an_optional_form_model_present() -> None:
    found = schema(plan(field("other", Annotated[Forbidding | None, Form()], None)))
    assert found["allOf"][0]["anyOf"][0] == {"maxProperties": 0}


def test_all_names_of_a_required_field_are_documented() -> None:
    body = plan(field("named", Annotated[Named, Form()]), field("token", Annotated[str, Form()]))
    (found,) = schema(body)["allOf"]
    assert found["required"] == []
    assert found["allOf"] == [{"anyOf": [{"required": ["full_name"]}, {"required": ["name"]}]}]
    assert set(found["properties"]) == {"full_name", "age"}


def test_different_form_models_of_one_name_are_both_documented() -> None:
    data, other = field("data", Annotated[Item, Form()]), field("data", Annotated[Other, Form()])
    assert len(schema(plan(data, other))["allOf"]) == 2
    assert plan(data, field("data", Annotated[Item, Form()])).field is data


def test_a_response_field_serialises() -> None:
    found = response_field("Response", list[Item])
    assert found.mode == "serialization"
    assert found.serialize_json([Item(name="a")]) == b'[{"name":"a"}]'


def test_a_response_type_that_cannot_be_validated() -> None:
    with pytest.raises(SetupError, match="valid Pydantic field type"):
        response_field("Response", UploadFile.__mro__[1] | None)
