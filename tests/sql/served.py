"""A program with a database, served by each server."""

import os
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import WebSocket
from pronghorn.sql import Database
from tests.sql.library import Author, make_app

database = Database(os.environ["DATABASE_URL"])
app = make_app(database)
Session = Annotated[AsyncSession, database.session]


@app.post("/authors/{name}", status_code=201)
async def add(name: str, session: Session) -> dict[str, int]:
    author = Author(name=name)
    session.add(author)
    await session.flush()
    return {"id": author.id}


@app.get("/authors")
async def count(session: Session) -> int:
    return await session.scalar(select(func.count()).select_from(Author)) or 0


@app.get("/authors/{name}")
async def add_in_get(name: str, session: Session) -> None:
    session.add(Author(name=name))


@app.get("/names")
async def names(
    session: Annotated[AsyncSession, database.stream_session],
) -> AsyncIterator[str]:
    for name in await session.scalars(select(Author.name)):
        yield name


@app.get("/endless")
async def endless(
    session: Annotated[AsyncSession, database.stream_session],
) -> AsyncIterator[int]:
    while True:
        yield await session.scalar(select(func.count()).select_from(Author)) or 0
        await anyio.sleep(0.01)


@app.get("/connections")
async def connections() -> int:
    pools = {engine.pool for engine in database._primary}
    return sum(pool.checkedout() for pool in pools)  # type: ignore[attr-defined]  # of its class


@app.websocket("/authors")
async def add_all(socket: WebSocket, session: Session) -> None:
    await socket.accept()
    async for name in socket.iter_text():
        session.add(Author(name=name))
        await session.commit()
        await socket.send_text("saved")
