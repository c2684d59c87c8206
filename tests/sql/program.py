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
    pass_over_unread_futures(asyncio.get_running_loop())
    database = Database(url, **options)
    app = make_app(database)
    async with database.lifespan(app):
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY)"))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield database, client


def pass_over_unread_futures(loop: asyncio.AbstractEventLoop) -> None:
    """Keep a future that asyncpg forgets from failing a test in which connecting takes too long.

    A time limit that ends while `create_connection` hands the socket over closes the socket, and
    asyncpg's protocol then puts an error into a future that nobody waits for any more.
    """
    handle = loop.get_exception_handler() or type(loop).default_exception_handler

    def handle_others(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "unexpected connection_lost() call" not in str(context.get("exception")):
            handle(loop, context)

    loop.set_exception_handler(handle_others)
