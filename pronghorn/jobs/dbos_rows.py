"""The rows of DBOS, as far as they are read and changed in a session of the program.

The client of DBOS does the same on connections of its own, which on SQLite would wait for the lock
that the session has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import column, delete, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.nodes import now_ms

#: The workflow that all deliveries run.
WORKFLOW = "pronghorn.jobs"
#: The schema of the tables on PostgreSQL; SQLite has none.
SCHEMA = "dbos"
_STATUS = (
    "workflow_uuid",
    "status",
    "name",
    "executor_id",
    "owner_xid",
    "queue_name",
    "recovery_attempts",
    "started_at_epoch_ms",
    "updated_at",
    "completed_at",
)
#: The tables with rows of a workflow; the first one last.
_ALL = ("workflow_input", "workflow_output", "operation_outputs", "workflow_status")


def _table(session: AsyncSession, name: str, *columns: str) -> Any:
    schema = SCHEMA if session.get_bind().dialect.name == "postgresql" else None
    return table(name, *[column(each) for each in columns], schema=schema)


async def find_claimed(session: AsyncSession, node: str) -> list[str]:
    """Return the deliveries that a process has in hand."""
    status = _table(session, "workflow_status", *_STATUS)
    query = select(status.c.workflow_uuid).where(
        status.c.status == "PENDING", status.c.executor_id == node, status.c.name == WORKFLOW
    )
    return list(await session.scalars(query))


async def find_owners(session: AsyncSession) -> list[str]:
    """Return the ids of all processes that have deliveries in hand."""
    status = _table(session, "workflow_status", *_STATUS)
    query = select(status.c.executor_id).where(
        status.c.status == "PENDING", status.c.name == WORKFLOW
    )
    return [node for node in await session.scalars(query.distinct()) if node]


async def hand_out_again(session: AsyncSession, deliveries: Sequence[str], node: str) -> None:
    """Give deliveries of a process back to their queues."""
    status = _table(session, "workflow_status", *_STATUS)
    claimed = (
        status.c.workflow_uuid.in_(deliveries),
        status.c.status == "PENDING",
        status.c.executor_id == node,
    )
    changes = {
        "status": "ENQUEUED",
        "owner_xid": None,
        "recovery_attempts": 0,
        "started_at_epoch_ms": None,
        "updated_at": now_ms(session.get_bind().dialect),
    }
    await session.execute(update(status).where(*claimed).values(changes))


async def withdraw(session: AsyncSession, deliveries: Sequence[str]) -> None:
    """End deliveries that nobody shall get."""
    status = _table(session, "workflow_status", *_STATUS)
    now = now_ms(session.get_bind().dialect)
    going = (
        status.c.workflow_uuid.in_(deliveries),
        status.c.status.in_(("ENQUEUED", "DELAYED", "PENDING")),
    )
    changes = {
        "status": "CANCELLED",
        "owner_xid": None,
        "queue_name": None,
        "started_at_epoch_ms": None,
        "updated_at": now,
        "completed_at": now,
    }
    await session.execute(update(status).where(*going).values(changes))


async def delete_of(session: AsyncSession, jobs: Sequence[str]) -> None:
    """Delete the rows of all deliveries of jobs."""
    status = _table(session, "workflow_status", *_STATUS)
    found: list[str] = []
    for job in jobs:
        # A range, for which the primary key is an index: `~` comes before DEL only.
        mine = status.c.workflow_uuid.between(f"{job}~", f"{job}~\x7f")
        query = select(status.c.workflow_uuid).where(mine, status.c.name == WORKFLOW)
        found += await session.scalars(query)
    for name in _ALL if found else ():
        rows = _table(session, name, "workflow_uuid")
        await session.execute(delete(rows).where(rows.c.workflow_uuid.in_(found)))
