"""Sessions that begin with their first statement and are over when their block is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from anyio import CancelScope
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as PlainSession

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.hooks import Trigger
from pronghorn.sql.errors import COMMITTING, explain

#: The key in `session.info` of what the session was opened for, once it is over.
_ENDED = "pronghorn.ended"


class SessionEndedError(SetupError):
    """A session was used after the end of its request or block."""


class OneTransactionSession(PlainSession):
    """The part of an `AsyncSession` that sends statements; after its end it refuses them.

    A session of SQLAlchemy would take a new connection instead, and nobody would commit.
    """

    def get_bind(self, *args: Any, **options: Any) -> Any:
        """Return the engine or connection for a statement.

        Raises:
            SessionEndedError: The session is over.
        """
        if _ENDED in self.info:
            raise _report_end(self.info[_ENDED])
        return super().get_bind(*args, **options)

    def commit(self) -> None:
        """Send what is pending, and commit; an error says which of the two has failed."""
        self.flush()
        try:
            super().commit()
        except Exception as error:
            setattr(error, COMMITTING, True)
            raise


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


@asynccontextmanager
async def run_transaction(
    make: Callable[[], AsyncSession],
    trigger: Trigger | str,
    *,
    read_only: bool = False,
    keeps: bool = True,
) -> AsyncIterator[AsyncSession]:
    """Commit a session at the end of the block, or roll it back if an exception leaves the block.

    Args:
        make: Makes the session.
        trigger: What the session is opened for, for error messages.
        read_only: Whether it only reads.
        keeps: False to end without a commit, as the answer was sent already.
    """
    session = make()
    try:
        yield session
        with CancelScope(shield=True):
            if session.in_transaction():
                await (session.commit() if keeps else session.flush())
    except BaseException as error:
        with CancelScope(shield=True), suppress(Exception):
            await session.rollback()
        explain(error, trigger, read_only=read_only)
        raise
    finally:
        if session.in_transaction():
            with CancelScope(shield=True), suppress(Exception):
                await session.close()
        else:
            session.sync_session.close()  # It has no connection, so it waits for nothing.
        session.info[_ENDED] = trigger


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
