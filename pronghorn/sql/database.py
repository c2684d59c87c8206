"""The database of a program: its engines, from startup to shutdown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pronghorn.param_functions import Depends
from pronghorn.sql.connect import create_engine


class Database:
    """A database, with the sessions of requests, scripts and jobs.

    Attributes:
        engine: The pool of connections to the primary server.
        session: The dependency for a session that is committed after the endpoint, as
            `Annotated[AsyncSession, db.session]`.
        read_session: The dependency for a session that only reads.
        Session: `Annotated[AsyncSession, db.session]`.
        ReadSession: `Annotated[AsyncSession, db.read_session]`.
    """

    def __init__(self, url: str, *, replicas: Sequence[str] = ()) -> None:
        self.engine = create_engine(url)
        self.replicas = [create_engine(replica) for replica in replicas]
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.session: Any = Depends(self._open_session, scope="function")
        self.read_session: Any = Depends(self._open_session, scope="function")
        self.Session: Any = Annotated[AsyncSession, self.session]
        self.ReadSession: Any = Annotated[AsyncSession, self.read_session]

    async def _open_session(self) -> AsyncIterator[AsyncSession]:
        async with self.transaction() as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session, and commit it at the end of the block unless an exception leaves it."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """Close all connections when the application stops."""
        try:
            yield
        finally:
            for engine in (self.engine, *self.replicas):
                await engine.dispose()

    async def check(self) -> None:
        """Return if the database answers; raise an exception otherwise."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
