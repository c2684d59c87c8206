"""The transactions that are open where code runs.

A battery that writes rows for a request, such as a background task, has no session at hand. It asks
for the innermost transaction around the line of the program.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.sql.commits import run_before
from pronghorn.sql.sessions import Transaction


class _Open:
    """One transaction, and the one around it.

    Attributes:
        database: The database of the transaction.
        session: Its session; None once its rows are complete.
        outer: What was open around it.
    """

    __slots__ = ("database", "outer", "session")

    def __init__(self, database: Any, session: AsyncSession, outer: _Open | None) -> None:
        self.database = database
        self.session: AsyncSession | None = session
        self.outer = outer


_INNERMOST: ContextVar[_Open | None] = ContextVar("pronghorn_open_transaction", default=None)


def find_current(database: Any) -> AsyncSession | None:
    """Return the session of the innermost transaction of a database around this line, or None."""
    found = _INNERMOST.get()
    while found is not None and (found.session is None or found.database is not database):
        found = found.outer
    return None if found is None else found.session


class FollowedTransaction(Transaction):
    """A transaction that `find_current` finds while it is open, unless it only reads.

    Args:
        database: Its database.
        *args: Those of a transaction.
        **options: Those of a transaction.
    """

    __slots__ = ("_database", "_open")

    def __init__(self, database: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._database = database
        self._open: _Open | None = None

    async def __aenter__(self) -> AsyncSession:
        session = await super().__aenter__()
        if not self._read_only:
            self._open = _Open(self._database, session, _INNERMOST.get())
            _INNERMOST.set(self._open)
        return session

    async def __aexit__(self, *error: object) -> None:
        try:
            await super().__aexit__(*error)  # type: ignore[arg-type]  # the three of the statement
        finally:
            self._complete()
            if self._open is not None and _INNERMOST.get() is self._open:
                _INNERMOST.set(self._open.outer)

    async def _save(self) -> None:
        try:
            await run_before(self._session)
        except BaseException as error:
            await self._roll_back(error)
            raise
        self._complete()  # What comes after the commit finds the transaction around this one.
        await super()._save()

    def _complete(self) -> None:
        if self._open is not None:
            self._open.session = None
