"""Jobs in queues that no worker knows any more, as after a release that renamed a task."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import or_, select, update
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


async def find_left(
    session: AsyncSession, channels: Collection[str], *, everything: bool
) -> list[str]:
    """Return the queues in which jobs have been due for long, and none has begun since.

    Args:
        session: A session; it need not write.
        channels: The queues of the engine that this worker has, which are left out.
        everything: Whether this worker runs the jobs of all queues; otherwise only those whose
            queue was made for a task in one of its queues.
    """
    long_ago = clock(session) - _QUIET
    due = JOBS.c.state.in_(_COMING) & (JOBS.c.due_at < long_ago)
    foreign = due & JOBS.c.channel.not_in(list(channels))
    found = [
        channel
        for channel in await session.scalars(select(JOBS.c.channel).where(foreign).distinct())
        if everything or channel.partition("/")[0] in channels
    ]
    if not found:
        return []  # As nearly always: the next question reads all jobs.
    begun = or_(JOBS.c.state == "running", JOBS.c.started_at > long_ago)
    lively = select(JOBS.c.channel).where(JOBS.c.channel.in_(found), begun).distinct()
    served = set(await session.scalars(lively))
    return [channel for channel in found if channel not in served]


async def adopt(
    session: AsyncSession, jobs: Whole, channels: Collection[str], left: Iterable[str]
) -> None:
    """Move jobs that no worker takes into a queue of this one.

    Args:
        session: A session that writes.
        jobs: The jobs.
        channels: The queues of the engine that this worker has.
        left: Their queues, as `find_left` has found them.
    """
    own = min(each for each in channels if "/" not in each)
    for channel in left:
        queue = channel.partition("/")[0]
        await _move(session, jobs, channel, queue if queue in channels else own)


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
