"""Pages by offset: any page, the length of the list, and what is refused."""

from typing import Annotated, Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.exceptions import SetupError
from pronghorn.sql import CountedPage, Offset, Page, Slice
from pronghorn.testclient import TestClient
from tests.sql.orders import Line, Order, OrderOut, Shop


@pytest.fixture
def shop(database_url: str) -> Shop:
    return Shop(database_url)


def add_slice(shop: Shop, path: str, page: Any, statement: Any, model: Any) -> None:
    session_type = Annotated[AsyncSession, shop.database.read_session]

    @shop.app.get(path, response_model=model)
    async def read_slice(session: session_type, page: Annotated[Slice, page]) -> Any:
        read = page.with_total if model is CountedPage[OrderOut] else page.of
        return await read(session, statement)


def test_pages_and_the_length_of_the_list(shop: Shop) -> None:
    counted = Offset(Order.id.desc(), limit=2)
    gifts = select(Order).join(Line).where(Line.note == "gift", Order.id > 0)
    add_slice(shop, "/orders", counted, gifts, CountedPage[OrderOut])
    own_order = select(Order.id, Order.name).order_by(Order.name, Order.id).limit(1)
    add_slice(shop, "/names", Offset(limit=3), own_order, Page[OrderOut])
    with TestClient(shop.app) as client:
        client.put("/fill")
        expected = [
            ("", [4, 3], "2", None),
            ("?offset=1", [3, 2], "3", "0"),
            ("?offset=2", [2, 1], None, "0"),
            ("?offset=9", [], None, "7"),
        ]
        for query, ids, following, previous in expected:
            page = client.get(f"/orders{query}").json()
            assert [item["id"] for item in page.pop("items")] == ids
            assert page == {"next": following, "previous": previous, "total": 4}
        first = client.get("/names?limit=4")
        assert [item["name"] for item in first.json()["items"]] == ["a", "b", "c", "d"]
        second = client.get(first.links["next"]["url"])
        assert second.json() == {
            "items": [{"id": 4, "name": "e"}],
            "next": None,
            "previous": "0",
        }


def test_offsets_and_limits_have_bounds(shop: Shop, mode: str) -> None:
    page = Offset(Order.id, limit=20, max_limit=30, max_offset=100)
    add_slice(shop, "/orders", page, select(Order), Page[OrderOut])
    with TestClient(shop.app) as client:
        client.put("/fill")
        assert client.get("/orders?offset=100&limit=30").json()["items"] == []
        for query in ("offset=101", "offset=-1", "limit=0", "limit=31", "limit=x"):
            response = client.get(f"/orders?{query}")
            name, _, value = query.partition("=")
            (error,) = response.json()["detail"]
            assert (response.status_code, error["loc"]) == (422, ["query", name])
            assert error["input"] == value


def test_a_list_needs_an_order(shop: Shop) -> None:
    add_slice(shop, "/orders", Offset(limit=2), select(Order), Page[OrderOut])
    with TestClient(shop.app) as client:
        client.put("/fill")
        with pytest.raises(SetupError, match="the pages of a statement without an order may"):
            client.get("/orders")
