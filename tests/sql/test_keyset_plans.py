"""A database finds the beginning of a page in an index, and neither sorts nor skips rows."""

from typing import Annotated, Any

import pytest
from sqlalchemy import Column, Engine, Index, Integer, MetaData, Table, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from pronghorn import FastAPI
from pronghorn.sql import Cursor, Database, Keyset, Page
from pronghorn.testclient import TestClient

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("a", Integer, nullable=False),
    Column("b", Integer, nullable=False),
)
C = THINGS.c
Index("by_equal", C.a, C.b, C.id)
Index("by_mixed", C.a.desc(), C.b, C.id)


async def explain(connection: AsyncConnection, statement: str, parameters: Any) -> str:
    """Return the plan of a statement, as one text."""
    if connection.dialect.name == "sqlite":
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    else:
        # Reading so small a table as a whole is cheaper.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        await connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize("order", [(C.a, C.b, C.id), (C.a.desc(), C.b, C.id)], ids=["one", "mixed"])
def test_a_page_is_a_range_of_an_index(database_url: str, order: Any) -> None:
    database = Database(database_url)
    app = FastAPI(lifespan=database.lifespan)
    statements: list[tuple[str, Any]] = []

    def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        statements.append((statement, parameters))

    @app.put("/")
    async def fill(session: Annotated[AsyncSession, database.session]) -> None:
        await session.run_sync(lambda sync: THINGS.metadata.create_all(sync.connection()))
        rows = [{"id": n, "a": n // 100, "b": n % 7} for n in range(2000)]
        await session.execute(insert(THINGS), rows)

    @app.get("/")
    async def read_page(
        session: Annotated[AsyncSession, database.read_session],
        page: Annotated[Cursor, Keyset(*order, limit=10, key="a key of the tests")],
    ) -> Page[int]:
        return await page.of(session, select(C.id))

    @app.get("/plan")
    async def read_plan() -> str:
        found = next(pair for pair in reversed(statements) if "sort_key_0" in pair[0])
        async with database.engine.connect() as connection:
            return await explain(connection, *found)

    with TestClient(app) as client:
        client.put("/")
        following = client.get("/").links["next"]["url"]
        event.listen(Engine, "before_cursor_execute", keep)  # Those that only read have their own.
        try:
            assert client.get(following).status_code == 200
        finally:
            event.remove(Engine, "before_cursor_execute", keep)
        plan = client.get("/plan").json()
    assert "Index Cond" in plan or "SEARCH things USING COVERING INDEX" in plan, plan
    assert "Sort" not in plan, plan
    assert "B-TREE" not in plan, plan
