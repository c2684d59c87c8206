"""Reads and writes by SQLAlchemy's ORM, by its Core, by prepared statements, and by the driver.

    python -m benchmarks.prepared            prints them; `make bench-prepared` writes the results
    python -m benchmarks.prepared --quick    fewer rounds; writes nothing
    python -m benchmarks.prepared --sqlite   from SQLite, not from PostgreSQL; writes nothing
    python -m benchmarks.prepared --writes   adds an item to PostgreSQL; writes no file

Each reads a user and a list of twenty items, and makes the same Pydantic models of them. The server
is a temporary one on this machine (`tools/postgresql.py`). What counts is the processor time of
this process: the rounds of all ways alternate, and the figure of a way is its best round, since
what else the machine does can only add to it.

On SQLite the driver is `sqlite3` without a thread, and prepared reads are measured twice: as they
are, and with each in a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

import asyncpg
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.drive import new_event_loop
from benchmarks.record import environment, write
from pronghorn.sql import Database
from tools.postgresql import Server

USERS, ITEMS, READS = 50, 20, 200
Way = Callable[[int], Awaitable["Answer"]]
Add = Callable[[dict[str, Any]], Awaitable["ItemOut"]]


class Base(DeclarativeBase):
    """The base of the mapped classes."""


class User(Base):
    """A user."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]


class Item(Base):
    """An item of a user."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(index=True)
    title: Mapped[str]
    description: Mapped[str | None]
    price: Mapped[float]
    created_at: Mapped[datetime]


class UserOut(BaseModel):
    """A user in a response."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    email: str
    active: bool
    created_at: datetime


class ItemOut(BaseModel):
    """An item in a response."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    owner_id: int
    title: str
    description: str | None
    price: float
    created_at: datetime


Answer = tuple[UserOut, list[ItemOut]]
LIST = TypeAdapter(list[ItemOut])


async def fill(database: Database) -> None:
    """Create the tables and their rows."""
    now = datetime.now(UTC).replace(tzinfo=None)
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for owner in range(1, USERS + 1):
            row = {"id": owner, "name": f"user {owner}", "email": "a@b.example", "active": True}
            await connection.execute(insert(User).values(**row, created_at=now))
            rows = [
                {
                    "owner_id": owner,
                    "title": f"item {number}",
                    "description": "d" * 40,
                    "price": 9.5,
                }
                for number in range(ITEMS)
            ]
            await connection.execute(
                insert(Item).values([{**row, "created_at": now} for row in rows])
            )


def by_orm(database: Database) -> Way:
    """Read objects in a session."""
    sessions = async_sessionmaker(database.engine, expire_on_commit=False)

    async def read(number: int) -> Answer:
        async with sessions() as session:
            user = await session.scalar(select(User).where(User.id == number))
            items = await session.scalars(select(Item).where(Item.owner_id == number))
            return UserOut.model_validate(user), LIST.validate_python(items.all())

    return read


def by_core(database: Database) -> Way:
    """Read rows on a connection of SQLAlchemy."""
    users, items = User.__table__, Item.__table__

    async def read(number: int) -> Answer:
        async with database.engine.connect() as connection:
            user = (await connection.execute(select(users).where(users.c.id == number))).one()
            found = await connection.execute(select(items).where(items.c.owner_id == number))
            return UserOut.model_validate(user), LIST.validate_python(
                found.all(), from_attributes=True
            )

    return read


def by_prepared(database: Database) -> Way:
    """Read by prepared reads."""
    find_user = database.prepare(select(User).where(User.id == bindparam("number")), UserOut)
    find_items = database.prepare(select(Item).where(Item.owner_id == bindparam("owner")), ItemOut)

    async def read(number: int) -> Answer:
        return await find_user.one(number=number), await find_items(owner=number)

    return read


@asynccontextmanager
async def by_driver(url: str) -> AsyncIterator[Way]:
    """Read rows on a connection of asyncpg's own pool."""
    pool = await asyncpg.create_pool(url, min_size=1)
    user = f"SELECT {', '.join(UserOut.model_fields)} FROM users WHERE id = $1"
    items = f"SELECT {', '.join(ItemOut.model_fields)} FROM items WHERE owner_id = $1"

    async def read(number: int) -> Answer:
        async with pool.acquire() as connection:
            row = await connection.fetchrow(user, number)
            rows = await connection.fetch(items, number)
        return UserOut(**row), LIST.validate_python([dict(row) for row in rows])

    yield read
    await pool.close()


def add_by_orm(database: Database) -> Add:
    """Add an object to a session of the database, as for a request."""

    async def add(values: dict[str, Any]) -> ItemOut:
        async with database.transaction() as session:
            item = Item(**values)
            session.add(item)
            await session.flush()
        return ItemOut.model_validate(item)

    return add


def add_by_core(database: Database) -> Add:
    """Send an INSERT on a connection of SQLAlchemy."""
    items = Item.__table__

    async def add(values: dict[str, Any]) -> ItemOut:
        async with database.engine.begin() as connection:
            row = (await connection.execute(insert(items).returning(items), values)).one()
        return ItemOut.model_validate(row)

    return add


def add_by_prepared(database: Database, *, in_session: bool) -> Add:
    """Add an item by a prepared write, alone or in a session."""
    write = database.prepare(insert(Item).returning(Item), ItemOut)

    async def add(values: dict[str, Any]) -> ItemOut:
        async with database.transaction() as session:
            return await write.one(session, **values)

    async def add_alone(values: dict[str, Any]) -> ItemOut:
        return await write.one(**values)

    return add if in_session else add_alone


@asynccontextmanager
async def add_by_driver(url: str) -> AsyncIterator[Add]:
    """Send an INSERT on a connection of asyncpg's own pool."""
    pool = await asyncpg.create_pool(url, min_size=1)
    names = [name for name in ItemOut.model_fields if name != "id"]
    numbers = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    sql = f"INSERT INTO items ({', '.join(names)}) VALUES ({numbers}) RETURNING *"

    async def add(values: dict[str, Any]) -> ItemOut:
        async with pool.acquire() as connection:
            row = await connection.fetchrow(sql, *(values[name] for name in names))
        return ItemOut(**row)

    yield add
    await pool.close()


async def run_writes(server: Server, rounds: int) -> dict[str, float]:
    """Return the microseconds of processor time for one new item, of each way."""
    database = Database(server.url())
    await fill(database)
    now = datetime.now(UTC).replace(tzinfo=None)
    values = {"owner_id": 1, "title": "lamp", "description": None, "price": 9.5, "created_at": now}
    async with database.lifespan(), add_by_driver(server.url()) as by_asyncpg:
        ways = {
            "orm": add_by_orm(database),
            "core": add_by_core(database),
            "in session": add_by_prepared(database, in_session=True),
            "prepared": add_by_prepared(database, in_session=False),
            "driver": by_asyncpg,
        }
        best = dict.fromkeys(ways, float("inf"))
        for turn in range(rounds + 1):  # The first one warms up.
            for name in ways if turn % 2 == 0 else reversed(ways):
                begin = process_time()
                for _ in range(READS):
                    await ways[name](values)
                best[name] = min(best[name], (process_time() - begin) / READS * 1e6)
        return best


async def measure(ways: dict[str, Way], rounds: int) -> dict[str, float]:
    """Return the microseconds of processor time for one user and one list, of each way."""
    expected = await ways["orm"](1)
    best = dict.fromkeys(ways, float("inf"))
    for name, read in ways.items():
        if await read(1) != expected or await read(1) != expected:
            raise SystemExit(f"{name} has read something else")
    for turn in range(rounds):
        for name in ways if turn % 2 == 0 else reversed(ways):
            gc.collect()
            begin = process_time()
            for number in range(READS):
                await ways[name](number % USERS + 1)
            best[name] = min(best[name], (process_time() - begin) / READS * 1e6)
    return best


async def run(server: Server, rounds: int) -> dict[str, float]:
    """Fill a database of the server, and measure each way."""
    database = Database(server.url())
    await fill(database)
    ways = {"orm": by_orm(database), "core": by_core(database), "prepared": by_prepared(database)}
    async with database.lifespan(), by_driver(server.url()) as read:
        return await measure({**ways, "driver": read}, rounds)


def by_sqlite3(path: str) -> Way:
    """Read rows on a connection of `sqlite3`, in the thread of the event loop."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    user = f"SELECT {', '.join(UserOut.model_fields)} FROM users WHERE id = ?"
    items = f"SELECT {', '.join(ItemOut.model_fields)} FROM items WHERE owner_id = ?"

    async def read(number: int) -> Answer:
        row = connection.execute(user, (number,)).fetchone()
        rows = connection.execute(items, (number,)).fetchall()
        return UserOut(**row), LIST.validate_python([dict(row) for row in rows])

    return read


async def run_on_sqlite(path: str, rounds: int) -> dict[str, float]:
    """Fill a file, and measure each way."""
    database, threaded = Database(f"sqlite:///{path}"), Database(f"sqlite:///{path}")
    await fill(database)
    ways = {"orm": by_orm(database), "core": by_core(database), "prepared": by_prepared(database)}
    async with database.lifespan(), threaded.lifespan():
        in_thread = by_prepared(threaded)
        with patch("pronghorn.sql.prepared.in_loop.HAS_CONNECTION", False):
            await in_thread(1)
        return await measure({**ways, "in thread": in_thread, "driver": by_sqlite3(path)}, rounds)


def main() -> None:
    """Print the figures, and write those of PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; nothing is written")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--sqlite", action="store_true", help="a file; nothing is written")
    parser.add_argument("--writes", action="store_true", help="writes; no file is written")
    arguments = parser.parse_args()
    rounds = 5 if arguments.quick else arguments.rounds
    with asyncio.Runner(loop_factory=lambda: new_event_loop()[0]) as runner:
        if arguments.sqlite:
            with tempfile.TemporaryDirectory() as folder:
                figures = runner.run(run_on_sqlite(f"{folder}/shop.db", rounds))
        else:
            with Server() as server:
                figures = runner.run((run_writes if arguments.writes else run)(server, rounds))
    for name, microseconds in figures.items():
        print(f"{name:10} {microseconds:6.0f} µs")
    if not (arguments.quick or arguments.sqlite or arguments.writes):
        rounded = {name: round(value, 1) for name, value in figures.items()}
        write("prepared", {**environment(Path(sys.executable)), "microseconds": rounded})


if __name__ == "__main__":
    main()
