"""The table of responses that are kept for repeats."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.nodes.clock import now_ms

TABLES = MetaData()
#: One row for each key of a user, made by the request that was answered first.
KEPT = Table(
    "pronghorn_idempotency",
    TABLES,
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)
RawHeaders = list[tuple[bytes, bytes]]


class Kept(NamedTuple):
    """A response and the request that it answers.

    Attributes:
        fingerprint: The digest of the request.
        status: The status code.
        headers: The headers, as ASGI has them.
        body: The whole body.
    """

    fingerprint: str
    status: int
    headers: RawHeaders
    body: bytes


async def lock_key(session: AsyncSession, key: str) -> bool:
    """Take the lock of a key until the end of the transaction; return False if another has it.

    On SQLite the transaction that writes is the only one, so nobody has it.

    Args:
        session: A session that writes.
        key: The digest of a key.
    """
    if (await session.connection()).dialect.name != "postgresql":
        return True
    number = int(key[:16], 16) - 2**63
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(number))))


async def find_kept(session: AsyncSession, key: str) -> Kept | None:
    """Return what is kept for a key; None if there is nothing, or its time is over."""
    dialect = (await session.connection()).dialect
    wanted = select(KEPT.c.fingerprint, KEPT.c.status, KEPT.c.headers, KEPT.c.body)
    wanted = wanted.where(KEPT.c.key == key, KEPT.c.expires > now_ms(dialect))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return None
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in json.loads(row[2])
    ]
    return Kept(row[0], row[1], headers, bytes(row[3]))


async def keep(session: AsyncSession, key: str, kept: Kept, milliseconds: int) -> None:
    """Write a response for a key; one whose time is over is replaced.

    Args:
        session: The session of the request.
        key: The digest of the key.
        kept: The response.
        milliseconds: How long it is kept.
    """
    dialect = (await session.connection()).dialect
    insert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in kept.headers]
    values = {
        "fingerprint": kept.fingerprint,
        "status": kept.status,
        "headers": json.dumps(headers),
        "body": kept.body,
        "expires": now_ms(dialect) + milliseconds,
    }
    statement = insert(KEPT).values(key=key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))
