"""The part of `Jobs` that lists, counts, retries and cancels jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs import store
from pronghorn.jobs.engine import Delivery, Engine
from pronghorn.jobs.errors import no_job
from pronghorn.jobs.history import find_attempts
from pronghorn.jobs.info import (
    COUNTED,
    STATES,
    AttemptInfo,
    JobInfo,
    State,
    check_looking,
    read_info,
)
from pronghorn.jobs.unique import can_be_stored
from pronghorn.sql import Database


class LooksAfterJobs:
    """Looks after the jobs of a database.

    Attributes:
        db: The database.
        engine: What hands out the jobs.
    """

    db: Database
    engine: Engine

    async def prepare(self, session: AsyncSession | None = None) -> None:
        """Create the tables of jobs, if they are missing; see `Jobs.prepare`."""

    async def get(self, id: str) -> JobInfo:
        """Return what is known of a job.

        Raises:
            UnknownJobError: There is none with this id. In an endpoint it is answered with 404,
                unless the program handles it.
        """
        await self.prepare()
        row = None
        if can_be_stored(id):
            async with self.db.transaction(read_only=True) as session:
                row = await store.find_job(session, id)
        if row is None:
            raise no_job(id)
        return read_info(row)

    async def attempts(self, id: str) -> Sequence[AttemptInfo]:
        """Return the attempts of a job, the oldest first: when and where each ran, and its end.

        Of a job that was tried very often, the last 50 are kept.

        Raises:
            UnknownJobError: There is no job with this id.
        """
        await self.get(id)
        return (await self.attempts_of([id])).get(id, ())

    async def attempts_of(self, ids: Sequence[str]) -> Mapping[str, Sequence[AttemptInfo]]:
        """Return the attempts of several jobs by their ids; those without any are left out."""
        await self.prepare()
        async with self.db.transaction(read_only=True) as session:
            return await find_attempts(session, ids)

    async def counts(
        self, *, states: Collection[State] = STATES, at_most: int | None = COUNTED
    ) -> dict[str, dict[str, int]]:
        """Return the numbers of jobs, by queue and state.

        Jobs that are done stay for days, so there may be millions, and a database reads every row
        that it counts. So the newest ones of each state are counted, of all queues together.

        Args:
            states: The states that are counted; those without a job are left out.
            at_most: The most jobs of each state that are counted, at least 1; None for all of them.

        Raises:
            ValueError: There is no such state, or `at_most` is no such number.
        """
        check_looking(states, at_most, "at_most")
        await self.prepare()
        async with self.db.transaction(read_only=True) as session:
            return await store.count_jobs(session, states, at_most)

    async def retry(self, id: str) -> bool:
        """Let a dead or cancelled job begin anew. Its steps that are done stay done.

        Returns:
            False if the job is neither dead nor cancelled.

        Raises:
            UnknownJobError: There is none with this id.
        """
        await self.get(id)
        delivery = store.next_delivery(id)
        async with self.db.transaction() as session:
            row = await store.revive(session, id, delivery)
            if row is not None:
                await self.engine.put(session, Delivery(delivery, row.channel))
        return row is not None

    async def cancel(self, id: str) -> bool:
        """Cancel a job. One that runs is cancelled within a second or two.

        Returns:
            False if the job has ended.

        Raises:
            UnknownJobError: There is none with this id.
        """
        before = await self.get(id)
        async with self.db.transaction() as session:
            delivery = await store.cancel_job(session, id)
            if delivery is not None and before.state != "running":
                await self.engine.kill(session, [delivery])
        return delivery is not None

    async def list(
        self,
        *,
        state: State | None = None,
        task: str | None = None,
        queue: str | None = None,
        limit: int = 100,
    ) -> list[JobInfo]:
        """Return jobs, the newest first.

        Args:
            state: Only those in a state.
            task: Only those of a task, by its name.
            queue: Only those of a queue.
            limit: The most jobs, at least 1.

        Raises:
            ValueError: There is no such state, or `limit` is no such number.
        """
        check_looking([] if state is None else [state], limit, "limit")
        await self.prepare()
        async with self.db.transaction(read_only=True) as session:
            rows = await store.find_jobs(session, limit=limit, state=state, task=task, queue=queue)
        return [read_info(row) for row in rows]
