"""A program with a database, served by each server."""

import os
from collections.abc import AsyncIterator
from typing import Annotated

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


@app.websocket("/authors")
async def add_all(socket: WebSocket, session: Session) -> None:
    await socket.accept()
    async for name in socket.iter_text():
        session.add(Author(name=name))
        await session.commit()
        await socket.send_text("saved")
