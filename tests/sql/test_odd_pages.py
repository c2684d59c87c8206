"""Pages with odd arguments and types, in mounted applications, and at the limits."""

import enum
from datetime import timedelta
from typing import Annotated, Any

import pytest
from sqlalchemy import REAL, Float, Integer, Interval, TypeDecorator, select, text
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


class Lease(Base):
    __tablename__ = "leases"
    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[timedelta] = mapped_column(Interval())


def test_a_page_does_not_repeat_a_value_that_is_not_exact(postgresql_url: str) -> None:
    shop = Shop(postgresql_url)

    async def add(session: AsyncSession) -> None:
        await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
        for number, period in enumerate(["30 days", "1 year", "1 day 0.000001 s", "-2 hours"]):
            await session.execute(text(f"INSERT INTO leases VALUES ({number}, '{period}')"))

    shop.change("/add", add)
    shop.add_list("/up", Keyset(Lease.period, Lease.id, limit=1, key=KEY), select(Lease.id), int)
    down = Keyset(Lease.period.desc(), Lease.id, limit=1, key=KEY)
    shop.add_list("/down", down, select(Lease.id), int)
    with TestClient(shop.app) as client:
        client.put("/add")
        assert read_all(client, "/up") == [3, 2, 0, 1]
        first = client.get("/down")
        with pytest.raises(SetupError, match="is on two pages"):
            client.get(first.links["next"]["url"])


class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[float] = mapped_column(REAL())
    width: Mapped[float] = mapped_column(Float(24))


@pytest.mark.parametrize("name", ["weight", "width"])
def test_numbers_of_four_bytes(database_url: str, name: str) -> None:
    shop = Shop(database_url)
    weights = [0.1, 0.7, 0.3, 16777217.0, -0.1, 0.7, 0.1]

    async def add(session: AsyncSession) -> None:
        await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
        for number, weight in enumerate(weights):
            session.add(Parcel(id=number, weight=weight, width=weight))

    shop.change("/add", add)
    column = getattr(Parcel, name)
    expected = [4, 0, 6, 2, 1, 5, 3]
    for path, order in {
        "/up": [column, Parcel.id],
        "/down": [column.desc(), Parcel.id.desc()],
    }.items():
        shop.add_list(path, Keyset(*order, limit=1, key=KEY), select(Parcel.id), int)
    with TestClient(shop.app) as client:
        client.put("/add")
        assert read_all(client, "/up") == expected
        assert read_all(client, "/down") == expected[::-1]


def read_all(client: TestClient, path: str) -> list[int]:
    """Return the items of all pages."""
    response = client.get(path)
    found: list[int] = response.json()["items"]
    while "next" in response.links and len(found) < 20:
        response = client.get(response.links["next"]["url"])
        found += response.json()["items"]
    return found


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


def test_without_the_private_name_of_a_distinct(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release of SQLAlchemy without it: the mistake above is not noticed."""
    monkeypatch.setattr("pronghorn.sql.keyset.DISTINCT_SEEN", False)
    shop = Shop(sqlite_url)
    shop.add_list("/notes", Keyset(Line.id, key=KEY), select(Line.note).distinct(), Any)
    with TestClient(shop.app) as client:
        client.put("/fill")
        assert client.get("/notes").status_code == 200


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
