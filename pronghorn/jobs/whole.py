"""The whole that parts such as a worker see: `Jobs`, which is made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.call import Call
from pronghorn.jobs.calls import Calls
from pronghorn.jobs.cron import Crons
from pronghorn.jobs.engine import Engine
from pronghorn.jobs.info import COUNTED, STATES, JobRef, State
from pronghorn.jobs.task import Task
from pronghorn.sql import Database


class Whole(Protocol):
    """The attributes and methods of `Jobs` that its parts use; see there."""

    db: Database
    engine: Engine
    crons: Crons
    keep: float
    keep_dead: float
    drop: Callable[[], None] | None

    @property
    def tasks(self) -> list[Task]:
        """The tasks that are declared."""

    @property
    def queues(self) -> list[str]:
        """The queues of all tasks."""

    def find_task(self, name: str) -> Task:
        """Return a task by its name."""

    def call(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Call:
        """Return a call that can be stored."""

    def calls_for(self, app: Any) -> Calls:
        """Return what calls the functions of tasks."""

    def check_crons(self) -> None:
        """Refuse crons whose functions have parameters that nobody passes."""

    async def prepare(self, session: AsyncSession | None = None) -> None:
        """Create the tables, if they are missing."""

    async def enqueue(
        self,
        function: Callable[..., Any] | Call,
        /,
        *,
        session: AsyncSession | None = None,
    ) -> JobRef:
        """Store a call."""

    async def counts(
        self, *, states: Collection[State] = STATES, at_most: int | None = COUNTED
    ) -> dict[str, dict[str, int]]:
        """Return the numbers of jobs, by queue and state."""
