"""The jobs of streams: each runs one generator in a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels.streams.log import StreamLog
from pronghorn.channels.streams.producers import Producer, find_producer, read_producer
from pronghorn.channels.streams.producing import Production
from pronghorn.channels.streams.records import State
from pronghorn.channels.streams.table import StreamRow
from pronghorn.channels.streams.writer import try_patiently
from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError
from pronghorn.jobs import Attempt, BadJobError, Job, Jobs, UnknownJobError
from pronghorn.jobs.arguments import read_arguments, write_arguments
from pronghorn.jobs.calls import running_calls
from pronghorn.jobs.outcomes import describe
from pronghorn.jobs.task import Task
from pronghorn.jobs.times import Backoff

__all__ = ["Options", "StoredCall", "Work"]

#: The pauses before a generator that has failed begins again.
_BACKOFF = "1s..1m"
#: How many streams of a process write at the same time, so that they leave connections to others.
_WRITERS = 4
#: The number of the attempt in which a stream has failed whose generator a worker lacks. While a
#: new release is rolled out, a worker of the old one may get it first.
_TRIES = 6
#: The states of a job that nobody will run.
_OVER = ("done", "dead", "cancelled")


class Options(NamedTuple):
    """The options of the jobs of generators.

    Attributes:
        name: The name of the streams.
        queue: The queue of the jobs.
        retries: How often a generator that has raised an exception begins again.
        pace: The seconds between two commits.
        timeout: The seconds that a generator may take; None for no limit.
    """

    name: str
    queue: str
    retries: int
    pace: float
    timeout: float | None


class StoredCall(NamedTuple):
    """A call of a generator, as it is stored.

    Attributes:
        producer: The name of the generator.
        arguments: Its arguments as JSON.
    """

    producer: str
    arguments: str


class Work:
    """The jobs of one `Streams`.

    Args:
        log: The log of the streams.
        jobs: Runs the jobs.
        options: How generators are run.
    """

    def __init__(self, log: StreamLog, jobs: Jobs, options: Options) -> None:
        self._log = log
        self._jobs = jobs
        self._options = options
        #: The tasks that stand for generators, by the name of the generator.
        self._known: dict[str, tuple[Producer, Task]] = {}
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._turns = WeakKeyDictionary()

        async def produce(
            stream: str, producer: str, arguments: str, job: Job, attempt: Attempt
        ) -> None:
            await self._produce(stream, StoredCall(producer, arguments), job, attempt)

        name = f"pronghorn.{options.name}"
        if any(task.name == name for task in jobs.tasks):
            raise user_error(
                f"Two Streams have the name {options.name!r}",
                "the program needs only one, or they have different options",
                'Streams(..., name="another")',
                kind=SetupValueError,
            )
        # The retries of the job limit how often its worker may die.
        task = jobs.task(queue=options.queue, name=name, backoff=_BACKOFF)
        self._run: Callable[..., Any] = task(produce)

    # --- in the process that starts a stream ----------------------------------------------

    def describe(
        self, function: Any, args: Sequence[Any], keywords: Mapping[str, Any]
    ) -> StoredCall:
        """Return a call of a generator as it is stored.

        Raises:
            SetupTypeError: The generator or an argument cannot be stored.
        """
        producer, task = self._remember(read_producer(function))
        return StoredCall(producer.name, write_arguments(task, args, keywords))

    async def store(
        self, session: AsyncSession, stream: str, owner: str | None, call: StoredCall
    ) -> None:
        """Store a stream and its job."""
        job = await self._jobs.enqueue(self._run, stream, *call, session=session)
        await self._log.rows.add(
            session, stream=stream, owner=owner, producer=call.producer, job=job.id
        )

    async def cancel(self, row: StreamRow) -> None:
        """Cancel the job of a stream."""
        if row.job is not None:
            await self._jobs.cancel(row.job)

    def _remember(self, producer: Producer) -> tuple[Producer, Task]:
        known = self._known.get(producer.name)
        if known is None:
            task = Task(producer.name, producer.collect, self._options.queue, 0, Backoff(0, 0))
            known = self._known[producer.name] = (producer, task)
        return known

    # --- in the worker --------------------------------------------------------------------

    async def _produce(self, stream: str, call: StoredCall, job: Job, attempt: Attempt) -> None:
        try:
            producer, task = self._find(call.producer)
            arguments = read_arguments(task, call.arguments)
        except BadJobError as error:
            if attempt.number < _TRIES:
                raise LookupError(str(error)) from error
            await self._log.end(stream, "failed")
            raise
        turns, options = self._turns_here(), self._options
        async with turns:
            run = await try_patiently(lambda: self._log.rows.begin(stream))
        if run is None:
            return  # It was cancelled, or an earlier run has ended it and died before its job.
        write = partial(self._log.write, stream)
        production = Production(
            producer,
            run,
            write,
            pace=options.pace,
            timeout=options.timeout,
            turns=turns,
        )
        last = await production.run(lambda: running_calls().call(task, arguments, job))
        if production.error is not None and attempt.number <= options.retries:
            raise production.error
        async with turns:
            await self._log.end(stream, last.state or "done", last)
        if production.error is not None:
            raise BadJobError(describe(production.error)) from production.error

    def _turns_here(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        turns = self._turns.get(loop)
        if turns is None:
            turns = self._turns[loop] = asyncio.Semaphore(_WRITERS)
        return turns

    def _find(self, name: str) -> tuple[Producer, Task]:
        known = self._known.get(name)
        return known or self._remember(find_producer(name, self._jobs))

    # --- in the process that follows a stream ---------------------------------------------

    async def find_ends(self, streams: list[str]) -> Mapping[str, State]:
        """Return the states of those streams that have ended, and end those whose job is over."""
        rows = await self._log.rows.find_some(streams)
        ends: dict[str, State] = {}
        for stream in streams:
            row = rows.get(stream)
            if row is None:
                ends[stream] = "failed"
            elif row.state != "running":
                ends[stream] = row.state
            elif await self._is_abandoned(row):
                await self._log.end(stream, "failed")
        return ends

    async def _is_abandoned(self, row: StreamRow) -> bool:
        if row.job is None:
            return False
        try:
            job = await self._jobs.get(row.job)
        except UnknownJobError:
            return True
        return job.state in _OVER
