"""Pages one after another are the list: each row once, in order, in both directions."""

import itertools
from typing import Annotated, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import delete, nulls_first, nulls_last, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.sql import Cursor, Database, Keyset, Page
from pronghorn.testclient import TestClient


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int]
    name: Mapped[str | None]


class EntryOut(BaseModel):
    id: int
    rank: int
    name: str | None


#: Every combination of directions, and of places for NULL; None leaves the nullable column out.
ORDERS = list(itertools.product([True, False], [True, False], [True, False], [None, True, False]))
ROWS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, "a", "B", ""])), max_size=12)


def write_order(order: tuple[bool, bool, bool, bool | None]) -> list[Any]:
    *descending, first = order
    columns = [Entry.rank, Entry.name, Entry.id]
    directed = [c.desc() if d else c.asc() for c, d in zip(columns, descending, strict=True)]
    if first is None:
        return [directed[0], directed[2]]
    return [directed[0], (nulls_first if first else nulls_last)(directed[1]), directed[2]]


def make_app(url: str) -> FastAPI:
    database = Database(url)
    app = FastAPI(lifespan=database.lifespan)

    @app.put("/entries")
    async def replace(
        rows: list[tuple[int, str | None]], session: Annotated[AsyncSession, database.session]
    ) -> None:
        await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
        await session.execute(delete(Entry))
        session.add_all(
            Entry(id=number, rank=rank, name=name) for number, (rank, name) in enumerate(rows)
        )

    for number, order in enumerate(ORDERS):
        add_list(app, database, f"/{number}", write_order(order))
    return app


def add_list(app: FastAPI, database: Database, path: str, order: list[Any]) -> None:
    keyset = Keyset(*order, key="a key of the tests")
    session_type = Annotated[AsyncSession, database.read_session]

    @app.get(path)
    async def read_page(session: session_type, page: Annotated[Cursor, keyset]) -> Page[EntryOut]:
        return await page.of(session, select(Entry))

    @app.get(f"{path}/all")
    async def read_all(session: session_type) -> list[EntryOut]:
        return list(await session.scalars(select(Entry).order_by(*order)))


def test_pages_are_the_list(database_url: str) -> None:
    with TestClient(make_app(database_url)) as client:

        @settings(max_examples=40, deadline=None, database=None)
        @given(rows=ROWS, number=st.integers(0, len(ORDERS) - 1), limit=st.integers(1, 5))
        def walk(rows: list[Any], number: int, limit: int) -> None:
            client.put("/entries", json=rows)
            expected = client.get(f"/{number}/all").json()
            pages = [client.get(f"/{number}", params={"limit": limit})]
            while "next" in pages[-1].links and len(pages) <= len(rows):
                pages.append(client.get(pages[-1].links["next"]["url"]))
            assert [item for page in pages for item in page.json()["items"]] == expected
            assert len(pages) == max(1, -(-len(rows) // limit))
            for later, earlier in itertools.pairwise(reversed(pages)):
                cursor = later.json()["previous"]
                before = client.get(f"/{number}", params={"limit": limit, "cursor": cursor})
                assert before.json()["items"] == earlier.json()["items"]
                assert before.json()["next"] == earlier.json()["next"]
            assert pages[0].json()["previous"] is None
            assert pages[-1].json()["next"] is None

        walk()
