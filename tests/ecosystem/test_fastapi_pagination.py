"""fastapi-pagination: it appends a dependency to the graph of each route with a page model."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from fastapi_pagination import LimitOffsetPage, Page, add_pagination, paginate
from fastapi_pagination.utils import disable_installed_extensions_check
from pydantic import BaseModel

disable_installed_extensions_check()


class Item(BaseModel):
    number: int


ITEMS = [Item(number=number) for number in range(25)]


def make_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @app.get("/items")
    async def items() -> Page[Item]:
        return paginate(ITEMS)

    @router.get("/items")
    def items_by_offset() -> LimitOffsetPage[Item]:
        return paginate(ITEMS)

    app.include_router(router, prefix="/offset")
    add_pagination(app)

    @app.get("/later", response_model=Page[Item])
    async def later() -> Any:
        return paginate(ITEMS[:3])

    return app


def test_pages() -> None:
    with TestClient(make_app()) as client:
        first = client.get("/items", params={"size": 10}).json()
        last = client.get("/items", params={"size": 10, "page": 3}).json()

    assert [item["number"] for item in first["items"]] == list(range(10))
    assert [item["number"] for item in last["items"]] == list(range(20, 25))
    assert (last["total"], last["pages"]) == (25, 3)


def test_pages_of_an_included_router() -> None:
    with TestClient(make_app()) as client:
        page = client.get("/offset/items", params={"limit": 2, "offset": 4}).json()

    assert [item["number"] for item in page["items"]] == [4, 5]


def test_routes_added_after_it_are_found_at_startup() -> None:
    with TestClient(make_app()) as client:
        assert client.get("/later", params={"size": 2}).json()["pages"] == 2


def test_wrong_parameters_are_reported() -> None:
    with TestClient(make_app()) as client:
        answer = client.get("/items", params={"size": 1000})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "size"]


def test_the_document_has_the_parameters() -> None:
    with TestClient(make_app()) as client:
        document = client.get("/openapi.json").json()

    operation = document["paths"]["/items"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["page", "size"]
    operation = document["paths"]["/offset/items"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["limit", "offset"]
