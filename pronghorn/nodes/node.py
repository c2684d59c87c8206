"""A process of the program, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

TABLES = MetaData()
#: Times are milliseconds of the database's clock. `since` is the begin of beats without a gap, and
#: `lost_at` the time at which others took over the work of the node.
NODES = Table(
    "pronghorn_nodes",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("role", String(100), nullable=False),
    Column("host", String(255), nullable=False),
    Column("process", Integer, nullable=False),
    Column("version", String(50), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("lost_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A process that is alive, or that died a moment ago.

    Attributes:
        id: Its id; a process that is started again has another one.
        role: What it does: `web`, `worker`, or `web+worker`.
        host: The name of its host.
        process: Its number on that host.
        version: The version of pronghorn that it runs.
        started_at: When it began, in UTC.
        seen_at: When it was seen for the last time, in UTC.
        is_alive: False if it was not seen for so long that others take over its work.
    """

    id: str
    role: str
    host: str
    process: int
    version: str
    started_at: datetime
    seen_at: datetime
    is_alive: bool


def as_time(milliseconds: int) -> datetime:
    """Return a time of the database's clock in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
