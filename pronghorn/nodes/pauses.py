"""Transactions that a process which is stopped, or cut off, must not keep open for long."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Seconds without a statement after which PostgreSQL ends such a transaction.
LONGEST_PAUSE = 10


async def commit_each_statement(session: AsyncSession) -> None:
    """Let PostgreSQL commit each statement of this session by itself; SQLite locks all in any case.

    So a process that is stopped between two of them, or cut off, holds no lock that others need.

    Args:
        session: A session that has executed nothing yet.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


async def forbid_pauses(session: AsyncSession) -> None:
    """Let PostgreSQL end this transaction if its process says nothing for 10 s; SQLite cannot.

    It is for transactions whose locks all hosts wait for.
    """
    if session.get_bind().dialect.name == "postgresql":
        limit = f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_PAUSE}s'"
        await session.execute(text(limit))
