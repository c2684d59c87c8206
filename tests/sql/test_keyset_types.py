"""A page can begin at a value of every usual type, on every database."""

import enum
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Time,
    TypeDecorator,
    Uuid,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.sql import Cursor, Database, Keyset, Page
from pronghorn.testclient import TestClient


class Shade(enum.Enum):
    LIGHT = "l"
    DARK = "d"


class Utc(TypeDecorator[datetime]):
    """A time that is aware in Python on every database, as many programs have one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


MOMENT = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=UTC)
NAIVE = MOMENT.replace(tzinfo=None)
VALUES: dict[str, tuple[Any, list[Any]]] = {
    "int": (Integer(), [3, -1, 0]),
    "big": (BigInteger().with_variant(Integer(), "sqlite"), [2**62, -(2**62), 5]),
    "str": (String(), ["b", 'a"\\\N{PILE OF POO}', "a b&c=d"]),
    "naive": (DateTime(), [NAIVE, NAIVE.replace(year=1), NAIVE.replace(microsecond=0)]),
    "aware": (DateTime(timezone=True), [MOMENT, datetime.now(UTC)]),
    "decorated": (Utc(), [MOMENT, datetime.now(UTC)]),
    "date": (Date(), [date(2026, 1, 2), date(999, 12, 31)]),
    "time": (Time(), [time(1, 2, 3), time(1, 2, 3, 4)]),
    "interval": (Interval(), [timedelta(days=-3, microseconds=1), timedelta(seconds=1)]),
    "numeric": (Numeric(), [Decimal("0.333333333333333333"), Decimal(-7), Decimal("1E+3")]),
    "scale": (Numeric(12, 2), [Decimal("10.00"), Decimal("9.99")]),
    "uuid": (Uuid(), [UUID(int=2**127), UUID(int=7)]),
    "bool": (Boolean(), [True, False]),
    "float": (Float(), [0.1, 1 / 3, -1e300, float("inf")]),
    "enum": (Enum(Shade), [Shade.LIGHT, Shade.DARK]),
    "plain_enum": (Enum("small", "large", name="size"), ["small", "large"]),
    "bytes": (LargeBinary(), [b"\x00\xff", b"", b"text"]),
}


def make_table(kind: Any) -> Table:
    return Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("value", kind, nullable=False),
    )


def make_app(database: Database, table: Table, rows: list[dict[str, Any]]) -> FastAPI:
    app = FastAPI(lifespan=database.lifespan)
    session_type = Annotated[AsyncSession, database.session]

    @app.put("/")
    async def fill(session: session_type) -> None:
        await session.run_sync(lambda sync: table.metadata.create_all(sync.connection()))
        await session.execute(insert(table), rows)

    def add_list(path: str, *order: Any) -> None:
        keyset = Keyset(*order, limit=1, key="a key of the tests")

        @app.get(path)
        async def read_page(session: session_type, page: Annotated[Cursor, keyset]) -> Page[int]:
            return await page.of(session, select(table.c.id))

        @app.get(f"{path}/all")
        async def read_all(session: session_type) -> list[int]:
            return list(await session.scalars(select(table.c.id).order_by(*order)))

    add_list("/rising", table.c.value, table.c.id)
    add_list("/falling", table.c.value.desc(), table.c.id)
    return app


def walk(client: TestClient, path: str) -> list[Any]:
    found: list[Any] = []
    url = path
    while url and len(found) < 20:
        response = client.get(url)
        found += response.json()["items"]
        url = response.links["next"]["url"] if "next" in response.links else ""
    return found


@pytest.mark.filterwarnings("ignore:Dialect sqlite.* does .not. support Decimal")
@pytest.mark.parametrize("kind", VALUES)
def test_pages_begin_at_values_of_this_type(database_url: str, kind: str) -> None:
    table = make_table(VALUES[kind][0])
    rows = [{"value": value} for value in VALUES[kind][1] * 2]
    with TestClient(make_app(Database(database_url), table, rows)) as client:
        assert client.put("/").status_code == 200
        for path in ("/rising", "/falling"):
            assert walk(client, path) == client.get(f"{path}/all").json()


def test_times_that_the_database_writes_itself(sqlite_url: str) -> None:
    # SQLite's own clock has no fractions of a second, and Python's text of the same time has.
    table = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("value", DateTime, nullable=False, server_default=func.now()),
    )
    rows: list[dict[str, Any]] = [{"id": number} for number in range(4)]
    with TestClient(make_app(Database(sqlite_url), table, rows)) as client:
        client.put("/")
        assert walk(client, "/falling") == [0, 1, 2, 3]


def test_expressions_are_keys(database_url: str) -> None:
    table = make_table(String())
    rows = [{"value": value} for value in ("b", "A", "a", "B")]
    lower = func.lower(table.c.value)
    database = Database(database_url)
    app = make_app(database, table, rows)

    @app.get("/lower")
    async def read_page(
        session: Annotated[AsyncSession, database.read_session],
        page: Annotated[Cursor, Keyset(lower, table.c.id.desc(), limit=1, key="k" * 16)],
    ) -> Page[str]:
        return await page.of(session, select(table.c.value))

    with TestClient(app) as client:
        client.put("/")
        assert walk(client, "/lower") == ["a", "A", "B", "b"]
