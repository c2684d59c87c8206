"""The database of a program: its engines, from startup to shutdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, TypeVar, Unpack, overload

from sqlalchemy import Executable, MetaData, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.sql.expression import UpdateBase

from pronghorn.hooks import Trigger
from pronghorn.sql.checking import check_database
from pronghorn.sql.connect import Engines, close_engines, create_engines
from pronghorn.sql.current import FollowedTransaction, find_current
from pronghorn.sql.dependencies import make_read_session, make_session, make_stream_session
from pronghorn.sql.diagnostics import keep_diagnostics
from pronghorn.sql.known import remember
from pronghorn.sql.loops import EnginesOfLoops
from pronghorn.sql.options import EngineOptions
from pronghorn.sql.own_tables import create_missing
from pronghorn.sql.prepared import PreparedRead, PreparedWrite, Statements
from pronghorn.sql.prepared.pools import Choices
from pronghorn.sql.prepared.statement import Prepared
from pronghorn.sql.rollback import OuterTransaction, open_outer_transaction
from pronghorn.sql.sessions import Transaction, open_session
from pronghorn.sql.startup import connect_once

T = TypeVar("T")


def create_diagnosed_engines(url: str | URL, **options: Unpack[EngineOptions]) -> Engines:
    """Return the engines of a database, whose errors keep what their answers need."""
    engines = create_engines(url, **options)
    for engine in engines.distinct():
        keep_diagnostics(engine.sync_engine)
    return engines


class Database:
    """A database, with the sessions of requests, scripts and jobs.

    Args:
        url: The address. `postgresql://` means asyncpg, `sqlite://` means aiosqlite.
        replicas: The addresses of servers that only read, for `read_session` and `stream_session`.
        name: The name of this database for `pronghorn db --database`, if a program has several.
        metadata: The models, `Base.metadata`, which `pronghorn db` compares with the database.
        migrations: The folder of migrations; by default `migrations` in the working directory.
        **options: See `pronghorn.sql.options.EngineOptions`.

    Raises:
        SetupError: A URL or its driver cannot be used.

    Attributes:
        url: The address as it was given, with its password.
        options: The options of its connections, as they were given.
        name: The name that was given.
        metadata: The models that were given.
        migrations: The folder of migrations that was given.
        session: The dependency for a session that is committed after the endpoint, as
            `Annotated[AsyncSession, db.session]`. It only reads in GET and HEAD.
        read_session: The dependency for a session that only reads, from a replica if there is one.
        stream_session: The dependency for a session that only reads and stays open until the
            response was sent, for endpoints that stream.
        Session: `Annotated[AsyncSession, db.session]`.
        ReadSession: `Annotated[AsyncSession, db.read_session]`.
        StreamSession: `Annotated[AsyncSession, db.stream_session]`.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        replicas: Sequence[str | URL] = (),
        name: str = "default",
        metadata: MetaData | Sequence[MetaData] | None = None,
        migrations: str | Path | None = None,
        **options: Unpack[EngineOptions],
    ) -> None:
        self.name = name
        self.metadata = metadata
        self.migrations = migrations
        self.url: str | URL = url
        self.options: EngineOptions = options
        remember(self)
        self._make_engines = partial(create_diagnosed_engines, url, **options)
        self._engines = EnginesOfLoops(self._make_engines)
        self._replicas = [
            EnginesOfLoops(partial(create_diagnosed_engines, replica, **options))
            for replica in replicas
        ]
        #: The servers that read, in turn; other threads take their turns from it, too.
        self._turns = cycle(self._replicas or [self._engines])
        raw = not options.get("transaction_pooler")
        choices = Choices(self._choose_for_reading, self._choose_for_writing, self._open)
        self._statements = Statements(self.engine, choices, raw=raw)
        self._prepare_sessions()

    def _prepare_sessions(self) -> None:
        #: The tables of batteries, in groups.
        self._own_tables: list[MetaData] = []
        self._closing: list[Callable[[], Awaitable[object]]] = []
        self._outer: OuterTransaction | None = None
        #: Makes the block of a session.
        self._transaction: Callable[..., AbstractAsyncContextManager[AsyncSession]] = Transaction
        #: The number of applications that are running, by the owner of their engines.
        self._users: Counter[Any] = Counter()
        self.session: Any = make_session(self._open)
        self.read_session: Any = make_read_session(self._open)
        self.stream_session: Any = make_stream_session(self._open)
        self.Session: Any = Annotated[AsyncSession, self.session]
        self.ReadSession: Any = Annotated[AsyncSession, self.read_session]
        self.StreamSession: Any = Annotated[AsyncSession, self.stream_session]

    @property
    def _primary(self) -> Engines:
        return self._engines.get()

    @property
    def engine(self) -> AsyncEngine:
        """The pool of connections to the primary server, for transactions that write."""
        return self._primary.write

    def _next_replica(self) -> AsyncEngine:
        return next(self._turns).get().read

    @property
    def replicas(self) -> list[AsyncEngine]:
        """The pools of connections to the replicas."""
        return [engines.get().read for engines in self._replicas]

    # --- sessions -------------------------------------------------------------------------

    def transaction(self, *, read_only: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session, and commit it at the end of the block.

        An exception that leaves the block rolls back. The session takes a connection at its first
        statement.

        Args:
            read_only: Refuse statements that write.
        """
        return self._open("db.transaction()", read_only=read_only)

    def _open(
        self,
        trigger: Trigger | str,
        *,
        read_only: bool,
        replica: bool = False,
        keeps: bool = True,
    ) -> AbstractAsyncContextManager[AsyncSession]:
        def make() -> AsyncSession:
            if self._outer is not None:
                return self._outer.open_session(read_only=read_only)
            if not read_only:
                return open_session(self.engine)
            return open_session(self._next_replica() if replica else self._primary.read)

        return self._transaction(make, trigger, read_only=read_only, keeps=keeps)

    def follow_transactions(self) -> None:
        """Let `current_session` find the transactions that begin from now on; for batteries."""
        self._transaction = partial(FollowedTransaction, self)

    def current_session(self) -> AsyncSession | None:
        """Return the session of the innermost transaction around this line; for batteries.

        A transaction that only reads is none, nor is one that began before `follow_transactions`.
        It is found in a worker thread, too, whose caller may write in the meantime: add functions
        with `before_commit` there, and send nothing.

        Returns:
            None if no transaction is open.
        """
        return find_current(self)

    @asynccontextmanager
    async def rollback_everything(self) -> AsyncIterator[None]:
        """Run all sessions inside in savepoints of one transaction, which is rolled back.

        It is for tests: the sessions of requests belong to it too, also those of a `TestClient`
        and of other threads. A commit inside is visible to later sessions inside, and to nobody
        else. Sessions inside must not overlap, unless one is opened and closed within another.
        """
        async with open_outer_transaction(self.engine, self._make_engines) as outer:
            before, self._outer = self._outer, outer
            try:
                yield
            finally:
                self._outer = before

    @property
    def is_rolled_back(self) -> bool:
        """Whether all sessions belong to a block of `rollback_everything`, so none may overlap."""
        return self._outer is not None

    # --- prepared reads ---------------------------------------------------------------------

    @overload  # An INSERT is an `Executable` too.
    def prepare(  # type: ignore[overload-overlap]  # The first one that fits holds.
        self, statement: UpdateBase, model: type[T]
    ) -> PreparedWrite[T]: ...

    @overload
    def prepare(self, statement: UpdateBase, model: Any) -> PreparedWrite[Any]: ...

    @overload
    def prepare(self, statement: Executable, model: type[T]) -> PreparedRead[T]: ...

    @overload
    def prepare(self, statement: Executable, model: Any) -> PreparedRead[Any]: ...

    def prepare(self, statement: Executable, model: Any) -> Prepared[Any]:
        """Return a statement that is compiled once, and whose rows become models, not ORM objects.

        A module may call it before mapped classes and the database exist: the statement is compared
        with the model when `lifespan` starts, or at the first use.

        Args:
            statement: A SELECT, with `bindparam("name")` for each value that a call passes; or an
                INSERT, UPDATE or DELETE with RETURNING, whose calls may also pass columns to set.
            model: What each row becomes: a Pydantic model, a dataclass, a `TypedDict`, a tuple of
                all columns, or the type of the only column.

        Returns:
            An object to call: `await find(name=value)` returns a list of models.
        """
        return self._statements.prepare(statement, model)

    def _choose_for_reading(self) -> AsyncEngine | AsyncConnection:
        return self._outer.connection if self._outer is not None else self._next_replica()

    def _choose_for_writing(self) -> AsyncEngine | None:
        return None if self._outer is not None else self.engine

    # --- tables of batteries ----------------------------------------------------------------

    def add_own_tables(self, tables: MetaData) -> None:
        """Create tables when the application starts, if they are missing.

        Batteries keep their rows in them. Migrations of the program leave them alone.

        Args:
            tables: The tables, whose names begin with `pronghorn_`. The same object counts once.
        """
        if tables not in self._own_tables:
            self._own_tables.append(tables)

    async def create_own_tables(self) -> None:
        """Create the tables of batteries that are missing, as `lifespan` does; for scripts.

        Raises:
            SetupError: A table was made by another version.
        """
        if self._own_tables:
            async with self.transaction() as session:
                await create_missing(session, self._own_tables)

    def make_engines(self) -> Engines:
        """Return other engines for the same database, for a connection that somebody keeps.

        Their pool is empty and apart from that of sessions. Whoever asked closes them.
        """
        return self._make_engines()

    def before_close(self, callback: Callable[[], Awaitable[object]]) -> None:
        """Call a function when the connections are about to be closed, each time.

        Batteries end what they do in the background, which would open connections again.

        Args:
            callback: The `async def` function; it concerns the running event loop only.
        """
        self._closing.append(callback)

    # --- startup and shutdown ---------------------------------------------------------------

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[None]:
        """Connect when the application starts, and close all connections when it stops.

        Several applications may share a database: the last one closes the connections.

        Raises:
            SetupError: The database cannot be reached, or refuses the user; or a read cannot be
                prepared.
        """
        self._statements.check()
        if self._outer is not None:
            await self.create_own_tables()
            yield  # A test: the only connection is open, and outlives the application.
            return
        owner = self._engines.owner()
        self._users[owner] += 1
        try:
            for engine in (self._primary.read, *self.replicas):
                await connect_once(engine)
            await self.create_own_tables()
            yield
        finally:
            self._users[owner] -= 1
            if not self._users[owner]:
                del self._users[owner]
                await self.dispose()

    async def dispose(self) -> None:
        """Close all connections that are not in use, as at the end of a script."""
        for callback in self._closing:
            await callback()
        await self._statements.close()
        for engines in (self._engines, *self._replicas):
            await close_engines(engines.get())

    async def check(self) -> None:
        """Return if the database answers, also while all connections are in use.

        Raises:
            EnvironmentMistake: It does not; the text says what to do.
        """
        if self._outer is not None:
            async with self.transaction(read_only=True) as session:
                await session.execute(text("SELECT 1"))
            return
        await check_database(self._primary.read, self._make_engines)
