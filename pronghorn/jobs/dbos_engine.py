"""Deliveries handed out by DBOS: its queues, its claims, and the fence around an outcome.

Each delivery is a workflow without arguments. DBOS is imported when it is used first. It is global
in a process, so one worker runs at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from contextvars import copy_context
from time import monotonic, sleep
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pronghorn.core.setup_errors import setup_error
from pronghorn.jobs import dbos_rows
from pronghorn.jobs.dbos_connections import Connections
from pronghorn.jobs.dbos_guard import guard
from pronghorn.jobs.dbos_import import import_dbos
from pronghorn.jobs.dbos_pace import Pace
from pronghorn.jobs.dbos_rows import WORKFLOW
from pronghorn.jobs.dbos_tables import create_tables, has_tables
from pronghorn.jobs.engine import Delivery, Limits, Receive
from pronghorn.sql import Database

#: DBOS gives a row to workers of the same application and version only. Ours stay the same, so
#: that a new release of a program runs the jobs of the old one.
_NAME = "pronghorn"
_VERSION = "1"
_running = threading.Lock()
#: Seconds that the threads of DBOS have to hand over what they claim, when a worker stops.
_CLAIMING = 2.0
#: Seconds that the threads of DBOS have to write the ends of deliveries, when a worker stops.
_WRITING = 2.0


class _KeptError(BaseException):
    """Ends the thread of a delivery and leaves its row as it is; DBOS records any `Exception`."""


class DbosEngine:
    """Hands out deliveries with DBOS; see `Engine`.

    Args:
        database: The database of the program.
        polling: The seconds after which a worker looks into a queue again.
    """

    def __init__(self, database: Database, polling: float = 0.1) -> None:
        self._database = database
        self._polling = polling
        self._client: Any = None
        self._worker: _Worker | None = None

    async def prepare(self) -> None:
        """Create or change the tables of DBOS; see `Engine.prepare`."""
        await create_tables(self._database)

    async def is_prepared(self, session: AsyncSession) -> bool:
        """Return whether the tables of DBOS are there; see `Engine.is_prepared`."""
        return await has_tables(session)

    async def put(self, session: AsyncSession, delivery: Delivery) -> None:
        """Store a delivery; see `Engine.put`."""
        client = self._client or self._make_client(session)
        options: dict[str, Any] = {
            "workflow_name": WORKFLOW,
            "workflow_id": delivery.id,
            "queue_name": delivery.channel,
            "app_version": _VERSION,
        }
        if delivery.delay:
            options["delay_seconds"] = delivery.delay

        def store(plain: Session) -> None:
            connection = plain.connection()
            schemas = connection.get_execution_options().get("schema_translate_map")
            client.enqueue_in_transaction(connection, options)
            # It leaves its own on the connection, which prepared statements do not accept.
            connection.execution_options(schema_translate_map=schemas)

        await session.run_sync(store)

    def _make_client(self, session: AsyncSession) -> Any:
        dbos = import_dbos()
        is_postgresql = session.get_bind().dialect.name == "postgresql"
        # It tells the client the dialect, and opens no connection.
        engine = create_engine("postgresql+psycopg://" if is_postgresql else "sqlite://")
        self._client = dbos.DBOSClient(
            system_database_engine=engine,
            serializer=dbos.DBOSPortableJSONSerializer(),
            application_name=_NAME,
            lazy=True,
        )
        return self._client

    async def start(self, receive: Receive, channels: Mapping[str, Limits], node: str) -> None:
        """Hand out deliveries to this process; see `Engine.start`."""
        if not _running.acquire(blocking=False):
            raise setup_error(
                "A worker of jobs runs in this process already",
                "jobs.worker() was entered twice",
                "one `async with jobs.worker(app)` for each process; it may have several queues",
            )
        loop = asyncio.get_running_loop()
        worker = self._worker = _Worker(self._database, loop, receive)
        try:
            await asyncio.to_thread(worker.launch, channels, node, self._polling)
        except BaseException:
            await self.stop()
            raise

    def pause(self) -> None:
        """Hand out nothing more; see `Engine.pause`."""
        if self._worker is not None:
            self._worker.pause()

    async def stop(self) -> None:
        """Close all connections and threads; see `Engine.stop`."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            await asyncio.to_thread(worker.close)
        finally:
            _running.release()

    async def lost(self, session: AsyncSession, node: str) -> list[str]:
        """Return the deliveries that a process has in hand; see `Engine.lost`."""
        return await dbos_rows.find_claimed(session, node)

    async def owners(self, session: AsyncSession) -> list[str]:
        """Return the processes that have deliveries in hand; see `Engine.owners`."""
        return await dbos_rows.find_owners(session)

    async def resume(self, session: AsyncSession, deliveries: Sequence[str], node: str) -> None:
        """Hand out deliveries again; see `Engine.resume`."""
        await dbos_rows.hand_out_again(session, deliveries, node)

    async def kill(self, session: AsyncSession, deliveries: Sequence[str]) -> None:
        """Never hand out these deliveries again; see `Engine.kill`."""
        await dbos_rows.withdraw(session, deliveries)

    async def forget(self, session: AsyncSession, jobs: Sequence[str]) -> None:
        """Delete what DBOS keeps about jobs; see `Engine.forget`."""
        await dbos_rows.delete_of(session, jobs)


class _Worker:
    """The threads of DBOS in this process.

    Args:
        database: The database of the program.
        loop: The event loop in which deliveries are received.
        receive: Called there for each delivery.
    """

    def __init__(
        self, database: Database, loop: asyncio.AbstractEventLoop, receive: Receive
    ) -> None:
        self._connections = Connections(database)
        self._loop = loop
        self._receive = receive
        self._guard = ExitStack()
        self._dbos: Any = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._waiting: set[Future[bool]] = set()
        #: Deliveries have nothing of the threads of DBOS in their context variables.
        self._context = copy_context()

    def launch(self, channels: Mapping[str, Limits], node: str, polling: float) -> None:
        """Start the threads; called in a thread itself."""
        dbos = import_dbos()
        pace = Pace(node)
        self._guard = guard(node, pace.note)
        pace.keep(self._guard)
        serializer = dbos.DBOSPortableJSONSerializer()
        client = dbos.DBOSClient(
            system_database_engine=self._connections.engine,
            serializer=serializer,
            application_name=_NAME,
            lazy=True,
        )
        for name, limits in channels.items():
            client.register_queue(
                name,
                worker_concurrency=limits.worker,
                global_concurrency=limits.everywhere,
                polling_interval_sec=polling,
            )
        self._dbos = dbos.DBOS(
            config={
                "name": _NAME,
                "application_version": _VERSION,
                "executor_id": node,
                "serializer": serializer,
                "system_database_engine": self._connections.engine,
                "run_migrations": False,
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 0.2,
                "log_level": "WARNING",
            }
        )
        dbos.DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._make_workflow(dbos))
        dbos.DBOS.listen_queues(list(channels))
        dbos.DBOS.launch()

    def _make_workflow(self, dbos: Any) -> Any:
        def deliver(fault: str | None = None) -> None:
            if not self._hand_over(dbos.DBOS.workflow_id, fault):
                raise _KeptError

        return deliver

    def _hand_over(self, delivery: str, fault: str | None) -> bool:
        """Receive a delivery in the event loop, and wait for its end; called in a thread."""
        over: Future[bool] = Future()

        async def receive() -> None:
            result = False
            try:
                result = await self._receive(delivery, fault)
            finally:
                self._end(over, result=result)

        def begin() -> None:
            _keep(self._loop.create_task(receive()))

        with self._lock:
            if self._is_closed:
                return False
            self._waiting.add(over)
        try:
            self._loop.call_soon_threadsafe(begin, context=self._context)
            return over.result()
        except RuntimeError:  # The event loop is closed.
            return False
        finally:
            self._end(over, result=False)

    def _end(self, over: Future[bool], *, result: bool) -> None:
        """Let the thread of a delivery go on; a second call changes nothing."""
        with self._lock:
            if over in self._waiting:
                self._waiting.discard(over)
                over.set_result(result)

    def pause(self) -> None:
        """Let the queues be; what was claimed goes on."""
        for stop in getattr(self._dbos, "background_thread_stop_events", ()):
            stop.set()

    def close(self) -> None:
        """Stop the threads; called in a thread itself."""
        with self._lock:
            self._is_closed = True
            waiting = list(self._waiting)
        for over in waiting:
            self._end(over, result=False)
        self.pause()
        _let_claim()
        self._let_write()
        try:
            if self._dbos is not None:
                import_dbos().DBOS.destroy(destroy_registry=True)
        finally:
            self._connections.close()
            self._guard.close()

    def _let_write(self) -> None:
        """Wait for the threads that write the end of their delivery; it comes again otherwise."""
        active = getattr(self._dbos, "_active_workflows_set", None)
        find = getattr(active, "activeList", list)
        _wait_while(find, _WRITING)


def _let_claim() -> None:
    """Wait for the threads that claim deliveries: one without an executor is an error in the log.

    Each ends once it has looked at its queue. If DBOS renames them, this returns at once.
    """
    _wait_while(
        lambda: any(one.name.startswith("queue-worker-") for one in threading.enumerate()),
        _CLAIMING,
    )


def _wait_while(is_busy: Callable[[], object], seconds: float) -> None:
    """Return once a condition is false, or after some seconds; it blocks the thread."""
    deadline = monotonic() + seconds
    while is_busy() and monotonic() < deadline:
        sleep(0.005)


_tasks: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """Keep a task, of which an event loop has only a weak reference."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
