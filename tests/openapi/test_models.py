"""The models of an OpenAPI document."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pronghorn.openapi.models import (
    APIKey,
    APIKeyIn,
    Info,
    OpenAPI,
    Operation,
    Parameter,
    Schema,
    SchemaType,
    SecuritySchemeType,
    ServerVariable,
)


@pytest.mark.parametrize("value", ["array", ["string", "null"], None])
def test_a_schema_has_one_type_or_several(value: SchemaType | list[SchemaType] | None) -> None:
    assert Schema(type=value).type == value


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValidationError, match="2 validation errors for Schema"):
        Schema.model_validate({"type": True})


def test_members_keep_the_names_of_the_specification() -> None:
    parameter = {"name": "q", "in": "query", "schema": {"$ref": "#/components/schemas/Q"}}
    model = Parameter.model_validate(parameter)
    assert model.model_dump(by_alias=True, exclude_none=True, mode="json") == parameter


def test_extensions_are_kept() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1", "x-logo": {"url": "u"}},
        "paths": {"/": {"get": {"responses": {"200": {"description": "d"}, "x-a": 1}}}},
        "x-b": [1],
    }
    model = OpenAPI.model_validate(document)
    assert model.model_dump(by_alias=True, exclude_none=True, mode="json") == document


def test_schemas_may_be_nested_and_boolean() -> None:
    schema = Schema.model_validate({"properties": {"a": {"not": {"type": "null"}}, "b": True}})
    properties = schema.properties
    assert properties is not None
    assert properties["b"] is True
    assert isinstance(properties["a"], Schema)


def test_required_members_are_required() -> None:
    with pytest.raises(ValidationError, match="version"):
        Info.model_validate({"title": "t"})
    with pytest.raises(ValidationError, match="at least 1 item"):
        ServerVariable(enum=[], default="a")


def test_a_response_without_description_is_still_carried() -> None:
    operation = Operation.model_validate({"responses": {"200": {"x": 1}}})
    assert operation.responses == {"200": {"x": 1}}


def test_a_security_scheme_knows_its_type() -> None:
    model = APIKey.model_validate({"in": APIKeyIn.header, "name": "key"})
    assert model.type_ is SecuritySchemeType.apiKey
