"""Jobs whose worker has died: another one gets them, unless they have killed too many workers.

It runs in the transaction of the process that takes over a dead node, so a rescue that fails half
way has not happened, and is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.engine import Delivery, Engine
from pronghorn.jobs.store import bury, next_delivery
from pronghorn.jobs.tables import JOBS, OPEN
from pronghorn.logger import logger
from pronghorn.nodes import Nodes

#: Values in one statement; databases have limits for them.
_CHUNK = 500


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
            True if it had no jobs.
        """
        held = await self._engine.lost(session, node)
        rows = await _lock(session, node, held)
        for row in rows:
            if row.ran and row.rescues >= row.retries:
                await self._bury(session, row, node)
            else:
                await self._resume(session, row, node, is_held=row.delivery in held)
        # What the engine has, and no job that is to be done: it must not keep the node for ever.
        known = await _find_open(session, held)
        await self._engine.kill(session, [each for each in held if each not in known])
        if rows:
            logger.warning("%d jobs of the dead node %s were taken over", len(rows), node)
        return not rows and not known

    async def _resume(
        self, session: AsyncSession, row: Row[Any], node: str, *, is_held: bool
    ) -> None:
        delivery = row.delivery if is_held else next_delivery(row.id)
        if is_held:
            await self._engine.resume(session, [delivery], node)
        else:
            # The row says that the node runs it, and the engine knows nothing of it.
            await self._engine.put(session, Delivery(delivery, row.channel))
        waiting = {"state": "waiting", "token": None, "node": None, "delivery": delivery}
        # A job that had not begun has killed nobody.
        rescues = JOBS.c.rescues + int(row.ran)
        await session.execute(
            update(JOBS).where(JOBS.c.id == row.id).values(**waiting, rescues=rescues)
        )

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
    columns = (JOBS.c.id, JOBS.c.task, JOBS.c.channel, JOBS.c.delivery)
    counts = (JOBS.c.retries, JOBS.c.rescues, runs.label("ran"))
    found: dict[str, Row[Any]] = {}
    for part in _chunks(held) or [[]]:
        mine = or_(runs, JOBS.c.delivery.in_(part) & JOBS.c.state.in_(OPEN))
        query = select(*columns, *counts).where(mine).with_for_update(skip_locked=True)
        found.update({row.id: row for row in await session.execute(query)})
    return list(found.values())


async def _find_open(session: AsyncSession, held: Sequence[str]) -> set[str]:
    """Return which deliveries belong to a job that is to be done."""
    found: set[str] = set()
    for part in _chunks(held):
        query = select(JOBS.c.delivery).where(JOBS.c.delivery.in_(part), JOBS.c.state.in_(OPEN))
        found.update(each for each in await session.scalars(query) if each is not None)
    return found


def _chunks(values: Iterable[str]) -> list[list[str]]:
    given = list(values)
    return [given[start : start + _CHUNK] for start in range(0, len(given), _CHUNK)]
