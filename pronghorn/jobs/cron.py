"""Jobs at given times: each worker looks at the clock of the database, and one stores the job.

The row of a cron says up to when its times are done. Whoever locks it stores the jobs of the times
since then, in one transaction with the new time, so a time has one job however many hosts there are
and whatever their own clocks say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, String, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.setup_errors import describe_callable, setup_error, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError
from pronghorn.jobs.tables import TABLES
from pronghorn.jobs.task import Task
from pronghorn.jobs.ticks import Ticks
from pronghorn.logger import logger
from pronghorn.nodes import now_ms
from pronghorn.nodes.pauses import forbid_pauses
from pronghorn.sql import Database

#: What becomes of times at which no worker was there: `skip` does nothing, `once` runs one job.
Missed = Literal["skip", "once"]
#: Stores the job of a cron for a time: `async f(session, task, tick)`.
Store = Callable[[AsyncSession, str, datetime], Awaitable[object]]
#: A time that is over for less was not missed: the workers were being replaced, or busy.
LATE = timedelta(minutes=1)
#: The longest pause between two looks at the clock of the database, which may be set.
_LONGEST_PAUSE = 30.0
_RETRY = 1.0
#: The name of the parameter that gets the time.
_TICK = "tick"

CRONS = Table(
    "pronghorn_job_crons",
    TABLES,
    Column("task", String(255), primary_key=True),
    Column("expression", String(255), primary_key=True),
    Column("timezone", String(64), primary_key=True),
    Column("done_until", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A task and its times.

    Attributes:
        task: The name of the task.
        ticks: The times.
        missed: What becomes of times at which no worker was there.
    """

    task: str
    ticks: Ticks
    missed: Missed

    def __post_init__(self) -> None:
        if self.missed not in ("skip", "once"):
            raise user_error(
                f"missed={self.missed!r} is neither 'skip' nor 'once'",
                None,
                'missed="once" to run one job for the times at which no worker was there',
                kind=SetupValueError,
            )

    @property
    def is_mine(self) -> Any:
        """The condition for its row."""
        mine = CRONS.c.expression == self.ticks.expression
        return (CRONS.c.task == self.task) & mine & (CRONS.c.timezone == self.ticks.timezone)

    def due(self, since: datetime, now: datetime) -> list[datetime]:
        """Return the times that need a job now, oldest first.

        Args:
            since: The time up to which they are done.
            now: The time of the database.
        """
        late = self.ticks.between(max(since, now - LATE), now)
        if late or self.missed == "skip" or self.ticks.after(since) > now:
            return late
        return [self._last_before(now)]

    def _last_before(self, now: datetime) -> datetime:
        """Return the last time before now; there is one."""
        back = LATE
        while not (found := self.ticks.between(now - back, now)):
            back *= 4
        return found[-1]


def check_cron(task: Task) -> None:
    """Refuse a function whose arguments nobody would pass.

    Raises:
        SetupTypeError: It has a parameter besides `tick` that has no default.
    """
    stored = task.parameters.stored.parameters.values()
    needed = [one.name for one in stored if one.name != _TICK and one.default is one.empty]
    if needed:
        raise setup_error(
            f"The parameter {needed[0]!r} of {task.name} has no value when @jobs.cron runs it",
            "a dependency without Depends",
            f"a default, Annotated[..., Depends(...)], or {_TICK}: datetime for the time",
            where=describe_callable(task.function),
            kind=SetupTypeError,
        )


def arguments_of(task: Task, tick: datetime) -> dict[str, datetime]:
    """Return the arguments with which a task runs at a time."""
    return {_TICK: tick} if _TICK in task.parameters.stored.parameters else {}


def key_of(task: str, tick: datetime) -> str:
    """Return the unique key of the job of a task at a time; two crons may have the same time."""
    return f"cron {tick:%Y-%m-%dT%H:%M:%SZ} {task}"[:255]


class Crons:
    """All crons of a program.

    Args:
        db: The database.
        store: Stores a job.
    """

    def __init__(self, db: Database, store: Store) -> None:
        self._db = db
        self._store = store
        self._all: list[Cron] = []

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._all)

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks that have crons."""
        return [cron.task for cron in self._all]

    def add(self, cron: Cron) -> None:
        """Add a cron; its first time is the next one after a worker has begun to run it."""
        self._all.append(cron)

    async def run(self) -> None:
        """Store jobs when their time has come, until the task is cancelled."""
        is_away = False
        while True:
            try:
                pause = min([await self._look(cron) for cron in self._all], default=_LONGEST_PAUSE)
                is_away = False
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                if not is_away:
                    logger.error("The crons could not be run, and will be", exc_info=error)
                is_away, pause = True, _RETRY
            await asyncio.sleep(min(pause, _LONGEST_PAUSE))

    async def _look(self, cron: Cron) -> float:
        """Store the jobs of a cron that are due; return the seconds until the next one."""
        now, since = await self._read(cron)
        if since is None or cron.ticks.after(since) <= now:
            await self._take(cron)
            now, since = await self._read(cron)
        if since is None or (coming := cron.ticks.after(since)) <= now:
            return _RETRY  # Another host has the row in hand.
        return (coming - now).total_seconds() + 0.001

    async def _read(self, cron: Cron) -> tuple[datetime, datetime | None]:
        """Return the time of the database, and up to when the times of a cron are done."""
        async with self._db.transaction(read_only=True) as session:
            until = select(CRONS.c.done_until).where(cron.is_mine).scalar_subquery()
            clock = now_ms(session.get_bind().dialect)
            now, since = (await session.execute(select(clock, until))).one()
        return _as_time(now), None if since is None else _as_time(since)

    async def _take(self, cron: Cron) -> None:
        async with self._db.transaction() as session:
            await forbid_pauses(session)
            dialect = session.get_bind().dialect
            insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert
            row = {"expression": cron.ticks.expression, "timezone": cron.ticks.timezone}
            await session.execute(
                insert(CRONS)
                .values(task=cron.task, **row, done_until=now_ms(dialect))
                .on_conflict_do_nothing()
            )
            locked = select(CRONS.c.done_until).where(cron.is_mine)
            since = await session.scalar(locked.with_for_update(skip_locked=True))
            if since is None:
                return  # Another host has the row in hand.
            now = await session.scalar(select(now_ms(dialect)))
            for tick in cron.due(_as_time(since), _as_time(now or since)):
                await self._store(session, cron.task, tick)
            done = update(CRONS).where(cron.is_mine).values(done_until=max(since, now or since))
            await session.execute(done)


def _as_time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
