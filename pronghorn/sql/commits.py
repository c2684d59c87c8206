"""Functions around the commit of a session: rows written before it, calls after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import SessionTransaction

from pronghorn.logger import logger

BeforeCommit = Callable[[AsyncSession], Awaitable[object]]
AfterCommit = Callable[[], Awaitable[object]]
_BEFORE, _AFTER = "pronghorn.before_commit", "pronghorn.after_commit"
#: The key in `session.info` of what batteries know of the current transaction.
_MEMORY = "pronghorn.memory"
#: The key in `session.info` of the `Postponed` that ends the transaction instead of its block.
_POSTPONED = "pronghorn.postponed"


class _Waiting(NamedTuple):
    """A function that waits for a commit, and the savepoint in which it was added, if any."""

    callback: Callable[..., Awaitable[object]]
    savepoint: SessionTransaction | None


def before_commit(session: AsyncSession, callback: BeforeCommit) -> None:
    """Call a function with a session at the end of its block, before the commit.

    If the program commits in the block, the function is called before that commit. What it writes
    is part of the transaction. An exception rolls everything back. The function is not called if
    the block ends with an exception, or if the savepoint (`session.begin_nested()`) in which it
    was added is rolled back. It is called if the block has sent no statement, too; functions are
    called in the order in which they were added.

    Args:
        session: A session of a `Database`: of a request, or of `db.transaction()`.
        callback: The `async def` function.
    """
    _add(session, _BEFORE, callback)


def after_commit(session: AsyncSession, callback: AfterCommit) -> None:
    """Call a function once a session is committed, and before a response is sent.

    If the program commits in the block, by `session.commit()` or at the end of a block of
    `session.begin()`, the function is called after that commit, as whatever comes
    later does not take it back.

    The function is not called if the transaction is rolled back, or the savepoint in which it was
    added, or if the commit fails. An exception in it is logged, since what is committed stays. It
    is called if the block has sent no statement, too; functions are called in the order in which
    they were added.

    Args:
        session: A session of a `Database`: of a request, or of `db.transaction()`.
        callback: The `async def` function. It gets no session, since this one is over.
    """
    _add(session, _AFTER, callback)


def memory_of(session: AsyncSession) -> dict[Any, Any]:
    """Return a dictionary for what a battery has to know until the next rollback of a session."""
    memory: dict[Any, Any] = session.info.setdefault(_MEMORY, {})
    return memory


def has_after(info: dict[Any, Any]) -> bool:
    """Return whether functions wait for a session, whose `info` it is, to be committed."""
    return bool(info.get(_AFTER))


def has_before(info: dict[Any, Any]) -> bool:
    """Return whether functions wait for the commit of a session, whose `info` it is."""
    return bool(info.get(_BEFORE))


class Postponed:
    """The end of a transaction that does not come with the end of its block.

    If the block ends with an exception, the transaction is rolled back there, and both methods do
    nothing.
    """

    def __init__(self) -> None:
        self._end: Callable[..., Awaitable[object]] | None = None

    def wait_for(self, end: Callable[..., Awaitable[object]]) -> None:
        """Keep the `__aexit__` of the transaction, whose block has ended."""
        self._end = end

    async def commit(self) -> None:
        """Commit, as the end of the block would have done; errors are the same, too."""
        end, self._end = self._end, None
        if end is not None:
            await end(None, None, None)

    async def roll_back(self, error: BaseException) -> None:
        """Roll back because of an error, which the caller raises."""
        end, self._end = self._end, None
        if end is not None:
            await end(type(error), error, error.__traceback__)


def postpone_commit(session: AsyncSession) -> Postponed:
    """Keep a transaction open beyond the end of its block.

    It is for a battery that has to write what is known only later, such as the response. Whoever
    calls it has to call one of the two methods of the returned object in any case.

    Args:
        session: A session of a `Database`: of a request, or of `db.transaction()`.
    """
    postponed = session.info[_POSTPONED] = Postponed()
    return postponed


def take_postponed(session: AsyncSession) -> Postponed | None:
    """Return who ends the transaction of a session instead of its block, once; None for nobody."""
    found: Postponed | None = session.info.pop(_POSTPONED, None)
    return found


async def run_before(session: AsyncSession | None) -> None:
    """Call the functions before the commit, also those that these functions add."""
    if session is None:
        return  # A session without its asynchronous part has no functions.
    callbacks: list[_Waiting] = session.info.get(_BEFORE, [])
    while callbacks:
        await callbacks.pop(0).callback(session)


async def run_after(info: dict[Any, Any]) -> None:
    """Call the functions after the commit.

    Args:
        info: The `info` of the session.
    """
    callbacks: list[_Waiting] = info.get(_AFTER, [])
    while callbacks:
        callback = callbacks.pop(0).callback
        try:
            await callback()
        except Exception as error:  # noqa: BLE001 - the commit stays; the failure is logged
            name = getattr(callback, "__qualname__", repr(callback))
            logger.error("%s failed after the commit", name, exc_info=error)


def forget(info: dict[Any, Any]) -> None:
    """Drop the functions of a session that was rolled back, and what batteries know of it.

    Args:
        info: The `info` of the session.
    """
    for key in (_BEFORE, _AFTER, _MEMORY):
        info.pop(key, None)


def forget_within(info: dict[Any, Any], savepoint: SessionTransaction) -> None:
    """Drop the functions that were added in a savepoint which was rolled back.

    Args:
        info: The `info` of the session.
        savepoint: The savepoint.
    """
    for key in (_BEFORE, _AFTER):
        waiting: list[_Waiting] = info.get(key, [])
        waiting[:] = [each for each in waiting if not _is_within(each.savepoint, savepoint)]


def _is_within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    """Return whether a savepoint is another one, or was opened inside of it."""
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return False


def _add(session: AsyncSession, key: str, callback: Callable[..., Awaitable[object]]) -> None:
    savepoint = session.sync_session.get_nested_transaction()
    session.info.setdefault(key, []).append(_Waiting(callback, savepoint))
