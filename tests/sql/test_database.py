"""A database in a program: a session is a dependency, and its changes are committed."""

from typing import Annotated

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.sql import Database
from pronghorn.testclient import TestClient


def test_a_session_is_committed_after_the_endpoint(database_url: str) -> None:
    database = Database(database_url)
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/items")
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        await session.execute(text("CREATE TABLE IF NOT EXISTS items (id INTEGER)"))
        await session.execute(text("INSERT INTO items VALUES (1)"))

    @app.get("/items")
    async def count(session: Annotated[AsyncSession, database.read_session]) -> int | None:
        return await session.scalar(text("SELECT count(*) FROM items"))

    with TestClient(app) as client:
        client.post("/items")
        client.post("/items")
        assert client.get("/items").json() == 2
