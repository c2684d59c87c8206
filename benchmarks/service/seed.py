"""Fill an empty database with the rows of `data.py`.

    python -m benchmarks.service.seed sqlite:///file.db
    python -m benchmarks.service.seed postgresql://.../new postgresql://.../postgres

The second URL is that of an existing database, from which the first one is created.

It runs in the environment of FastAPI and pronghorn.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.service.data import make_items, make_users

sys.path.insert(0, str(Path(__file__).parent / "apps"))

from tables import Base, Item, User

BATCH = 1_000
DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


async def fill(url: str) -> None:
    """Create the tables and their rows."""
    scheme, _, address = url.partition(":")
    engine = create_async_engine(f"{DRIVERS[scheme]}:{address}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for table, rows in ((User, [*make_users()]), (Item, [*make_items()])):
            for begin in range(0, len(rows), BATCH):
                await connection.execute(insert(table), rows[begin : begin + BATCH])
        await connection.execute(text("ANALYZE"))
    await engine.dispose()


async def create_database(url: str, existing: str) -> None:
    """Create an empty database of PostgreSQL."""
    connection = await asyncpg.connect(existing)
    await connection.execute(f'CREATE DATABASE "{url.rpartition("/")[2]}"')
    await connection.close()


async def main(url: str, existing: str | None = None) -> None:
    """Create and fill a database."""
    if existing is not None:
        await create_database(url, existing)
    await fill(url)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
