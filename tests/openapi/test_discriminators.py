"""Unions with a discriminator, also inside each other."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from pronghorn import Body, FastAPI
from pronghorn.testclient import TestClient


class Black(BaseModel):
    kind: Literal["cat"]
    colour: Literal["black"]


class White(BaseModel):
    kind: Literal["cat"]
    colour: Literal["white"]


class Dog(BaseModel):
    kind: Literal["dog"]


Cat = Annotated[Black | White, Field(discriminator="colour")]
Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
NamedCat = TypeAliasType("NamedCat", Annotated[Black | White, Field(discriminator="colour")])
NamedPet = Annotated[NamedCat | Dog, Field(discriminator="kind")]


class Owner(BaseModel):
    pet: Pet


class Shelter(BaseModel):
    pets: list[Pet] = []


REFERENCES = [{"$ref": f"#/components/schemas/{name}"} for name in ("Black", "White", "Dog")]
CAT = {
    "oneOf": REFERENCES[:2],
    "discriminator": {
        "propertyName": "colour",
        "mapping": {
            "black": "#/components/schemas/Black",
            "white": "#/components/schemas/White",
        },
    },
}
PET = {"oneOf": [CAT, REFERENCES[2]]}
WHITE = {"kind": "cat", "colour": "white"}


def endpoint(kind: Any) -> Any:
    async def take(value: Any) -> Any:
        return value

    take.__annotations__ = {"value": kind, "return": kind}
    return take


@pytest.mark.parametrize(
    ("kind", "body", "schema"),
    [
        (Pet, WHITE, {**PET, "title": "Value"}),
        (
            Annotated[Cat | Dog, Body(discriminator="kind")],
            WHITE,
            {**PET, "title": "Value"},
        ),
        (
            Annotated[Pet | None, Body()],
            WHITE,
            {"anyOf": [PET, {"type": "null"}], "title": "Value"},
        ),
        (list[Pet], [WHITE], {"items": PET, "type": "array", "title": "Value"}),
        (Owner, {"pet": WHITE}, {"$ref": "#/components/schemas/Owner"}),
        (Shelter, {"pets": [WHITE]}, {"$ref": "#/components/schemas/Shelter"}),
    ],
)
def test_unions_inside_of_unions(kind: Any, body: Any, schema: Any) -> None:
    app = FastAPI()
    app.post("/")(endpoint(kind))
    client = TestClient(app)

    assert client.post("/", json=body).json() == body
    operation = client.get("/openapi.json").json()["paths"]["/"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == schema
    components = client.get("/openapi.json").json()["components"]["schemas"]
    if "Owner" in components:
        assert components["Owner"]["properties"]["pet"] == {**PET, "title": "Pet"}


def test_a_union_with_a_name_is_a_component_that_a_property_leads_to() -> None:
    app = FastAPI()
    app.post("/")(endpoint(NamedPet))

    assert TestClient(app).post("/", json=WHITE).json() == WHITE
    document = app.openapi()
    body = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["discriminator"] == {
        "propertyName": "kind",
        "mapping": {
            "cat": "#/components/schemas/NamedCat",
            "dog": "#/components/schemas/Dog",
        },
    }
    assert document["components"]["schemas"]["NamedCat"] == CAT
