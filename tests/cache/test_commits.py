"""An invalidation belongs to the transaction that changes the data."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI, HTTPException
from pronghorn.cache import Cache, Cached
from pronghorn.cache.broadcast import TABLE
from pronghorn.sql import Database
from tests.cache.asking import client_of, wait_for

pytestmark = pytest.mark.anyio

TABLES = MetaData()
PRICES = Table("pronghorn_test_prices", TABLES, Column("cents", Integer, primary_key=True))


def make_app(db: Database, cache: Cache) -> FastAPI:
    app = FastAPI(lifespan=db.lifespan)

    @app.get("/price", cache=Cached("1h", tags=["prices"], store=cache))
    async def read(session: db.ReadSession) -> int | None:
        return await session.scalar(select(PRICES.c.cents))

    @app.put("/price/{cents}")
    async def write(cents: int, session: db.Session, fails: bool = False) -> None:
        await session.execute(update(PRICES).values(cents=cents))
        await cache.invalidate("prices", session=session)
        await session.flush()
        app.state.while_open = await ask(app)
        if fails:
            raise HTTPException(409)

    return app


async def ask(app: FastAPI) -> Any:
    async with client_of(app) as client:
        return (await client.get("/price")).json()


@asynccontextmanager
async def running(*apps: FastAPI) -> AsyncIterator[None]:
    """Run the lifespans of applications."""
    if not apps:
        yield
        return
    async with apps[0].router.lifespan_context(apps[0]), running(*apps[1:]):
        yield


@pytest.fixture
def priced(database: Database) -> Database:
    database.add_own_tables(TABLES)
    return database


async def set_price(db: Database) -> None:
    async with db.transaction() as session:
        await session.execute(delete(PRICES))
        await session.execute(insert(PRICES), {"cents": 1})


@pytest.mark.parametrize("by_database", [False, True])
async def test_after_the_commit_and_not_before(priced: Database, by_database: bool) -> None:
    cache = Cache("mem://", broadcast=priced if by_database else None)
    app = make_app(priced, cache)
    async with running(app), client_of(app) as client:
        await set_price(priced)
        assert await ask(app) == 1
        assert (await client.put("/price/2")).status_code == 200
        assert app.state.while_open == 1  # It was sent before the commit, from the cache.
        assert await ask(app) == 2


@pytest.mark.parametrize("by_database", [False, True])
async def test_a_rollback_invalidates_nothing(priced: Database, by_database: bool) -> None:
    cache = Cache("mem://", broadcast=priced if by_database else None, every="10ms")
    app = make_app(priced, cache)
    async with running(app), client_of(app) as client:
        await set_price(priced)
        assert await ask(app) == 1
        response = await client.put("/price/2?fails=true")
        assert response.status_code == 409
        async with priced.transaction() as session:  # The endpoint would see this.
            await session.execute(update(PRICES).values(cents=3))
        await asyncio.sleep(0.05)
        assert await ask(app) == 1
        await cache.invalidate("prices")
        assert await ask(app) == 3


async def test_outside_of_requests(priced: Database, cache: Cache) -> None:
    app = make_app(priced, cache)
    async with running(app):
        await set_price(priced)
        assert await ask(app) == 1
        async with priced.transaction() as session:
            await session.execute(update(PRICES).values(cents=2))
            await cache.invalidate("prices", session=session)
            await session.flush()
            assert await ask(app) == 1
        assert await ask(app) == 2


async def test_other_processes_learn_of_it_through_the_database(
    priced: Database, database_url: str
) -> None:
    other = Database(database_url)
    own = make_app(priced, Cache("mem://", broadcast=priced, every="10ms"))
    foreign = make_app(other, Cache("mem://", broadcast=other, every="10ms"))
    async with running(own, foreign), client_of(own) as client:
        await set_price(priced)
        assert [await ask(own), await ask(foreign)] == [1, 1]
        await client.put("/price/2?fails=true")
        await asyncio.sleep(0.05)
        assert await ask(foreign) == 1
        await client.put("/price/3")
        await wait_for(lambda: ask(foreign), 3)
        assert await ask(own) == 3
        async with other.transaction() as session:
            await session.execute(update(PRICES).values(cents=4))
        cache = Cache("mem://", broadcast=other)
        await cache.invalidate("prices")
        await wait_for(lambda: ask(own), 4)


async def test_a_database_that_is_away_does_not_stop_the_cache(
    priced: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Its responses are what is left then."""
    cache = Cache("mem://", broadcast=Database("postgresql://localhost:1/none"), every="10ms")
    app = make_app(priced, cache)
    async with running(app):
        await set_price(priced)
        for _ in range(3):
            assert await ask(app) == 1
            await asyncio.sleep(0.02)
    found = [one for one in caplog.messages if "cannot learn of invalidations" in one]
    assert len(found) == 1


async def test_a_transaction_that_began_before_the_change(sqlite_url: str, cache: Cache) -> None:
    """A dependency reads the user first, so the endpoint sees the database as it was then."""
    db = Database(sqlite_url)
    db.add_own_tables(TABLES)
    app = make_app(db, cache)
    began, may_go_on = asyncio.Event(), asyncio.Event()
    may_go_on.set()

    async def find_user(session: AsyncSession = db.read_session) -> str:
        await session.scalar(select(PRICES.c.cents))
        began.set()
        await may_go_on.wait()
        return "user"

    kept = Cached("1h", vary=find_user, tags=["prices"], store=cache)

    @app.get("/mine", cache=kept)
    async def read(session: AsyncSession = db.read_session) -> int | None:
        return await session.scalar(select(PRICES.c.cents))

    async with running(app), client_of(app) as client:
        await set_price(db)
        may_go_on.clear()
        slow = asyncio.create_task(client.get("/mine"))
        await began.wait()
        await client.put("/price/2")
        may_go_on.set()
        assert (await slow).json() == 1
        assert (await client.get("/mine")).json() == 2
        assert (await client.get("/mine")).headers["age"] == "0"


async def test_a_look_that_is_cancelled_passes_over_nothing(postgresql_url: str) -> None:
    # A statement that was sent is waited for, also by whoever cancels.
    db = Database(postgresql_url, statement_timeout=2)
    cache = Cache("mem://", broadcast=db, every=0.0)
    found: list[str] = []

    async def invalidate(tags: Iterable[str]) -> None:
        found.extend(tags)

    broadcast = cache.broadcast
    assert broadcast is not None
    async with db.lifespan():
        await broadcast.catch_up(invalidate)
        # The last look was long ago, and the row is older than the one that is cancelled.
        broadcast._since = int(broadcast._since or 0) - 60_000
        async with db.transaction() as session:
            values = {"id": "a", "tag": '"prices"', "at_ms": broadcast._since + 1}
            await session.execute(insert(TABLE), values)
        async with db.transaction() as session:
            await session.execute(text(f"LOCK TABLE {TABLE.name}"))
            look = asyncio.create_task(broadcast.catch_up(invalidate))
            await asyncio.wait({look}, timeout=0.5)
            look.cancel()
            await asyncio.wait({look})
        found.clear()
        await broadcast.catch_up(invalidate)
    assert found == ["prices"]


@pytest.mark.parametrize("item", ["cup", "a%00b", "%22%5C"])
async def test_a_tag_may_have_whatever_a_path_has(priced: Database, item: str) -> None:
    """The database that tells the other processes of it stores any text."""
    own, foreign = (Cache("mem://", broadcast=priced, every="10ms") for _ in range(2))
    app = FastAPI(lifespan=priced.lifespan)
    numbers = count()

    @app.get("/own/{item}", cache=Cached("1h", tags=["item:{item}"], store=own))
    @app.get("/foreign/{item}", cache=Cached("1h", tags=["item:{item}"], store=foreign))
    async def read(item: str) -> int:
        return next(numbers)

    @app.delete("/{item}")
    async def drop(item: str, session: priced.Session) -> None:
        await own.invalidate(f"item:{item}", session=session)

    async with running(app), client_of(app) as client:

        async def read_both() -> list[int]:
            return [(await client.get(f"/{way}/{item}")).json() for way in ("own", "foreign")]

        assert await read_both() == await read_both() == [0, 1]
        assert (await client.delete(f"/{item}")).status_code == 200

        async def are_new() -> bool:
            return min(await read_both()) > 1

        await wait_for(are_new, True)
