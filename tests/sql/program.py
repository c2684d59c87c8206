"""A service with one table, for tests that break its database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.sql import Database


def make_app(database: Database) -> FastAPI:
    app = FastAPI(lifespan=database.lifespan)
    Session = Annotated[AsyncSession, database.session]

    @app.post("/notes/{number}", status_code=201)
    async def add(number: int, session: Session) -> int:
        await session.execute(text("INSERT INTO notes VALUES (:id)"), {"id": number})
        await session.scalar(text("SELECT count(*) FROM notes"))
        return number

    @app.get("/notes")
    async def show(session: Session) -> list[int]:
        return list(await session.scalars(text("SELECT id FROM notes ORDER BY id")))

    @app.get("/wait/{milliseconds}")
    async def wait(milliseconds: int, session: Session) -> None:
        await session.execute(text("SELECT 1"))
        await asyncio.sleep(milliseconds / 1000)

    @app.post("/transfer/{number}")
    async def transfer(number: int, session: Session) -> None:
        await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        await session.scalar(text("SELECT sum(id) FROM notes"))
        await asyncio.sleep(0.1)
        await session.execute(text("INSERT INTO notes VALUES (:id)"), {"id": number})

    return app


@asynccontextmanager
async def running(url: str, **options: Any) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    """Start the service with an empty table, and yield its database and a client of it."""
    database = Database(url, **options)
    app = make_app(database)
    async with database.lifespan(app):
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY)"))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield database, client
