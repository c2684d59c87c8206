"""fastapi-jsonrpc: methods with their own dependencies, called singly and in a batch."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi_jsonrpc as jsonrpc
import pytest
from fastapi import Body, Depends, Header
from fastapi.testclient import TestClient
from pydantic import BaseModel

calls: list[str] = []


class TooMuch(jsonrpc.BaseError):
    CODE = 5000
    MESSAGE = "Too much"

    class DataModel(BaseModel):
        limit: int


async def get_session(x_token: Annotated[str, Header()] = "none") -> Any:
    calls.append("open")
    yield f"session of {x_token}"
    calls.append("close")


def get_factor(factor: Annotated[int, Body()] = 1) -> int:
    return factor


api = jsonrpc.Entrypoint("/api", dependencies=[Depends(get_session)])


@api.method(errors=[TooMuch])
def multiply(
    number: Annotated[int, Body(examples=[3])],
    factor: Annotated[int, Depends(get_factor)],
    session: Annotated[str, Depends(get_session)],
) -> str:
    if number > 100:
        raise TooMuch(data={"limit": 100})
    return f"{number * factor} in {session}"


app = jsonrpc.API(title="Numbers")
app.bind_entrypoint(api)


@pytest.fixture
def client() -> Any:
    calls.clear()
    with TestClient(app) as started:
        yield started


def request(number: Any, identifier: int = 1, **params: Any) -> dict[str, Any]:
    return {
        "jsonrpc": "2.0",
        "id": identifier,
        "method": "multiply",
        "params": {"number": number, **params},
    }


def test_a_call_gets_its_parameters_and_the_shared_dependency_once(client: TestClient) -> None:
    answer = client.post("/api", json=request(2, factor=4), headers={"x-token": "t"})
    assert answer.json() == {"jsonrpc": "2.0", "id": 1, "result": "8 in session of t"}
    assert calls == ["open", "close"]


def test_a_batch_shares_the_dependency_too(client: TestClient) -> None:
    answer = client.post("/api", json=[request(2), request(3, identifier=2, factor=2)])
    assert [item["result"] for item in answer.json()] == [
        "2 in session of none",
        "6 in session of none",
    ]
    assert calls == ["open", "close"]


def test_errors_say_what_was_wrong(client: TestClient) -> None:
    invalid = client.post("/api", json=request("two")).json()["error"]
    assert invalid["code"] == -32602
    assert invalid["data"]["errors"][0]["loc"] == ["number"]

    too_much = client.post("/api", json=request(101)).json()["error"]
    assert too_much == {"code": 5000, "message": "Too much", "data": {"limit": 100}}


def test_methods_are_documented_with_all_parameters(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/api/multiply"]["post"]
    assert {item["name"] for item in operation["parameters"]} == {"x-token"}
    schemas = document["components"]["schemas"]
    params = next(value for name, value in schemas.items() if "_Params[multiply]" in name)
    assert set(params["properties"]) == {"number", "factor"}
