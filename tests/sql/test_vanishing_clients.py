"""Clients that go away: afterwards all connections are back, and no transaction is open."""

import asyncio
import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import anyio
import httpx
import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import FastAPI, Request
from pronghorn.sql import Database
from tests.sql.cancelling import wait_for_connections, wait_until_idle

pytestmark = pytest.mark.anyio

# `make campaign-sql` has more.
CLIENTS = int(os.environ.get("PRONGHORN_SQL_CLIENTS", "200"))
AT_A_TIME = 40


def make_app(database: Database, cancelled: list[str]) -> FastAPI:
    app = FastAPI(lifespan=database.lifespan)
    Session = Annotated[AsyncSession, database.session]

    async def work(session: AsyncSession) -> None:
        try:
            for _ in range(3):
                await session.execute(text("INSERT INTO notes VALUES (1)"))
                await asyncio.sleep(0.002)
        except asyncio.CancelledError:
            cancelled.append("")
            raise

    @app.post("/plain")
    async def plain(session: Session) -> None:
        await work(session)

    @app.post("/deadline")
    async def deadline(session: Session) -> None:
        with anyio.move_on_after(random.random() / 50):
            await work(session)

    @app.post("/timeout")
    async def timeout(session: Session) -> None:
        async with asyncio.timeout(random.random() / 50):
            await work(session)

    @app.get("/in-use")
    async def count_connections_in_use() -> int:
        pool: Any = database.engine.pool
        return int(pool.checkedout())

    async def pass_on(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
    app.add_exception_handler(TimeoutError, lambda *_: None)
    return app


@contextmanager
def serve(app: FastAPI) -> Iterator[int]:
    """Serve an application in a thread, and yield its port."""
    config = uvicorn.Config(app, log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while thread.is_alive() and not server.started:
        threading.Event().wait(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


async def vanish(port: int, path: str, limit: asyncio.Semaphore) -> None:
    """Send a request, and go away soon."""
    async with limit:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        await asyncio.sleep(random.random() / 30)
        writer.transport.abort()


async def test_connections_come_back(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=10)
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE notes (id INTEGER)"))
    await database.dispose()
    cancelled: list[str] = []
    with serve(make_app(database, cancelled)) as port:
        limit = asyncio.Semaphore(AT_A_TIME)
        paths = ("/plain", "/deadline", "/timeout")
        await asyncio.gather(*(vanish(port, paths[n % 3], limit) for n in range(CLIENTS)))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            in_use = [(await client.get("/in-use")).json()]
            while in_use[-1] and len(in_use) < 500:
                await asyncio.sleep(0.02)
                in_use.append((await client.get("/in-use")).json())
        assert in_use[-1] == 0
        await wait_until_idle(postgresql_url, most=10)
    assert len(cancelled) > CLIENTS / 20
    await wait_for_connections(postgresql_url)
