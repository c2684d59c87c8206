"""The rows of nodes: what a process writes about itself, and reads about the others."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from sqlalchemy import case, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import __version__
from pronghorn.nodes.clock import now_ms
from pronghorn.nodes.node import NODES, Node, as_time
from pronghorn.nodes.pauses import forbid_pauses

#: Any number that no other program uses for a lock of the same database.
_LOCK = 702_086_340


@dataclass(frozen=True, slots=True)
class Seen:
    """The life of a node, as far as it is known.

    Attributes:
        id: The id of the node.
        age: The milliseconds since its last beat.
        span: The milliseconds since the begin of its beats without a gap.
    """

    id: str
    age: int
    span: int


async def register(session: AsyncSession, node: str, role: str) -> None:
    """Write the row of this process.

    Args:
        session: A session that writes.
        node: The id of this process.
        role: What it does.
    """
    now = now_ms(session.get_bind().dialect)
    row = {
        "id": node,
        "role": role,
        "host": socket.gethostname()[:255],
        "process": os.getpid(),
        "version": __version__,
    }
    times = {"started_at": now, "since": now, "seen_at": now}
    await session.execute(insert(NODES).values(**row, **times))


async def remove(session: AsyncSession, node: str) -> None:
    """Delete the row of a node."""
    await session.execute(delete(NODES).where(NODES.c.id == node))


async def beat(session: AsyncSession, node: str, role: str, gap: int) -> bool:
    """Say that this process is alive; return False if the others took over its work meanwhile.

    Args:
        session: A session that writes.
        node: The id of this process.
        role: What it does.
        gap: The milliseconds without a beat after which its beats begin anew.
    """
    now = now_ms(session.get_bind().dialect)
    mine = (NODES.c.id == node) & NODES.c.lost_at.is_(None)
    since = case((now - NODES.c.seen_at > gap, now), else_=NODES.c.since)
    changed = update(NODES).where(mine).values(seen_at=now, role=role, since=since)
    # In one statement: a process that is stopped between two would hold the lock of its row.
    done = await session.execute(changed.returning(NODES.c.id))
    return done.first() is not None


async def look_around(session: AsyncSession) -> list[Seen]:
    """Return what is known of all nodes."""
    now = now_ms(session.get_bind().dialect)
    rows = await session.execute(select(NODES.c.id, now - NODES.c.seen_at, now - NODES.c.since))
    return [Seen(*row) for row in rows]


async def take_over(session: AsyncSession, node: str, dead_after: int) -> bool:
    """Mark a dead node; return False if it is alive, or if another process takes it over.

    The mark, and the lock of the process that takes it over, hold until the end of the transaction.

    Args:
        session: A session that writes.
        node: The id of the dead node; nothing is marked if it has no row.
        dead_after: The milliseconds without a beat after which it is dead.
    """
    dialect = session.get_bind().dialect
    await forbid_pauses(session)
    if dialect.name == "postgresql":
        lock = text("SELECT pg_try_advisory_xact_lock(:key, hashtext(:node))")
        if not await session.scalar(lock, {"key": _LOCK, "node": node}):
            return False
    if await _is_locked(session, node):
        return False
    now = now_ms(dialect)
    is_dead = NODES.c.seen_at < now - dead_after
    lost_at = case((is_dead, func.coalesce(NODES.c.lost_at, now)), else_=NODES.c.lost_at)
    marked = update(NODES).where(NODES.c.id == node).values(lost_at=lost_at)
    # One without a row is dead, too.
    found = await session.scalar(marked.returning(NODES.c.lost_at.is_not(None)))
    return found is None or bool(found)


async def _is_locked(session: AsyncSession, node: str) -> bool:
    """Return whether another transaction has the row of a node; else this one has it now.

    Waiting for it would delay the own beats of this process. SQLite has no locks of rows.
    """
    row = select(NODES.c.id).where(NODES.c.id == node)
    if await session.scalar(row.with_for_update(skip_locked=True)) is not None:
        return False
    return await session.scalar(row) is not None


async def list_nodes(session: AsyncSession, dead_after: int) -> list[Node]:
    """Return all nodes, the oldest first."""
    now = now_ms(session.get_bind().dialect)
    age = (now - NODES.c.seen_at).label("age")
    rows = await session.execute(select(NODES, age).order_by(NODES.c.started_at, NODES.c.id))
    return [
        Node(
            id=row.id,
            role=row.role,
            host=row.host,
            process=row.process,
            version=row.version,
            started_at=as_time(row.started_at),
            seen_at=as_time(row.seen_at),
            is_alive=row.age <= dead_after,
        )
        for row in rows
    ]
