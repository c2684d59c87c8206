"""Pages with odd arguments and types, in mounted applications, and at the limits."""

import enum
from typing import Annotated, Any

import pytest
from sqlalchemy import Integer, TypeDecorator, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette

from pronghorn import FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.sql import CountedPage, Cursor, Keyset, Offset, Page, Slice
from pronghorn.testclient import TestClient
from tests.sql.orders import Line, Order, OrderOut, Shop

KEY = "a key of the tests"
BY_ID = Keyset(Order.id, limit=2, key=KEY)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_cursor_belongs_to_one_mounted_application(sqlite_url: str, depth: int) -> None:
    shop = Shop(sqlite_url)
    session_type = Annotated[AsyncSession, shop.database.read_session]
    for version in ("/v1", "/v2"):
        api: Any = FastAPI()

        @api.get("/orders")
        async def read(session: session_type, page: Annotated[Cursor, BY_ID]) -> Page[OrderOut]:
            return await page.of(session, select(Order))

        if depth == 0:
            shop.app.include_router(api.router, prefix=version)
            continue
        for level in range(1, depth):
            outer = Starlette() if level % 2 else FastAPI()
            outer.mount(f"/level{level}", api)
            api = outer
        shop.app.mount(version, api)
    inside = "/level1" * (depth == 2)
    with TestClient(shop.app) as client:
        client.put("/fill")
        first = client.get(f"/v1{inside}/orders")
        assert client.get(first.links["next"]["url"]).json()["items"][0]["id"] == 2
        other = client.get(f"/v2{inside}/orders", params={"cursor": first.json()["next"]})
        assert other.status_code == 422


def test_no_page_leads_to_one_that_is_refused(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)
    session_type = Annotated[AsyncSession, shop.database.read_session]
    by_id = Offset(Order.id, limit=2, max_offset=2)

    @shop.app.get("/orders")
    async def read(session: session_type, page: Annotated[Slice, by_id]) -> CountedPage[OrderOut]:
        return await page.with_total(session, select(Order))

    with TestClient(shop.app) as client:
        client.put("/fill")
        first = client.get("/orders")
        last = client.get(first.links["next"]["url"])
        assert (last.json()["next"], last.json()["total"]) == (None, 5)
        assert "next" not in last.links
        assert client.get("/orders?offset=4").status_code == 422


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class LevelType(TypeDecorator[Level]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Level | None, dialect: Any) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Any) -> Level | None:
        return None if value is None else Level(value)


class Base(DeclarativeBase):
    pass


class Alarm(Base):
    __tablename__ = "alarms"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(LevelType())


def test_an_enumeration_that_only_its_type_can_read(postgresql_url: str) -> None:
    shop = Shop(postgresql_url)

    async def add(session: AsyncSession) -> None:
        await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
        session.add_all(Alarm(id=number, level=Level.HIGH) for number in range(3))

    shop.change("/add", add)
    page = Keyset(Alarm.level, Alarm.id, limit=2, key=KEY)
    shop.add_list("/alarms", page, select(Alarm.id), int)
    with TestClient(shop.app) as client:
        client.put("/add")
        with pytest.raises(SetupError, match="a page begins at a value of the type Level"):
            client.get("/alarms")


def test_a_distinct_that_the_order_would_change(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)
    shop.add_list("/notes", Keyset(Line.id, key=KEY), select(Line.note).distinct(), Any)
    lines = select(Order).join(Order.lines).distinct()
    shop.add_list("/orders", BY_ID, lines)
    with TestClient(shop.app) as client:
        client.put("/fill")
        with pytest.raises(SetupError, match="DISTINCT without the columns of the order"):
            client.get("/notes")
        second = client.get(client.get("/orders").links["next"]["url"])
        assert [item["id"] for item in second.json()["items"]] == [2, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Keyset(Order.id, limit="5", key=KEY), "limit='5'"),
        (lambda: Keyset(Order.id, limit=None, key=KEY), "limit=None"),
        (lambda: Keyset(Order.id, limit=5.5, key=KEY), "limit=5.5"),
        (lambda: Keyset(Order.id, max_limit="9", key=KEY), "max_limit='9'"),
        (lambda: Keyset(Order.id, key=12345), "a text or bytes, not the class int"),
        (lambda: Keyset(text("id"), key=KEY), "an order consists of columns"),
        (lambda: Offset(Order.id, max_offset=-1), "max_offset=-1"),
        (lambda: Offset(Order.id, max_offset=None), "max_offset=None"),
    ],
)
def test_arguments_that_cannot_work(make: Any, message: str) -> None:
    with pytest.raises(SetupError) as caught:
        make()
    assert message in str(caught.value)
