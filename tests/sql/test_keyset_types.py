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


TABLE = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, kind, nullable=False) for name, (kind, _) in VALUES.items()),
)
#: A row for each number, with duplicates in every column.
ROWS = [
    {name: values[number % len(values)] for name, (_, values) in VALUES.items()}
    for number in range(8)
]
KEY = "a key of the tests"


def make_app(database: Database, table: Table, rows: list[dict[str, Any]]) -> FastAPI:
    app = FastAPI(lifespan=database.lifespan)

    @app.put("/")
    async def fill(session: Annotated[AsyncSession, database.session]) -> None:
        await session.run_sync(lambda sync: table.metadata.create_all(sync.connection()))
        await session.execute(insert(table), rows)

    return app


def add_list(app: FastAPI, database: Database, path: str, *order: Any) -> None:
    """Add the list of numbers in an order, as pages and at once."""
    session_type = Annotated[AsyncSession, database.read_session]
    keyset = Keyset(*order, limit=1, key=KEY)
    number = next(part for part in order if isinstance(part, Column))
    statement = select(number)

    @app.get(path)
    async def read_page(session: session_type, page: Annotated[Cursor, keyset]) -> Page[int]:
        return await page.of(session, statement)

    @app.get(f"{path}/all")
    async def read_all(session: session_type) -> list[int]:
        return list(await session.scalars(statement.order_by(*order)))


def walk(client: TestClient, path: str) -> list[Any]:
    found: list[Any] = []
    url = path
    while url and len(found) < 20:
        response = client.get(url)
        found += response.json()["items"]
        url = response.links["next"]["url"] if "next" in response.links else ""
    return found


@pytest.mark.filterwarnings("ignore:Dialect sqlite.* does .not. support Decimal")
def test_pages_begin_at_values_of_every_type(database_url: str) -> None:
    database = Database(database_url)
    app = make_app(database, TABLE, ROWS)
    for name in VALUES:
        add_list(app, database, f"/rising/{name}", TABLE.c[name].asc(), TABLE.c.id)
        add_list(app, database, f"/falling/{name}", TABLE.c[name].desc(), TABLE.c.id)
    with TestClient(app) as client:
        assert client.put("/").status_code == 200
        for name in VALUES:
            for path in (f"/rising/{name}", f"/falling/{name}"):
                expected = client.get(f"{path}/all").json()
                assert len(expected) == len(ROWS)
                assert walk(client, path) == expected, path


def test_times_that_the_database_writes_itself(sqlite_url: str) -> None:
    # SQLite's own clock has no fractions of a second, and Python's text of the same time has.
    table = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("value", DateTime, nullable=False, server_default=func.now()),
    )
    database = Database(sqlite_url)
    app = make_app(database, table, [{"id": number} for number in range(4)])
    add_list(app, database, "/falling", table.c.value.desc(), table.c.id)
    with TestClient(app) as client:
        client.put("/")
        assert walk(client, "/falling") == [0, 1, 2, 3]


def test_expressions_are_keys(database_url: str) -> None:
    table = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("value", String, nullable=False),
    )
    database = Database(database_url)
    app = make_app(database, table, [{"value": value} for value in ("b", "A", "a", "B")])
    add_list(app, database, "/lower", func.lower(table.c.value), table.c.id)
    with TestClient(app) as client:
        client.put("/")
        assert walk(client, "/lower") == [2, 3, 1, 4]
