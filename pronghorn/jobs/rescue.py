"""Jobs whose worker has died: another one gets them, unless they have killed too many workers.

It runs in the transaction of the process that takes over a dead node, so a rescue that fails half
way has not happened, and is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.engine import Delivery, Engine
from pronghorn.jobs.history import LAST, keep_attempts
from pronghorn.jobs.store import bury, next_delivery
from pronghorn.jobs.tables import JOBS, OPEN
from pronghorn.logger import logger
from pronghorn.nodes import Nodes

#: Values in one statement; databases have limits for them.
_CHUNK = 500
T = TypeVar("T")


class Rescuer:
    """Takes over the jobs of dead nodes.

    Args:
        engine: What hands out deliveries.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def watch(self, nodes: Nodes) -> None:
        """Take over the jobs of each node that dies."""
        nodes.on_death(self.take_over, owners=self._engine.owners)

    async def take_over(self, session: AsyncSession, node: str) -> bool:
        """Hand out the jobs of a node again; jobs that have killed too many workers are dead.

        A job may have its last write under way in a process that is not dead after all. It is left
        for the next call.

        Args:
            session: A session that writes.
            node: The id of the node.

        Returns:
            True if it has no jobs any more.
        """
        held = await self._engine.lost(session, node)
        rows = await _lock(session, node, held)
        poison = [row for row in rows if row.ran and row.rescues >= row.retries]
        others = [row for row in rows if row not in poison]
        lost = [row for row in others if row.ran]
        await keep_attempts(session, lost, "lost", "Its worker has died.", node=node)
        for row in poison:
            await self._bury(session, row, node)
        for part in _chunks([row for row in others if row.delivery in held]):
            await self._resume(session, part, node)
        for row in [row for row in others if row.delivery not in held]:
            await self._put_again(session, row)
        if rows:
            logger.warning("%d jobs of the dead node %s were taken over", len(rows), node)
        await self._end_others(session, set(held) - {row.delivery for row in rows})
        return not await self._engine.lost(session, node)

    async def _resume(self, session: AsyncSession, rows: list[Row[Any]], node: str) -> None:
        await self._engine.resume(session, [row.delivery for row in rows], node)
        # A job that had not begun has killed nobody.
        for ran in (True, False):
            ids = [row.id for row in rows if bool(row.ran) is ran]
            if ids:
                await _write(session, JOBS.c.id.in_(ids), rescues=JOBS.c.rescues + int(ran))

    async def _put_again(self, session: AsyncSession, row: Row[Any]) -> None:
        """Hand out a job that runs, as its row says, and of which the engine knows nothing."""
        delivery = next_delivery(row.id)
        await self._engine.put(session, Delivery(delivery, row.channel))
        rescues = JOBS.c.rescues + 1
        await _write(session, JOBS.c.id == row.id, rescues=rescues, delivery=delivery)

    async def _end_others(self, session: AsyncSession, others: set[str]) -> None:
        """End deliveries that belong to no job that is to be done; they would stay for ever."""
        for part in _chunks(others):
            mine = JOBS.c.delivery.in_(part) & JOBS.c.state.in_(OPEN)
            known = set(await session.scalars(select(JOBS.c.delivery).where(mine)))
            if over := [each for each in part if each not in known]:
                await self._engine.kill(session, over)

    async def _bury(self, session: AsyncSession, row: Row[Any], node: str) -> None:
        times = row.rescues + 1
        reason = f"Its worker has died {times} times while it ran; the last one was node {node}"
        logger.error("The job %s (%s) is dead: %s", row.id, row.task, reason)
        await bury(session, row.id, reason)
        await session.execute(update(JOBS).where(JOBS.c.id == row.id).values(rescues=times))
        if row.delivery is not None:
            await self._engine.kill(session, [row.delivery])


async def _lock(session: AsyncSession, node: str, held: Sequence[str]) -> list[Row[Any]]:
    """Return the rows of jobs that a node has in hand, except those that somebody writes now."""
    runs = (JOBS.c.node == node) & (JOBS.c.state == "running")
    columns = (*LAST, JOBS.c.task, JOBS.c.channel, JOBS.c.delivery)
    counts = (JOBS.c.retries, JOBS.c.rescues, runs.label("ran"))
    found: dict[str, Row[Any]] = {}
    for part in _chunks(held) or [[]]:
        mine = or_(runs, JOBS.c.delivery.in_(part) & JOBS.c.state.in_(OPEN))
        query = select(*columns, *counts).where(mine).with_for_update(skip_locked=True)
        found.update({row.id: row for row in await session.execute(query)})
    return list(found.values())


async def _write(session: AsyncSession, where: Any, **changes: Any) -> None:
    waiting = {"state": "waiting", "token": None, "node": None}
    await session.execute(update(JOBS).where(where).values(**waiting, **changes))


def _chunks(values: Iterable[T]) -> list[list[T]]:
    given = list(values)
    return [given[start : start + _CHUNK] for start in range(0, len(given), _CHUNK)]
