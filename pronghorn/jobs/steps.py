"""The steps of jobs that are done, one row each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.tables import STEPS


def insert_into(session: AsyncSession, table: Any) -> Any:
    """Return an INSERT that may say `ON CONFLICT`, for the database of a session."""
    name = session.get_bind().dialect.name
    return postgresql.insert(table) if name == "postgresql" else sqlite.insert(table)


async def record_step(session: AsyncSession, job: str, name: str, result: str | None) -> bool:
    """Write that a step is done; return False if another run has done so.

    Args:
        session: A session that writes. Another one that writes the same step waits for its end.
        job: The id of the job.
        name: The name of the step.
        result: Its result as JSON.
    """
    insert = insert_into(session, STEPS).values(job=job, step=name, result=result)
    written = await session.execute(insert.on_conflict_do_nothing().returning(STEPS.c.step))
    return written.first() is not None


async def find_step(session: AsyncSession, job: str, name: str) -> str | None:
    """Return the result of a step as JSON; None if it is not done."""
    mine = (STEPS.c.job == job) & (STEPS.c.step == name)
    found: str | None = await session.scalar(select(STEPS.c.result).where(mine))
    return found
