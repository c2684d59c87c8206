"""A table of payments, and clients that repeat requests."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select

from pronghorn import Header
from pronghorn.sql import Database

TABLES = MetaData()
PAYMENTS = Table(
    "pronghorn_test_payments",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("text", String(50), nullable=False, unique=True),
)
OTHERS = Table(
    "pronghorn_test_others",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("text", String(50), nullable=False),
)


async def user(x_user: Annotated[str, Header()] = "ann") -> str:
    """Return who sends a request."""
    return x_user


async def pay(session: Any, text: str) -> None:
    """Write a payment."""
    await session.execute(insert(PAYMENTS), {"text": text})


async def write_other(session: Any) -> None:
    """Write a row that is no payment."""
    await session.execute(insert(OTHERS), {"text": "of a battery"})


async def count(db: Database, table: Table = PAYMENTS) -> int:
    """Return the number of rows."""
    async with db.transaction(read_only=True) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def keyed(key: str | None = "k1", user: str | None = None) -> dict[str, str]:
    """Return the headers of a request."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return headers if user is None else {**headers, "X-User": user}


def same(first: Any, repeat: Any) -> bool:
    """Return whether a response is the replay of another one."""
    expected = [*first.headers.multi_items(), ("idempotency-replayed", "true")]
    return bool(
        (first.status_code, first.content) == (repeat.status_code, repeat.content)
        and sorted(expected) == sorted(repeat.headers.multi_items())
        and "idempotency-replayed" not in first.headers
    )
