"""The `Link` header: its address is that of the request, wherever the application is mounted."""

from typing import Annotated, Any
from urllib.parse import urljoin

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import APIRouter, FastAPI, Request
from pronghorn.sql import LINK_HEADER, Cursor, Keyset, Offset, Page, Slice
from pronghorn.testclient import TestClient
from tests.sql.orders import Order, OrderOut, Shop

BY_ID = Keyset(Order.id, limit=2, key="a key of the tests")


@pytest.fixture
def shop(sqlite_url: str) -> Shop:
    return Shop(sqlite_url)


def add_routes(shop: Shop, router: Any, path: str = "/orders") -> None:
    """Add a list, with the forms in which a parameter can be declared."""
    session_type = Annotated[AsyncSession, shop.database.read_session]

    @router.head(path)
    @router.get(path, responses=LINK_HEADER)
    async def read_page(session: session_type, page: Cursor = BY_ID) -> Page[OrderOut]:
        return await page.of(session, select(Order))

    @router.get(f"{path}/slice")
    async def read_slice(
        session: session_type,
        page: Annotated[Slice, Offset(Order.id, limit=2)],
        request: Request,
    ) -> Page[OrderOut]:
        return await page.of(session, select(Order))


def link(response: Any) -> str:
    assert response.status_code == 200, response.text
    return str(response.links["next"]["url"]).partition("cursor=")[0]


def test_routers_and_mounted_applications(shop: Shop, mode: str) -> None:
    outer, inner = APIRouter(prefix="/v1"), APIRouter(prefix="/{tenant}")
    add_routes(shop, inner)
    outer.include_router(inner, prefix="/in")
    shop.app.include_router(outer)
    mounted = FastAPI()
    add_routes(shop, mounted)
    shop.app.mount("/admin", mounted)
    with TestClient(shop.app) as client:
        client.put("/fill")
        for path in ("/v1/in/a%20b/orders", "/admin/orders"):
            response = client.get(path)
            assert link(response) == f"{path}?"
            following = client.get(response.links["next"]["url"])
            assert [item["id"] for item in following.json()["items"]] == [2, 3]
            head = client.head(path)
            assert (head.content, head.headers["link"]) == (b"", response.headers["link"])
            assert client.get(f"{path}/slice").links["next"]["url"] == f"{path}/slice?offset=2"


def test_a_prefix_that_a_proxy_removes(shop: Shop) -> None:
    add_routes(shop, shop.app)
    with TestClient(shop.app, root_path="/api") as client:
        client.put("/fill")
        assert link(client.get("/orders")) == "/api/orders?"
        assert link(client.get("/api/orders")) == "/api/orders?"


def test_other_parameters_are_kept(shop: Shop) -> None:
    add_routes(shop, shop.app)
    with TestClient(shop.app) as client:
        client.put("/fill")
        query = 'q=a%20b+c&tag=1&tag=2&empty=&%63ursor=&limit=1&html=%3C&raw=>;"x"'
        response = client.get(f"/orders?{query}")
        kept = "q=a%20b+c&tag=1&tag=2&empty=&limit=1&html=%3C&raw=%3E%3B%22x%22"
        assert link(response) == f"/orders?{kept}&"
        second = client.get(response.links["next"]["url"])
        assert second.links["first"]["url"] == f"/orders?{kept}"
        assert set(second.links) == {"first", "prev", "next"}
        assert "link" not in client.get("/orders?limit=9").headers


def test_a_path_never_becomes_a_host(shop: Shop) -> None:
    add_routes(shop, shop.app, "/{path:path}/orders")
    with TestClient(shop.app) as client:
        client.put("/fill")
        response = client.get("http://testserver//evil.example/orders")
        address = urljoin("http://testserver/", response.links["next"]["url"])
        assert address.startswith("http://testserver/")


def test_the_document(shop: Shop) -> None:
    add_routes(shop, shop.app)
    document = shop.app.openapi()
    operation = document["paths"]["/orders"]["get"]
    described = {
        parameter["name"]: (parameter["in"], parameter["required"], parameter["schema"])
        for parameter in operation["parameters"]
    }
    assert list(described) == ["cursor", "limit"]
    assert described["cursor"][2]["anyOf"] == [
        {"type": "string", "maxLength": 4096},
        {"type": "null"},
    ]
    limit = described["limit"][2]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 2)
    found = operation["responses"]["200"]
    assert found["headers"]["Link"]["schema"] == {"type": "string"}
    schema = {"$ref": "#/components/schemas/Page_OrderOut_"}
    assert found["content"]["application/json"]["schema"] == schema
    page = document["components"]["schemas"]["Page_OrderOut_"]
    assert page["required"] == ["items"]
    assert list(page["properties"]) == ["items", "next", "previous"]
    assert page["properties"]["items"]["items"] == {"$ref": "#/components/schemas/OrderOut"}
