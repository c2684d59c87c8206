"""The rows of jobs: each function is one step in the life of a job.

A run has a token, and writes an outcome only while the row has it: a run that others have taken
over, or that was cancelled, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.history import LAST, keep_attempts, reason_of, storable
from pronghorn.jobs.info import STATES
from pronghorn.jobs.steps import insert_into
from pronghorn.jobs.tables import ENDED, JOBS, OPEN, RUNS, STEPS
from pronghorn.nodes import now_ms

#: How often an insert is tried whose unique key was free and taken again meanwhile.
_TRIES = 5
#: The most jobs that one transaction changes.
BATCH = 100
#: The most characters of an error that are kept.
_LONGEST = 8000


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be stored."""

    id: str
    task: str
    queue: str
    channel: str
    retries: int
    arguments: str
    delay: float
    unique: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a job: it may write the outcome as long as its token is the one in the row.

    Attributes:
        id: The id of the job.
        token: The token.
        task: The name of the task.
        queue: The queue.
        arguments: The arguments as they are in the row.
        attempt: The number of the attempt.
        runs: How many runs of the job have begun, with this one.
        error: The end of the last run, if it was none of success.
        waited: The milliseconds between the time at which the job was due and now.
        node: The process in which it runs.
        started_at: When it began, in milliseconds.
    """

    id: str
    token: str
    task: str
    queue: str
    arguments: Any
    attempt: int
    runs: int
    error: str | None
    waited: int
    node: str
    started_at: int


def clock(session: AsyncSession) -> ColumnElement[int]:
    """Return the expression for the time of the database, in milliseconds."""
    return now_ms(session.get_bind().dialect)


def job_of(delivery: str) -> str:
    """Return the id of the job of a delivery."""
    return delivery.rpartition("~")[0] or delivery


def next_delivery(job: str) -> str:
    """Return a delivery of a job that no other one has."""
    return f"{job}~{uuid4().hex[:12]}"


async def insert_job(session: AsyncSession, job: NewJob, delivery: str) -> tuple[str, bool]:
    """Write the row of a job, unless there is one with its id or its unique key.

    Returns:
        The id of the row that is there now, and whether it is new.
    """
    now = clock(session)
    values = {
        "id": job.id,
        "task": job.task,
        "queue": job.queue,
        "channel": job.channel,
        "state": "scheduled" if job.delay else "waiting",
        "attempt": 1,
        "retries": job.retries,
        "rescues": 0,
        "runs": 0,
        "arguments": job.arguments,
        "unique_key": job.unique,
        "delivery": delivery,
        "created_at": now,
        "due_at": now + round(job.delay * 1000),
    }
    statement = insert_into(session, JOBS).values(**values)
    once = statement.on_conflict_do_nothing().returning(JOBS.c.id)
    same = select(JOBS.c.id).where(
        JOBS.c.id == job.id if job.unique is None else JOBS.c.unique_key == job.unique
    )
    for _ in range(_TRIES):
        for attempt in (once, same):
            found: str | None = await session.scalar(attempt)
            if found is not None:
                return found, attempt is once
    raise RuntimeError(f"the unique key {job.unique!r} was taken and given back all the time")


async def begin_run(session: AsyncSession, delivery: str, node: str) -> Run | None:
    """Let this process write the outcome of a job; None if the delivery is not the job's own."""
    now = clock(session)
    token = str(uuid4())
    changes = {
        "state": "running",
        "node": node,
        "token": token,
        "started_at": now,
        "runs": JOBS.c.runs + 1,
    }
    columns = (
        *LAST,
        JOBS.c.task,
        JOBS.c.queue,
        JOBS.c.arguments,
        JOBS.c.error,
        (now - JOBS.c.due_at).label("waited"),
    )
    mine = (JOBS.c.delivery == delivery) & JOBS.c.state.in_(OPEN)
    found = await session.execute(update(JOBS).where(mine).values(changes).returning(*columns))
    row = found.one_or_none()
    return None if row is None else Run(token=token, **row._mapping)


def _of(run: Run) -> ColumnElement[bool]:
    return (JOBS.c.id == run.id) & (JOBS.c.token == run.token)


async def _change(session: AsyncSession, where: ColumnElement[bool], **changes: Any) -> bool:
    changed = await session.execute(update(JOBS).where(where).values(changes).returning(JOBS.c.id))
    return changed.first() is not None


def _end(session: AsyncSession, state: str, error: str | None) -> dict[str, Any]:
    return {
        "state": state,
        "ended_at": clock(session),
        "error": error and storable(error, _LONGEST),
        "unique_key": None,
        "token": None,
    }


async def end_run(session: AsyncSession, run: Run, state: str, error: str | None = None) -> bool:
    """Write that a job is `done` or `dead`; return False if the run is no longer the job's."""
    return await _change(session, _of(run), **_end(session, state, error))


async def put_off(
    session: AsyncSession,
    run: Run,
    delivery: str,
    delay: float,
    *,
    attempt: int,
    outcome: str,
    error: str,
    channel: str,
    is_due: bool = True,
) -> bool:
    """Write that a job runs again later; return False if the run is no longer the job's.

    Args:
        session: A session that writes.
        run: The run that ends.
        delivery: The next delivery.
        delay: The seconds until then.
        attempt: The number of the attempt that comes.
        outcome: How the run has ended; see `AttemptInfo`.
        error: Why.
        channel: The queue of the engine.
        is_due: Whether the job is due then; otherwise it stays due since it was.
    """
    changes: dict[str, Any] = {
        "state": "scheduled" if delay else "waiting",
        "attempt": attempt,
        "delivery": delivery,
        "channel": channel,
        "error": storable(error, _LONGEST),
        "token": None,
        "node": None,
    }
    if is_due:
        changes["due_at"] = clock(session) + round(delay * 1000)
    is_mine = await _change(session, _of(run), **changes)
    if is_mine:
        await keep_attempts(session, [run], outcome, reason_of(error))
    return is_mine


async def give_back(session: AsyncSession, run: Run) -> bool:
    """Write that a run did not end, since its worker stops; the engine hands the job out again."""
    is_mine = await _change(session, _of(run), state="waiting", token=None, node=None)
    if is_mine:
        await keep_attempts(session, [run], "stopped")
    return is_mine


async def give_up_node(session: AsyncSession, node: str) -> None:
    """Write that no job runs in a process any more."""
    running = (JOBS.c.node == node) & (JOBS.c.state == "running")
    changes = {"state": "waiting", "token": None, "node": None}
    query = update(JOBS).where(running).values(changes).returning(*LAST)
    given = (await session.execute(query)).all()
    await keep_attempts(session, given, "stopped", node=node)


async def bury(session: AsyncSession, job: str, reason: str) -> bool:
    """Write that a job is dead, whoever runs it; return False if it has ended.

    Args:
        session: A session that writes.
        job: The id of the job.
        reason: The reason, for people.
    """
    open_ = (JOBS.c.id == job) & JOBS.c.state.in_(OPEN)
    return await _change(session, open_, **_end(session, "dead", reason))


async def bury_unknown(session: AsyncSession, job: str, queue: str, reason: str) -> None:
    """Write a dead job for a row of the engine that no job belongs to, so that it is visible."""
    now = clock(session)
    values = {"id": job[:64], "task": "?", "queue": queue, "channel": queue, "state": "dead"}
    counts = {"attempt": 1, "retries": 0, "rescues": 0, "runs": 0, "arguments": "{}"}
    times = {"created_at": now, "due_at": now, "ended_at": now}
    insert = insert_into(session, JOBS).values(**values, **counts, **times, error=reason)
    await session.execute(insert.on_conflict_do_nothing())


async def list_tokens(session: AsyncSession, ids: Sequence[str]) -> dict[str, str | None]:
    """Return the tokens of jobs by their ids; those that are gone are left out."""
    rows = await session.execute(select(JOBS.c.id, JOBS.c.token).where(JOBS.c.id.in_(ids)))
    return {row.id: row.token for row in rows}


# --- for programs and commands --------------------------------------------------------------------


async def find_job(session: AsyncSession, job: str) -> Row[Any] | None:
    """Return the row of a job; None if there is none."""
    return (await session.execute(select(JOBS).where(JOBS.c.id == job))).one_or_none()


async def find_jobs(
    session: AsyncSession,
    *,
    limit: int,
    state: str | None = None,
    task: str | None = None,
    queue: str | None = None,
) -> Sequence[Row[Any]]:
    """Return the rows of jobs, the newest first.

    The index has the jobs of each state by their time, so each state is asked for its newest ones,
    and the newest of these are returned: nothing else is read, however many jobs there are.

    Args:
        session: A session.
        limit: The most rows.
        state: Only those in a state.
        task: Only those of a task, by its name, which may lack the module.
        queue: Only those of a queue.
    """
    wanted: list[ColumnElement[bool]] = []
    if queue is not None:
        wanted.append(JOBS.c.queue == queue)
    if task is not None:
        ending = JOBS.c.task.endswith(f":{task}", autoescape=True)
        wanted.append(or_(JOBS.c.task == task, ending))
    parts = [
        _newest(JOBS, each, limit).where(*wanted).subquery()
        for each in (STATES if state is None else (state,))
    ]
    found = union_all(*(select(part) for part in parts)).subquery()
    query = select(found).order_by(found.c.created_at.desc(), found.c.id).limit(limit)
    return (await session.execute(query)).all()


def _newest(columns: Any, state: str, limit: int | None) -> Select[Any]:
    query = select(columns).where(JOBS.c.state == state)
    return query.order_by(JOBS.c.created_at.desc(), JOBS.c.id).limit(limit)


async def count_jobs(
    session: AsyncSession, states: Iterable[str], at_most: int | None
) -> dict[str, dict[str, int]]:
    """Return the numbers of jobs by queue and state, at one moment.

    Args:
        session: A session.
        states: The states that are counted.
        at_most: The most jobs of each state that are counted, the newest; None for all.
    """
    parts: list[Select[Any]] = []
    for state in states:
        every = select(JOBS.c.queue).where(JOBS.c.state == state)
        chosen = every if at_most is None else _newest(JOBS.c.queue, state, at_most)
        part = chosen.subquery()
        columns = (part.c.queue, literal(state, String).label("state"), func.count())
        parts.append(select(*columns).group_by(part.c.queue))
    found: dict[str, dict[str, int]] = {}
    rows = (await session.execute(union_all(*parts))).all() if parts else ()
    for queue, state, number in sorted(tuple(row) for row in rows):
        found.setdefault(queue, {})[state] = number
    return found


async def revive(session: AsyncSession, job: str, delivery: str) -> Row[Any] | None:
    """Let a dead or cancelled job begin anew; return None if it is neither.

    Its steps that are done stay done, and its last attempt is kept.
    """
    again = (JOBS.c.id == job) & JOBS.c.state.in_(("dead", "cancelled"))
    query = select(JOBS).where(again).with_for_update()
    for before in (await session.execute(query)).all():
        reason = reason_of(before.error)
        await keep_attempts(session, [before], before.state, reason, ended_at=before.ended_at)
    changes = {
        "state": "waiting",
        "attempt": 1,
        "rescues": 0,
        "delivery": delivery,
        "due_at": clock(session),
        "started_at": None,
        "ended_at": None,
    }
    revived = update(JOBS).where(again).values(changes).returning(*JOBS.c)
    row: Row[Any] | None = (await session.execute(revived)).one_or_none()
    return row


async def cancel_job(session: AsyncSession, job: str) -> str | None:
    """Write that a job is cancelled; return its delivery, or None if it has ended."""
    open_ = (JOBS.c.id == job) & JOBS.c.state.in_(OPEN)
    changes = _end(session, "cancelled", None)
    query = update(JOBS).where(open_).values(changes).returning(JOBS.c.delivery)
    found: str | None = await session.scalar(query)
    return found


async def forget_old(session: AsyncSession, keep: float, keep_dead: float) -> list[str]:
    """Delete jobs that ended long ago, with all about them; return the ids of some of them.

    Args:
        session: A session that writes.
        keep: The seconds for which jobs are kept that are done, or were cancelled.
        keep_dead: The seconds for which dead jobs are kept.
    """
    now = clock(session)
    old = or_(
        (JOBS.c.state != "dead") & (JOBS.c.ended_at < now - round(keep * 1000)),
        JOBS.c.ended_at < now - round(keep_dead * 1000),
    )
    query = select(JOBS.c.id).where(JOBS.c.state.in_(ENDED), old).limit(BATCH)
    ids = list(await session.scalars(query.with_for_update(skip_locked=True)))
    if ids:
        for table in (STEPS, RUNS):
            await session.execute(delete(table).where(table.c.job.in_(ids)))
        await session.execute(delete(JOBS).where(JOBS.c.id.in_(ids)))
    return ids
