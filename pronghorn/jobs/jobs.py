"""Jobs: functions that run later, in any process, and whose calls are rows of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, overload
from uuid import NAMESPACE_OID, uuid4, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.durations import Duration, seconds
from pronghorn.core.setup_errors import user_error
from pronghorn.exceptions import SetupValueError
from pronghorn.jobs import store
from pronghorn.jobs.arguments import write_arguments
from pronghorn.jobs.call import Call
from pronghorn.jobs.calls import Calls
from pronghorn.jobs.cron import Cron, Crons, Missed, arguments_of, check_cron, key_of
from pronghorn.jobs.dbos_engine import DbosEngine
from pronghorn.jobs.durable import DurableTasks
from pronghorn.jobs.engine import Delivery, Engine
from pronghorn.jobs.info import JobRef
from pronghorn.jobs.known import remember, running
from pronghorn.jobs.looking import LooksAfterJobs
from pronghorn.jobs.rescue import Rescuer
from pronghorn.jobs.tables import TABLES
from pronghorn.jobs.task import Task, check_function
from pronghorn.jobs.tasks import DEFAULT_QUEUE, Defaults, Tasks
from pronghorn.jobs.ticks import Ticks
from pronghorn.jobs.times import Backoff, seconds_until
from pronghorn.jobs.unique import check_unique
from pronghorn.jobs.worker import Worker
from pronghorn.nodes import Nodes
from pronghorn.sql import Database
from pronghorn.sql.owners import refuse_foreign

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Jobs(LooksAfterJobs):
    """Functions that run later, in any process of the program, however it ends meanwhile.

    Args:
        db: The database of the program, which keeps the jobs.
        retries: How often a job is tried again after a failure, before it is dead.
        backoff: How long it waits before that: `"2s..1h"` is 2 seconds, then twice as long each
            time, up to an hour. `"30s"` stays the same.
        keep: How long jobs are kept that are done, or were cancelled.
        keep_dead: How long dead jobs are kept.
        engine: What hands out the jobs; by default DBOS.

    Raises:
        SetupError: An option is wrong.

    Attributes:
        db: As it was given.
        engine: What hands out the jobs.
        crons: The tasks that run at given times.
        drop: Cancels what runs in this process, once others have taken it over; set by its worker.
    """

    def __init__(
        self,
        db: Database,
        *,
        retries: int = 8,
        backoff: str = "2s..1h",
        keep: Duration = "7d",
        keep_dead: Duration = "90d",
        engine: Engine | None = None,
    ) -> None:
        self.db = db
        self.engine = engine if engine is not None else DbosEngine(db)
        self.keep = seconds(keep, name="The option keep")
        self.keep_dead = max(self.keep, seconds(keep_dead, name="The option keep_dead"))
        self._tasks = Tasks(Defaults(retries, Backoff.parse(backoff)))
        self._app: Any = None
        self._calls: Calls | None = None
        self._is_prepared = False
        self.drop: Callable[[], None] | None = None
        self.crons = Crons(db, self._enqueue_tick)
        db.add_own_tables(TABLES)
        self._nodes = Nodes.of(db)
        remember(self)

    # --- tasks ----------------------------------------------------------------------------------

    @overload
    def task(self, function: FunctionT, /) -> FunctionT: ...

    @overload
    def task(
        self,
        *,
        queue: str = DEFAULT_QUEUE,
        timeout: Duration | None = None,
        retries: int | None = None,
        backoff: str | None = None,
        concurrency: int | None = None,
        name: str | None = None,
    ) -> Callable[[FunctionT], FunctionT]: ...

    def task(self, function: Any = None, /, **options: Any) -> Any:  # type: ignore[misc]  # `options` are those of the second one
        """Declare how a function runs as a job. The function itself stays as it is.

        Its parameters with `Depends` get their values in the worker; so do those of the types
        `Job` and `Attempt`. All others are stored, as JSON by their annotations.

        Args:
            function: An `async def` or `def` function. The latter runs in a thread.
            **options: `queue`: the queue of its jobs. `timeout`: how long an attempt may take.
                `retries` and `backoff`: as for `Jobs`. `concurrency`: how many of its jobs run at
                the same time, in all workers together. `name`: the name in the database, by default
                `module:function`; with a name of its own, a function may move to another module.

        Raises:
            SetupError: An option is wrong, or another function has the name.
        """
        if function is None:
            return lambda given: self.task(given, **options) if options else self.task(given)
        check_function(function, "jobs.task()")
        self._tasks.add(function, **options)
        return function

    def cron(
        self,
        expression: str,
        *,
        timezone: str = "UTC",
        missed: Missed = "skip",
        **options: Any,
    ) -> Callable[[FunctionT], FunctionT]:
        """Run a function at given times, once over all workers.

        Args:
            expression: The times: `minute hour day month weekday`.
            timezone: The name of their time zone.
            missed: What becomes of times at which no worker was there: `skip` does nothing, `once`
                runs one job.
            **options: As for `task`; none if `@jobs.task` below has them.

        Raises:
            SetupError: The expression or an option is wrong.
        """
        ticks = Ticks(expression, timezone)

        def declare(function: FunctionT) -> FunctionT:
            check_function(function, "jobs.cron()")
            name = self._tasks.add(function, **options).name
            self.crons.add(Cron(name, ticks, missed))
            return function

        return declare

    async def _enqueue_tick(self, session: AsyncSession, task: str, tick: datetime) -> None:
        found = self._tasks.get(task)
        call = self.call(found.function, **arguments_of(found, tick))
        job = self._new_job(call, 0.0, None, None)
        # An id of its own for each time: another cron of the same function, or a host that is late,
        # finds it also when the job has ended.
        same = str(uuid5(NAMESPACE_OID, key_of(task, tick)))
        await self._insert(session, replace(job, id=same))

    def check_crons(self) -> None:
        """Refuse crons whose functions have parameters that nobody passes.

        Raises:
            SetupTypeError: One has such a parameter.
        """
        for name in self.crons.tasks:
            check_cron(self._tasks.get(name))

    @property
    def tasks(self) -> list[Task]:
        """The tasks that are declared."""
        return self._tasks.all

    @property
    def queues(self) -> list[str]:
        """The queues of all tasks."""
        return sorted({DEFAULT_QUEUE, *(task.queue for task in self._tasks.all)})

    def find_task(self, name: str) -> Task:
        """Return a task by its name; also an importable function of the program.

        Raises:
            BadJobError: There is none.
        """
        return self._tasks.get(name)

    # --- storing jobs ---------------------------------------------------------------------------

    def call(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Call:
        """Return a call that `enqueue` stores later; mistakes in it are found now.

        Args:
            function: A task, or any function that a worker can import.
            *args: Its positional arguments.
            **keywords: Its keyword arguments.

        Raises:
            SetupError: The function cannot be found by its name, or an argument cannot be stored.
        """
        task = self._tasks.of(function)
        return Call(task, write_arguments(task, args, keywords))

    async def enqueue(
        self,
        function: Callable[..., Any] | Call,
        /,
        *args: Any,
        at: datetime | None = None,
        unique: str | None = None,
        queue: str | None = None,
        session: AsyncSession | None = None,
        **keywords: Any,
    ) -> JobRef:
        """Store a call, for a worker to run.

        Args:
            function: A task; any function that a worker can import; or what `call` has returned.
            *args: Its positional arguments.
            at: The time before which it does not run; `in_(hours=1)`.
            unique: A key. If a job with the same key has not ended, nothing is stored.
            queue: Another queue than that of the task.
            session: A session of `db`. The job is a row of its transaction: it runs after the
                commit, and never if there is none. Without it, the job is stored at once.
            **keywords: Its keyword arguments.

        Returns:
            The job that was stored, or the one with the same key.

        Raises:
            SetupError: An argument cannot be stored; or the session is of another database.
        """
        call = function if isinstance(function, Call) else self.call(function, *args, **keywords)
        job = self._new_job(call, seconds_until(at), unique, queue)
        refuse_foreign(self.db, session, "jobs.enqueue()")
        await self.prepare(session)
        if session is not None:
            return await self._insert(session, job)
        async with self.db.transaction() as own:
            return await self._insert(own, job)

    def _new_job(
        self, call: Call, delay: float, unique: str | None, queue: str | None
    ) -> store.NewJob:
        task = call.task
        if unique is not None:
            check_unique(unique)
        where = task.queue if queue is None else self._tasks.check_queue(queue)
        if where != task.queue and task.concurrency is not None:
            raise user_error(
                f"The task {task.name} has concurrency={task.concurrency}, and queue={queue!r} is "
                "not its own",
                "a limit over all workers holds in one queue",
                f"enqueue without queue=, or @jobs.task(queue={queue!r}, concurrency=...)",
                kind=SetupValueError,
            )
        return store.NewJob(
            id=str(uuid4()),
            task=task.name,
            queue=where,
            channel=task.channel_for(where),
            retries=task.retries,
            arguments=call.arguments,
            delay=delay,
            unique=unique,
        )

    async def _insert(self, session: AsyncSession, job: store.NewJob) -> JobRef:
        delivery = store.next_delivery(job.id)
        found, is_new = await store.insert_job(session, job, delivery)
        if is_new:
            await self.engine.put(session, Delivery(delivery, job.channel, job.delay))
        return JobRef(found)

    # --- the life of the application ------------------------------------------------------------

    async def prepare(self, session: AsyncSession | None = None) -> None:
        """Create the tables of jobs, if they are missing. The lifespan of an application does so.

        Args:
            session: The session that is going to write.

        Raises:
            SetupError: A table of the program has the name of one of the engine; or the session
                holds the lock that is needed.
        """
        if self._is_prepared:
            return
        if self.db.engine.dialect.name == "sqlite":
            if session is not None and session.in_transaction():
                await self._check_tables(session)
                return
            if self.db.is_rolled_back:
                async with self.db.transaction() as own:
                    await self._check_tables(own)
                return
        await self.db.create_own_tables()
        await self.engine.prepare()
        self._watch()

    def _watch(self) -> None:
        if not self._is_prepared:  # Two first calls may come here.
            self._is_prepared = True  # Any process may take over, also one that runs no jobs.
            Rescuer(self.engine).watch(self._nodes)
            self._nodes.on_lost(self._drop_lost)

    async def _check_tables(self, session: AsyncSession) -> None:
        """Refuse a session that keeps the tables from being created, unless they are there."""
        if not await self.engine.is_prepared(session):
            raise user_error(
                "The tables of jobs are not there yet, and the open transaction keeps them from "
                "being created",
                "jobs= was left out, or the application has not been started",
                "FastAPI(lifespan=db.lifespan, jobs=jobs); in a script or before "
                "db.rollback_everything(): await jobs.prepare()",
            )

    def plan(self, app: Any) -> None:
        """Prepare the functions of all tasks, before an application starts.

        Args:
            app: The application that resolves their dependencies.

        Raises:
            SetupError: A task has a parameter that cannot be stored, or a dependency that needs a
                request.
        """
        self._app = app if app is not None else self._app
        calls = self.calls_for(self._app)
        for task in self._tasks.all:
            if self._app is not None or not task.parameters.has_dependencies:
                calls.prepare(task)

    def calls_for(self, app: Any) -> Calls:
        """Return what calls the functions of tasks with the dependencies of an application."""
        if self._calls is None or self._calls.app is not app:
            self._calls = Calls(app)
        return self._calls

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[None]:
        """Create the tables when an application starts; inside of the lifespan of the database."""
        self.plan(app)
        await self.prepare()
        with running(self):
            yield

    def attach(self, app: Any) -> None:
        """Let an application that was made without `jobs=` create the tables when it starts."""
        self._app = app
        outer = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(given: Any) -> AsyncIterator[Any]:
            async with outer(given) as state, self.lifespan(app):
                yield state

        app.router.lifespan_context = lifespan

    async def _drop_lost(self) -> None:
        if self.drop is not None:
            self.drop()

    def task_store(self) -> DurableTasks:
        """Return what keeps the background tasks of an application as jobs."""
        return DurableTasks(self)

    def worker(
        self,
        app: Any = None,
        queues: Mapping[str, int | None] | Iterable[str] | None = None,
        *,
        grace: float = 10.0,
    ) -> AbstractAsyncContextManager[Worker]:
        """Run jobs inside of the block, in this event loop.

        At the end of the block no further job is begun. Those that run have `grace` seconds to end;
        then they are cancelled, and another worker runs them again.

        Args:
            app: The application whose dependencies the jobs use; it has to be started.
            queues: The queues, each with the most jobs that run here at the same time; None for 10.
                By default the queues of all tasks.
            grace: Seconds; `math.inf` for no limit.

        Raises:
            SetupError: A task has a dependency that needs a request, or the process has a worker.
        """
        worker = Worker(self, app if app is not None else self._app, queues, grace=grace)
        return worker.run()
