"""A worker's runs of jobs: each is called, and its outcome is written while the job is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.exceptions import SetupError
from pronghorn.jobs import store
from pronghorn.jobs.arguments import read_arguments
from pronghorn.jobs.calls import Calls
from pronghorn.jobs.errors import BadJobError, UnfitJobError
from pronghorn.jobs.job import Attempt, Job, running_job
from pronghorn.jobs.outcomes import DONE, Outcome, describe, log_outcome, write_outcome
from pronghorn.jobs.task import Task
from pronghorn.jobs.whole import Whole
from pronghorn.logger import logger

T = TypeVar("T")
#: The longest pause between two attempts to write to a database that is away, in seconds.
_LONGEST_PAUSE = 5.0
#: A statement with one of these errors fails again.
_HOPELESS = (ProgrammingError, IntegrityError, DataError)


@dataclass(eq=False, slots=True)
class _Active:
    """A delivery in hand.

    Attributes:
        run: The run, once it has begun.
        work: The task of asyncio that calls the program.
        ended_by: Why it was cancelled.
    """

    run: store.Run | None = None
    work: asyncio.Task[Outcome] | None = None
    ended_by: Literal["stop", "loss"] | None = field(default=None)


class Runner:
    """Runs deliveries.

    Args:
        jobs: The jobs.
        calls: What calls their functions.
        node: The id of this process.

    Attributes:
        active: The deliveries in hand.
        is_stopping: Whether no further one is begun.
        is_stopped: Whether nobody waits any more for a database that is away.
    """

    def __init__(self, jobs: Whole, calls: Calls, node: str) -> None:
        self._jobs = jobs
        self._calls = calls
        self._node = node
        self.active: dict[str, _Active] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_stopping = False
        self.is_stopped = False

    async def receive(self, delivery: str, fault: str | None) -> bool:
        """Run a delivery; see `engine.Receive`."""
        if self.is_stopping:
            return False
        active = self.active[delivery] = _Active()
        self._idle.clear()
        try:
            if fault is not None:
                return await self._refuse(delivery, fault)
            run = await self._write(lambda session: store.begin_run(session, delivery, self._node))
            if run is None:
                return True  # The job has another delivery by now, or has ended.
            active.run = run
            return await self._follow(active, run)
        except _StoppedError:
            return False
        except Exception as error:  # noqa: BLE001 - the delivery is kept, and comes again
            logger.error("The delivery %s of a job has failed", delivery, exc_info=error)
            return False
        finally:
            self.active.pop(delivery, None)
            if not self.active:
                self._idle.set()

    async def _refuse(self, delivery: str, fault: str) -> bool:
        job = store.job_of(delivery)
        logger.error("The job %s is dead: %s", job, fault)

        async def write(session: AsyncSession) -> None:
            if not await store.bury(session, job, fault):
                await store.bury_unknown(session, job, "default", fault)

        await self._write(write)
        return True

    # --- a run ----------------------------------------------------------------------------------

    async def _follow(self, active: _Active, run: store.Run) -> bool:
        """Run a job and write its end; return False if the delivery is left in hand."""
        task: Task | None = None
        try:
            task = self._jobs.find_task(run.task)
        except BadJobError as error:
            return await self._end(run, None, Outcome("unknown", str(error)))
        active.work = asyncio.get_running_loop().create_task(self._call(task, run))
        if self.is_stopping:  # `cancel_all` came before the task was there.
            self._cancel(active, "stop")
        await asyncio.wait({active.work})
        if active.work.cancelled():
            if active.ended_by == "loss":
                return await self._is_over(run)
            if active.ended_by == "stop":
                await self._write(lambda session: store.give_back(session, run))
                return False
            outcome = Outcome("failed", "it was cancelled by itself")
        else:
            outcome = active.work.result()
        return await self._end(run, task, outcome)

    async def _end(self, run: store.Run, task: Task | None, outcome: Outcome) -> bool:
        engine = self._jobs.engine
        try:
            is_mine = await self._write(
                lambda session: write_outcome(session, engine, run, task, outcome)
            )
        except _HOPELESS as error:
            reason = f"its outcome cannot be stored: {describe(error)}"
            outcome = Outcome("bad", reason, error)
            is_mine = await self._write(lambda session: store.end_run(session, run, "dead", reason))
        if not is_mine:
            logger.warning("The outcome of job %s is dropped: the job is not of this run", run.id)
            return await self._is_over(run)
        log_outcome(run, task, outcome)
        return True

    async def _is_over(self, run: store.Run) -> bool:
        """Return whether nobody has the job whose run was ended by others."""

        async def read(session: AsyncSession) -> bool:
            row = await store.find_job(session, run.id)
            return row is None or row.state not in ("running", "waiting", "scheduled")

        return await self._write(read)

    async def _call(self, task: Task, run: store.Run) -> Outcome:
        attempt = Attempt(run.attempt, run.attempt > task.retries)
        job = Job(self._jobs.db, run.id, attempt, has_steps=run.runs > 1)
        try:
            arguments = read_arguments(task, run.arguments)
            self._calls.prepare(task)
        except UnfitJobError as error:
            return Outcome("unknown", str(error))
        except (BadJobError, SetupError) as error:
            return Outcome("bad", str(error))
        except Exception as error:  # noqa: BLE001 - such as a validator of the program
            return Outcome("failed", describe(error), error)
        limit = asyncio.timeout(task.timeout)
        try:
            async with limit:
                with running_job(job):
                    await self._calls.call(task, arguments, job)
        except TimeoutError as error:
            if limit.expired():
                return Outcome("failed", f"it took longer than {task.timeout:g} s", error)
            return Outcome("failed", describe(error), error)
        except BadJobError as error:
            return Outcome("bad", str(error), error.__cause__)
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever the program raises
            return Outcome("failed", describe(error), error)
        return DONE

    # --- the end of others ----------------------------------------------------------------------

    def _cancel(self, active: _Active, reason: Literal["stop", "loss"]) -> None:
        if active.work is not None and not active.work.done():
            active.ended_by = active.ended_by or reason
            active.work.cancel()

    async def drop_lost(self) -> None:
        """Cancel the runs whose jobs were cancelled, or taken over by others."""
        runs = {each.run.id: each for each in self.active.values() if each.run is not None}
        if not runs:
            return
        async with self._jobs.db.transaction(read_only=True) as session:
            tokens = await store.list_tokens(session, list(runs))
        for job, active in runs.items():
            if active.run is not None and tokens.get(job) != active.run.token:
                self._cancel(active, "loss")

    def drop_all(self) -> None:
        """Cancel all runs, since others have taken them over."""
        for active in self.active.values():
            self._cancel(active, "loss")

    def cancel_all(self) -> list[str]:
        """Cancel all runs, since the worker stops; return the jobs, for the log."""
        found = [each.run for each in self.active.values() if each.run is not None]
        for active in self.active.values():
            self._cancel(active, "stop")
        return [f"{run.task} ({run.id})" for run in found]

    async def wait(self, seconds: float) -> bool:
        """Wait until nothing is in hand; return False if it takes longer than these seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    # --- the database ---------------------------------------------------------------------------

    async def _write(self, write: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Call a function with a session, again and again while the database is away."""
        pause = 0.1
        while True:
            try:
                async with self._jobs.db.transaction() as session:
                    return await write(session)
            except _HOPELESS:
                raise
            except (SQLAlchemyError, OSError) as error:
                if self.is_stopped:
                    raise _StoppedError from error
                logger.warning("The database of the jobs does not answer: %s", describe(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


class _StoppedError(Exception):
    """The worker stops before the database is back."""
