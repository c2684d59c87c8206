"""Functions around the commit of a session: rows written before it, calls after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.logger import logger

BeforeCommit = Callable[[AsyncSession], Awaitable[object]]
AfterCommit = Callable[[], Awaitable[object]]
_BEFORE, _AFTER = "pronghorn.before_commit", "pronghorn.after_commit"


def before_commit(session: AsyncSession, callback: BeforeCommit) -> None:
    """Call a function with a session at the end of its block, before the commit.

    If the program commits in the block, the function is called before that commit. What it writes
    is part of the transaction. An exception rolls everything back. The function is not called if
    the block ends with an exception. It is called if the block has sent no statement, too;
    functions are called in the order in which they were added.

    Args:
        session: A session of a `Database`: of a request, or of `db.transaction()`.
        callback: The `async def` function.
    """
    session.info.setdefault(_BEFORE, []).append(callback)


def after_commit(session: AsyncSession, callback: AfterCommit) -> None:
    """Call a function once a session is committed, and before a response is sent.

    The function is not called if the transaction is rolled back, or if its commit fails. An
    exception in it is logged, since what is committed stays. It is called if the block has sent no
    statement, too; functions are called in the order in which they were added.

    Args:
        session: A session of a `Database`: of a request, or of `db.transaction()`.
        callback: The `async def` function. It gets no session, since this one is over.
    """
    session.info.setdefault(_AFTER, []).append(callback)


def has_before(info: dict[Any, Any]) -> bool:
    """Return whether functions wait for the commit of a session, whose `info` it is."""
    return bool(info.get(_BEFORE))


async def run_before(session: AsyncSession | None) -> None:
    """Call the functions before the commit, also those that these functions add."""
    if session is None:
        return  # A session without its asynchronous part has no functions.
    callbacks: list[BeforeCommit] = session.info.get(_BEFORE, [])
    while callbacks:
        await callbacks.pop(0)(session)


async def run_after(info: dict[Any, Any]) -> None:
    """Call the functions after the commit.

    Args:
        info: The `info` of the session.
    """
    callbacks: list[AfterCommit] = info.get(_AFTER, [])
    while callbacks:
        callback = callbacks.pop(0)
        try:
            await callback()
        except Exception as error:  # noqa: BLE001 - the commit stays; the failure is logged
            name = getattr(callback, "__qualname__", repr(callback))
            logger.error("%s failed after the commit", name, exc_info=error)


def forget(info: dict[Any, Any]) -> None:
    """Drop the functions of a session that was rolled back.

    Args:
        info: The `info` of the session.
    """
    info.pop(_BEFORE, None)
    info.pop(_AFTER, None)
