"""The attempts of jobs that are over: when and where each ran, and how it ended.

The last attempt of a job is in the row of the job, so a job that succeeds at once has no other row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.info import AttemptInfo
from pronghorn.jobs.steps import insert_into
from pronghorn.jobs.tables import ENDED, JOBS, RUNS
from pronghorn.nodes import now_ms
from pronghorn.nodes.node import as_time

#: The most attempts of one job that are kept, beside the last one.
MOST = 50
#: The most characters of the reason of an attempt.
_LONGEST = 1000
#: The columns of a job that tell of its last attempt.
LAST = (JOBS.c.id, JOBS.c.runs, JOBS.c.attempt, JOBS.c.node, JOBS.c.started_at)


def storable(text: str, most: int) -> str:
    """Return a text that every database can store: no NUL, and no half of a character.

    Args:
        text: The text.
        most: The most characters.
    """
    found = text[:most].replace("\x00", "\\x00")
    return found.encode("utf-8", "backslashreplace").decode()


async def keep_attempts(
    session: AsyncSession,
    ended: Iterable[Any],
    outcome: str,
    reason: str | None = None,
    *,
    node: str | None = None,
    ended_at: int | None = None,
) -> None:
    """Write attempts that are over, while the rows of their jobs are locked.

    Args:
        session: A session that writes.
        ended: The attempts, with the attributes of `LAST`.
        outcome: How they have ended; see `AttemptInfo`.
        reason: Why.
        node: The process that ran them, if their own attribute does not tell.
        ended_at: When they ended, in milliseconds; now, if it is None.
    """
    now = now_ms(session.get_bind().dialect) if ended_at is None else ended_at
    error = None if reason is None else storable(reason, _LONGEST)
    rows = [
        {
            "job": each.id,
            "run": each.runs,
            "attempt": each.attempt,
            "node": node or each.node,
            "started_at": each.started_at,
            "ended_at": now,
            "outcome": outcome,
            "error": error,
        }
        for each in ended
        if each.started_at is not None
    ]
    if not rows:
        return
    await session.execute(insert_into(session, RUNS).values(rows).on_conflict_do_nothing())
    for row in rows:
        if row["run"] > MOST:
            old = (RUNS.c.job == row["job"]) & (RUNS.c.run <= row["run"] - MOST)
            await session.execute(delete(RUNS).where(old))


async def find_attempts(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[AttemptInfo]]:
    """Return the attempts of jobs by their ids, the oldest first; a job without any has none."""
    found: dict[str, list[AttemptInfo]] = {}
    query = select(RUNS).where(RUNS.c.job.in_(ids)).order_by(RUNS.c.job, RUNS.c.run)
    for row in await session.execute(query):
        found.setdefault(row.job, []).append(_read(row, row.outcome, row.error, row.ended_at))
    kept = and_(RUNS.c.job == JOBS.c.id, RUNS.c.run == JOBS.c.runs)
    last = JOBS.c.state.in_(("running", *ENDED))
    query = select(*LAST, JOBS.c.state, JOBS.c.error, JOBS.c.ended_at).where(
        JOBS.c.id.in_(ids), last, JOBS.c.started_at.is_not(None), ~select(RUNS).where(kept).exists()
    )
    for row in await session.execute(query):
        # What a running job has as its error is that of the attempt before.
        error = reason_of(row.error) if row.state != "running" else None
        found.setdefault(row.id, []).append(_read(row, row.state, error, row.ended_at))
    return found


def reason_of(error: str | None) -> str | None:
    """Return the reason in the error of a job, without where it was raised."""
    return error and error.partition("\n\n")[0]


def _read(row: Row[Any], outcome: Any, error: str | None, ended_at: int | None) -> AttemptInfo:
    return AttemptInfo(
        number=row.attempt,
        outcome=outcome,
        started_at=as_time(row.started_at),
        ended_at=None if ended_at is None else as_time(ended_at),
        node=row.node,
        error=error,
    )
