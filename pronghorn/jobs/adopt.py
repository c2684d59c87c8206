"""Jobs in queues that no worker knows any more, as after a release that renamed a task."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.engine import Delivery
from pronghorn.jobs.errors import BadJobError
from pronghorn.jobs.store import BATCH, clock, next_delivery
from pronghorn.jobs.tables import JOBS
from pronghorn.jobs.whole import Whole
from pronghorn.logger import logger

#: Milliseconds for which jobs are due, and none of their queue has begun, until it has no worker.
_QUIET = 20_000
_COMING = ("waiting", "scheduled")


async def adopt(
    session: AsyncSession, jobs: Whole, channels: Collection[str], *, everything: bool
) -> None:
    """Move jobs that no worker takes into a queue of this one.

    Args:
        session: A session that writes.
        jobs: The jobs.
        channels: The queues of the engine that this worker has.
        everything: Whether this worker runs the jobs of all queues; otherwise only those whose
            queue was made for a task in one of its queues.
    """
    for channel in await _find_left(session):
        queue = channel.partition("/")[0]
        if channel in channels or not (everything or queue in channels):
            continue
        own = min(each for each in channels if "/" not in each)
        await _move(session, jobs, channel, queue if queue in channels else own)


async def _find_left(session: AsyncSession) -> list[str]:
    """Return the queues in which jobs have been due for long, and none has begun since."""
    long_ago = clock(session) - _QUIET
    due = JOBS.c.state.in_(_COMING) & (JOBS.c.due_at < long_ago)
    found = list(await session.scalars(select(JOBS.c.channel).where(due).distinct()))
    if not found:
        return []
    begun = or_(JOBS.c.state == "running", JOBS.c.started_at > long_ago)
    lively = select(JOBS.c.channel).where(JOBS.c.channel.in_(found), begun).group_by(JOBS.c.channel)
    served = set(await session.scalars(lively.having(func.count() > 0)))
    return [channel for channel in found if channel not in served]


async def _move(session: AsyncSession, jobs: Whole, channel: str, queue: str) -> None:
    left = JOBS.c.state.in_(_COMING) & (JOBS.c.channel == channel)
    due = left & (JOBS.c.due_at < clock(session))
    query = select(JOBS.c.id, JOBS.c.task, JOBS.c.delivery).where(due).limit(BATCH)
    rows = (await session.execute(query.with_for_update(skip_locked=True))).all()
    for row in rows:
        try:
            task = jobs.find_task(row.task)
            new = task.channel_for(queue)
        except BadJobError:
            new = queue  # A worker of another release may know it; at last it is dead.
        delivery = next_delivery(row.id)
        changes = {"channel": new, "delivery": delivery}
        await session.execute(update(JOBS).where(JOBS.c.id == row.id).values(changes))
        if row.delivery is not None:
            await jobs.engine.kill(session, [row.delivery])
        await jobs.engine.put(session, Delivery(delivery, new))
    if rows:
        logger.warning(
            "%d jobs of the queue %s, which no worker has, were moved", len(rows), channel
        )
