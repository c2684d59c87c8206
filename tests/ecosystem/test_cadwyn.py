"""Cadwyn: one program in several versions, whose older requests and forms are migrated."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import pytest
from cadwyn import (
    Cadwyn,
    RequestInfo,
    ResponseInfo,
    Version,
    VersionBundle,
    VersionChange,
    VersionedAPIRouter,
    convert_request_to_next_version_for,
    convert_response_to_previous_version_for,
    schema,
)
from fastapi import Depends, Form, Header
from fastapi.testclient import TestClient
from pydantic import BaseModel


class Customer(BaseModel):
    name: str
    addresses: list[str]


class Letter(BaseModel):
    text: str
    copies: int = 1


class Parcel(BaseModel):
    grams: int


def get_agent(x_agent: Annotated[str, Header()] = "nobody") -> str:
    return x_agent


router = VersionedAPIRouter(prefix="/customers")


@router.post("")
async def create(customer: Customer, agent: Annotated[str, Depends(get_agent)]) -> Customer:
    return Customer(name=f"{customer.name} by {agent}", addresses=customer.addresses)


@router.post("/letters")
async def write(letter: Annotated[Letter, Form()]) -> dict[str, str | int]:
    return {"text": letter.text, "copies": letter.copies}


@router.post("/mail")
async def send(item: Annotated[Letter | Parcel, Form()]) -> dict[str, str]:
    return {"kind": type(item).__name__}


class OneAddressBecameSeveral(VersionChange):
    description = "A customer has several addresses."
    instructions_to_migrate_to_previous_version = (
        schema(Customer).field("addresses").didnt_exist,
        schema(Customer).field("address").existed_as(type=str),
        schema(Letter).field("text").had(name="words"),
    )

    @convert_request_to_next_version_for(Customer)
    def several(request: RequestInfo) -> None:
        request.body["addresses"] = [request.body.pop("address")]

    @convert_response_to_previous_version_for(Customer)
    def one(response: ResponseInfo) -> None:
        response.body["address"] = response.body.pop("addresses")[0]

    @convert_request_to_next_version_for(Letter)
    def words(request: RequestInfo) -> None:
        request.body["text"] = request.body.pop("words")


app = Cadwyn(
    versions=VersionBundle(
        Version(date(2026, 1, 1), OneAddressBecameSeveral), Version(date(2025, 1, 1))
    )
)
app.generate_and_include_versioned_routers(router)
NEW, OLD = {"x-api-version": "2026-01-01"}, {"x-api-version": "2025-01-01"}


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


def test_each_version_reads_and_writes_its_own_model(client: TestClient) -> None:
    new = client.post("/customers", json={"name": "Ada", "addresses": ["x", "y"]}, headers=NEW)
    assert new.json() == {"name": "Ada by nobody", "addresses": ["x", "y"]}

    old = client.post(
        "/customers", json={"name": "Ada", "address": "x"}, headers={**OLD, "x-agent": "Bob"}
    )
    assert old.json() == {"name": "Ada by Bob", "address": "x"}

    wrong = client.post("/customers", json={"name": "Ada", "addresses": ["x"]}, headers=OLD)
    assert wrong.status_code == 422
    assert wrong.json()["detail"][0]["loc"] == ["body", "address"]


def test_forms_are_migrated_as_bodies_are(client: TestClient) -> None:
    new = client.post("/customers/letters", data={"text": "hi", "copies": "2"}, headers=NEW)
    old = client.post("/customers/letters", data={"words": "hi", "copies": "2"}, headers=OLD)
    assert new.json() == old.json() == {"text": "hi", "copies": 2}


def test_a_union_of_form_models_takes_the_one_that_fits(client: TestClient) -> None:
    for version in (NEW, OLD):
        answer = client.post("/customers/mail", data={"grams": "3"}, headers=version)
        assert answer.json() == {"kind": "Parcel"}


def test_each_version_has_a_document(client: TestClient) -> None:
    for version, member in (("2026-01-01", "addresses"), ("2025-01-01", "address")):
        document = client.get(f"/openapi.json?version={version}").json()
        properties = document["components"]["schemas"]["Customer"]["properties"]
        assert set(properties) == {"name", member}
        assert "/customers/letters" in document["paths"]
