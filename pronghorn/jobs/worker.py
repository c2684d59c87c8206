"""A worker: it runs jobs in an event loop, from the entry of its block to the end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

from anyio import CancelScope

from pronghorn.core.durations import seconds
from pronghorn.core.numbers import MOST, is_whole, show
from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError
from pronghorn.jobs import store
from pronghorn.jobs.adopt import adopt, find_left
from pronghorn.jobs.engine import Limits
from pronghorn.jobs.info import State
from pronghorn.jobs.known import running
from pronghorn.jobs.runner import Runner
from pronghorn.jobs.whole import Whole
from pronghorn.logger import logger
from pronghorn.nodes import Nodes

#: The jobs of a queue that run in a worker at the same time, as many as a `Database` has
#: connections.
CONCURRENCY = 10
#: Seconds between two looks: at the jobs that were cancelled, at deliveries without a run, and at
#: old jobs.
_WATCH, _SWEEP, _FORGET = 1.0, 10.0, 600.0
#: Seconds that a cancelled job has to end.
_END = 5.0


class Worker:
    """Runs jobs; see `Jobs.worker`.

    Args:
        jobs: The jobs.
        app: The application that resolves dependencies.
        queues: The queues, with their limits.
        grace: The seconds that running jobs have at the end; `math.inf` for no limit.

    Attributes:
        channels: The queues of the engine, with their limits.
    """

    def __init__(
        self,
        jobs: Whole,
        app: Any,
        queues: Mapping[str, int | None] | Iterable[str] | None,
        *,
        grace: float,
    ) -> None:
        self._jobs = jobs
        is_endless = grace == math.inf
        self._grace = grace if is_endless else seconds(grace, name="The option grace of a worker")
        self._nodes = Nodes.of(jobs.db)
        self._has_all = queues is None
        self.queues = _read_queues(queues, jobs.queues)
        self.channels = _find_channels(jobs, self.queues)
        self._calls = jobs.calls_for(app)
        self._runner = Runner(jobs, self._calls, self._nodes.id)
        #: Deliveries that had no run at the last look.
        self._strays: set[str] = set()

    @property
    def running(self) -> int:
        """The number of jobs in hand."""
        return len(self._runner.active)

    async def drain(self) -> None:
        """Return when no job waits or runs, except those that wait for their time; for tests."""
        going: tuple[State, ...] = ("waiting", "running")
        while True:
            if not await self._jobs.counts(states=going, at_most=1):
                return
            await asyncio.sleep(0.02)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Worker]:
        """Run jobs inside of the block."""
        if self._jobs.db.is_rolled_back:
            raise user_error(
                "A worker was started in a block of db.rollback_everything()",
                "it has connections of its own, which do not see the rows of the test",
                "await jobs.list() for what the test has enqueued, and a call of the function "
                "itself; or a test without the block",
            )
        self._jobs.check_crons()
        for task in self._jobs.tasks:
            if task.queue in self.queues:
                self._calls.prepare(task)
        await self._jobs.prepare()
        self._jobs.drop = self.drop_all
        with running(self._jobs):
            async with self._nodes.run("worker"), self._runs():
                yield self

    @asynccontextmanager
    async def _runs(self) -> AsyncIterator[None]:
        """Begin jobs inside of the block, and end them at its end."""
        engine = self._jobs.engine
        await engine.start(self._runner.receive, self.channels, self._nodes.id)
        helpers = self._start_helpers()
        try:
            yield
        finally:
            with CancelScope(shield=True):  # Threads and connections must not outlive it.
                await self._stop(helpers)

    def _start_helpers(self) -> list[asyncio.Task[None]]:
        create = asyncio.get_running_loop().create_task
        work = [
            _repeat(_WATCH, self._runner.drop_lost),
            _repeat(_SWEEP, self._sweep),
            _repeat(_FORGET, self._forget),
        ]
        if self._jobs.crons:
            work.append(self._jobs.crons.run())
        return [create(each, context=Context()) for each in work]

    async def _stop(self, helpers: list[asyncio.Task[None]]) -> None:
        runner, engine = self._runner, self._jobs.engine
        try:
            engine.pause()
            runner.is_stopping = True
            if not await runner.wait(self._grace):
                names = ", ".join(runner.cancel_all())
                logger.warning("The worker stops; these jobs go back to their queues: %s", names)
                runner.is_stopped = True
                if not await runner.wait(_END):
                    logger.error("These jobs did not end when they were cancelled: %s", names)
        finally:
            runner.is_stopped = True
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await engine.stop()
            await self._give_back()

    async def _give_back(self) -> None:
        """Hand out again what this worker has in hand."""
        node = self._nodes.id
        try:
            async with self._jobs.db.transaction() as session:
                held = await self._jobs.engine.lost(session, node)
                if held:
                    await self._jobs.engine.resume(session, held, node)
                    await store.give_up_node(session, node)
        except Exception as error:  # noqa: BLE001 - other workers find out by themselves
            logger.warning("Jobs of this worker are handed out later: %s", error)

    # --- looks ----------------------------------------------------------------------------------

    def drop_all(self) -> None:
        """Cancel all runs, since others have taken them over."""
        self._runner.drop_all()

    async def _sweep(self) -> None:
        """Hand out again what this worker has in hand and does not run, as after an error."""
        node, engine = self._nodes.id, self._jobs.engine
        async with self._jobs.db.transaction() as session:
            held = await engine.lost(session, node)
            strays = {each for each in held if each not in self._runner.active}
            if again := sorted(strays & self._strays):
                logger.warning("%d jobs had no run, and are handed out again", len(again))
                await engine.resume(session, again, node)
        self._strays = strays
        async with self._jobs.db.transaction(read_only=True) as session:
            left = await find_left(session, self.channels, everything=self._has_all)
        if left:
            async with self._jobs.db.transaction() as session:
                await adopt(session, self._jobs, self.channels, left)

    async def _forget(self) -> None:
        """Delete old jobs."""
        jobs = self._jobs
        while True:
            async with jobs.db.transaction() as session:
                ids = await store.forget_old(session, jobs.keep, jobs.keep_dead)
                if ids:
                    await jobs.engine.forget(session, ids)
            if len(ids) < store.BATCH:
                return


async def _repeat(pause: float, look: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            logger.debug("A look at the jobs has failed", exc_info=error)
        await asyncio.sleep(pause)


def _read_queues(
    queues: Mapping[str, int | None] | Iterable[str] | None, known: list[str]
) -> dict[str, int]:
    given = known if queues is None else queues
    if isinstance(given, str):
        given = [given]
    limits = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)
    for name, limit in limits.items():
        if limit is not None and (not is_whole(limit) or not 1 <= limit <= MOST):
            raise user_error(
                f"The queue {name!r} has the limit {show(limit)}",
                "jobs that run at the same time, from 1 on",
                f'jobs.worker(app, {{"{name}": 10}})',
                kind=SetupValueError,
            )
    return {name: CONCURRENCY if limit is None else limit for name, limit in limits.items()}


def _find_channels(jobs: Whole, queues: Mapping[str, int]) -> dict[str, Limits]:
    channels = {name: Limits(limit) for name, limit in queues.items()}
    for task in jobs.tasks:
        if task.concurrency is not None and task.queue in queues:
            here = min(task.concurrency, queues[task.queue])
            channels[task.channel_for(task.queue)] = Limits(here, task.concurrency)
    return channels
