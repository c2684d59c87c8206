"""A program whose requests hold connections of a small pool while they wait for threads.

It is served by FastAPI and by pronghorn (`HARDENING_FRAMEWORK`).
"""

import asyncio
import importlib
import os
import queue
import time
from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any

framework = importlib.import_module(os.environ.get("HARDENING_FRAMEWORK", "pronghorn"))
responses = importlib.import_module(f"{framework.__name__}.responses")
Depends, BackgroundTasks = framework.Depends, framework.BackgroundTasks
#: Seconds to wait for a connection, as pools of databases do.
PATIENCE = 4.0


class Pool:
    """A pool of connections."""

    def __init__(self, size: int) -> None:
        self._free: queue.Queue[int] = queue.Queue()
        for number in range(size):
            self._free.put(number)

    def take(self) -> int:
        """Wait for a connection."""
        return self._free.get(timeout=PATIENCE)

    def give_back(self, connection: int) -> None:
        """Take a connection back."""
        self._free.put(connection)

    def free(self) -> int:
        """Return the number of free connections."""
        return self._free.qsize()


class Session:
    """Takes a connection for its first query, and keeps it until it is closed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: int | None = None

    def query(self) -> str:
        """Ask the database."""
        if self._connection is None:
            self._connection = self._pool.take()
        time.sleep(0.001)
        return "row"

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._pool.give_back(self._connection)


def make_app(size: int = 5, **options: Any) -> Any:
    """Return the program with a pool of some connections, `app.state.pool`."""
    app = framework.FastAPI(**options)
    app.state.pool = pool = Pool(size)

    def lazy() -> Iterator[Session]:
        session = Session(pool)
        try:
            yield session
        finally:
            session.close()

    def eager() -> Iterator[Session]:
        session = Session(pool)
        session.query()
        try:
            yield session
        finally:
            session.close()

    async def mixed() -> AsyncIterator[Session]:
        session = Session(pool)
        try:
            yield session
        finally:
            session.close()

    def user(session: Annotated[Session, Depends(lazy)]) -> str:
        return session.query()

    async def admin(user: Annotated[str, Depends(user)]) -> str:
        await asyncio.sleep(0.001)
        return user

    def mixed_user(session: Annotated[Session, Depends(mixed)]) -> str:
        return session.query()

    async def mixed_admin(user: Annotated[str, Depends(mixed_user)]) -> str:
        await asyncio.sleep(0.001)
        return user

    @app.get("/eager")
    def read_eager(session: Annotated[Session, Depends(eager)]) -> str:
        return session.query()

    @app.get("/lazy")
    def read_lazy(session: Annotated[Session, Depends(lazy)]) -> str:
        return session.query()

    @app.get("/between")
    def read_between(
        session: Annotated[Session, Depends(lazy)], user: Annotated[str, Depends(admin)]
    ) -> str:
        return session.query() and user

    @app.get("/mixed")
    def read_mixed(
        session: Annotated[Session, Depends(mixed)], user: Annotated[str, Depends(mixed_admin)]
    ) -> str:
        return session.query() and user

    @app.get("/background")
    def read_and_go_on(session: Annotated[Session, Depends(lazy)], tasks: BackgroundTasks) -> str:
        tasks.add_task(session.query)
        return session.query()

    @app.get("/stream")
    def stream(session: Annotated[Session, Depends(lazy)]) -> Any:
        def rows() -> Iterator[bytes]:
            for _ in range(2):
                yield session.query().encode()

        return responses.StreamingResponse(rows())

    @app.post("/upload")
    def upload(file: framework.UploadFile, session: Annotated[Session, Depends(lazy)]) -> str:
        assert isinstance(file.file, SpooledTemporaryFile)
        return session.query()

    add_blocking(app)
    return app


def add_blocking(app: Any) -> None:
    """Add `def` endpoints that block, and the ways to ask whether the process is alive."""

    @app.get("/block")
    def block(seconds: float) -> str:
        time.sleep(seconds)
        return "done"

    @app.get("/async")
    async def live_async() -> str:
        return "live"

    if framework.__name__ == "pronghorn":
        app.health(ready=[lambda: time.sleep(0.001)])
    else:
        app.get("/live")(lambda: "live")


app = make_app()
