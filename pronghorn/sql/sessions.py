"""Sessions that begin with their first statement and are over when their block is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    nullcontext,
    suppress,
)
from types import TracebackType
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_session
from sqlalchemy.orm import Session as PlainSession
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.util import await_only

from pronghorn.core.cancel_scopes import new_nested_scope
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.hooks import Trigger
from pronghorn.sql.commits import (
    forget,
    forget_within,
    has_after,
    has_before,
    run_after,
    run_before,
    take_postponed,
)
from pronghorn.sql.errors import COMMITTING, explain

#: The key in `session.info` of what the session was opened for, once it is over.
_ENDED = "pronghorn.ended"
#: The key of the mark that a transaction was committed, whose connections are not back yet.
_COMMITTED = "pronghorn.committed"
_NO_SCOPE = nullcontext()


class SessionEndedError(SetupError):
    """A session was used after the end of its request or block."""


class OneTransactionSession(PlainSession):
    """The part of an `AsyncSession` that sends statements; after its end it refuses them.

    A session of SQLAlchemy would take a new connection instead, and nobody would commit.
    """

    _is_watched = False

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction that ends with its block, which sends the commit.

        What waits for the commit of the session is called after that one.

        Args:
            nested: Whether it is a savepoint.
        """
        begun = super().begin(nested)
        if not nested and not self._is_watched:
            self._is_watched = True  # Few programs begin themselves, so others have no listeners.
            event.listen(self, "after_commit", _note_commit)
            event.listen(self, "after_transaction_end", _call_after)
        return begun

    def get_bind(self, *args: Any, **options: Any) -> Any:
        """Return the engine or connection for a statement.

        Raises:
            SessionEndedError: The session is over.
        """
        if _ENDED in self.info:
            raise _report_end(self.info[_ENDED])
        return super().get_bind(*args, **options)

    def commit(self) -> None:
        """Send what is pending, and commit; an error says which of the two has failed.

        A program that commits itself commits what batteries write before the commit, too.
        """
        if has_before(self.info):
            await_only(run_before(async_session(self)))
        self.flush()
        try:
            super().commit()
        except Exception as error:
            setattr(error, COMMITTING, True)
            raise
        if has_after(self.info):
            await_only(run_after(self.info))

    def rollback(self) -> None:
        """Roll back, and forget what was to be done around the commit."""
        super().rollback()
        forget(self.info)


@event.listens_for(OneTransactionSession, "before_commit", propagate=True)
def _write_before(session: PlainSession) -> None:
    """Write what batteries write before a commit that is the end of `session.begin()`."""
    if has_before(session.info) and not session.in_nested_transaction():
        await_only(run_before(async_session(session)))


def _note_commit(session: PlainSession) -> None:
    """Note the commit of a whole transaction; that of a savepoint is none."""
    if not session.in_nested_transaction():
        session.info[_COMMITTED] = True


def _call_after(session: PlainSession, ended: SessionTransaction) -> None:
    """Call what waits for a commit, now that the connections of the transaction are back."""
    if ended.parent is None and session.info.pop(_COMMITTED, False) and has_after(session.info):
        await_only(run_after(session.info))


@event.listens_for(OneTransactionSession, "after_soft_rollback")
def _forget_taken_back(session: PlainSession, ended: SessionTransaction) -> None:
    """Forget what was to be done around the commit for what a rollback has taken back."""
    if not session.info:
        return
    if ended.nested:
        forget_within(session.info, ended)
    elif ended.parent is None:
        forget(session.info)


def open_session(
    bind: Any, *, kind: type[OneTransactionSession] = OneTransactionSession, **options: Any
) -> AsyncSession:
    """Return a session that takes a connection at its first statement.

    Args:
        bind: The engine, or the connection of an outer transaction.
        kind: The class of the session that sends the statements.
        **options: Options of `AsyncSession`.
    """
    return AsyncSession(bind, sync_session_class=kind, expire_on_commit=False, **options)


class Transaction(AbstractAsyncContextManager[AsyncSession]):
    """Commit a session at the end of the block, or roll it back if an exception leaves the block.

    Args:
        make: Makes the session.
        trigger: What the session is opened for, for error messages.
        read_only: Whether it only reads.
        keeps: False to end without a commit, as the answer was sent already.
    """

    __slots__ = ("_keeps", "_make", "_read_only", "_session", "_trigger")

    def __init__(
        self,
        make: Callable[[], AsyncSession],
        trigger: Trigger | str,
        *,
        read_only: bool = False,
        keeps: bool = True,
    ) -> None:
        self._make = make
        self._trigger = trigger
        self._read_only = read_only
        self._keeps = keeps

    async def __aenter__(self) -> AsyncSession:
        self._session = self._make()
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session = self._session
        postponed = take_postponed(session) if session.info else None
        if postponed is not None and error is None:
            postponed.wait_for(self.__aexit__)
            return
        try:
            if error is not None:
                await self._roll_back(error)
            elif session.in_transaction() or session.info:
                await self._save()
        finally:
            if session.in_transaction():
                with _shield(), suppress(Exception):
                    await session.close()
            else:
                session.sync_session.close()  # It has no connection, so it waits for nothing.
            session.info[_ENDED] = self._trigger

    async def _save(self) -> None:
        session = self._session
        try:
            if session.info:
                await run_before(session)
            with _shield():
                await (session.commit() if self._keeps else session.flush())
        except BaseException as error:
            await self._roll_back(error)
            raise
        if session.info and self._keeps:  # A session that only reads may have sent no commit.
            with _shield():
                await run_after(session.info)

    async def _roll_back(self, error: BaseException) -> None:
        with _shield(), suppress(Exception):
            await self._session.rollback()
        explain(error, self._trigger, read_only=self._read_only)


def _shield() -> AbstractContextManager[object]:
    """Return a block that no scope of AnyIO cancels; it does nothing if no scope surrounds it."""
    scope = new_nested_scope()
    if scope is None:
        return _NO_SCOPE
    scope.shield = True
    return scope


def _report_end(trigger: Trigger | str) -> SessionEndedError:
    # Without the line: in SQLAlchemy's greenlet, all frames of the program are those of others.
    return setup_error(
        f"The session of {trigger} was used after its end",
        "a stream or a background task uses the session of the request, which ends before the "
        "response is sent",
        "async with db.transaction() as session: ... in the task, or "
        "Annotated[AsyncSession, db.stream_session] in an endpoint that streams",
        kind=SessionEndedError,
    )
