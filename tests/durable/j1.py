"""J1: a process that ends at any point of a request leaves an order with its task, or neither.

`python -m tests.durable.j1` ends processes at 200 points on each database: `--points 24` does so
quickly, `--database sqlite` on one. A process serves one request with a real server, and ends by
`os._exit` in front of the n-th line of Python, counted from the first statement of the endpoint on.
"""

import argparse
import os
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import psycopg
import uvicorn
from sqlalchemy import ForeignKey, make_url
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import BackgroundTasks, Depends, FastAPI
from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from tests.sql.servers import fresh_database
from tools.postgresql import Server

DATABASES = ("sqlite", "asyncpg", "psycopg")
PROTOCOL = "pronghorn.adapters.uvicorn_protocol:PronghornProtocol"
ENDED_BY_POINT = 86
#: The modules that a program loads while it starts and answers.
LOADED = ("dbos", "aiosqlite", "asyncpg", "uvicorn.lifespan.on", "uvicorn.loops.auto")
LOADED += (PROTOCOL.partition(":")[0], "pronghorn.adapters.uvicorn_websockets")
LOADED += ("pronghorn.routes.app_scope", "pronghorn.compile.durable_tasks")
LOADED += tuple(
    f"sqlalchemy.dialects.{name}" for name in ("sqlite.aiosqlite", "postgresql.asyncpg")
)
#: Requests before the one that counts: most lines of a first request prepare the others.
WARM = 2
#: Seconds to wait for what takes less than one.
PATIENCE = 60.0


class Base(DeclarativeBase):
    """The tables of the program."""


class Order(Base):
    """An order."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    before: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))


async def send_receipt(order: int) -> None:
    """Send a receipt; no worker runs here, so nobody does."""


# --- the point at which a process ends ------------------------------------------------------------


class Point:
    """Counts the lines of Python that run, and ends the process in front of one of them.

    Attributes:
        number: The number of the line; None to count only.
        seen: The number of lines so far.
        passed: How many requests are still to pass before.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.seen = 0
        self.passed = WARM

    def begin(self) -> None:
        """Count from here on, also in the functions that have called this one."""
        self.passed -= 1
        if self.passed >= 0:
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            frame.f_trace = self._trace
            frame = frame.f_back
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.seen += 1
            if self.seen == self.number:
                os._exit(ENDED_BY_POINT)
        return self._trace


POINT = Point()


# --- the program ----------------------------------------------------------------------------------


def make_app(url: str) -> FastAPI:
    """Return a program that adds an order and its task in several ways."""
    db = Database(url)
    app = FastAPI(lifespan=db.lifespan, jobs=Jobs(db), background_tasks="durable")

    async def add(session: AsyncSession) -> int:
        order = Order()
        session.add(order)
        await session.flush()
        return order.id

    async def add_before(session: db.Session) -> int:  # type: ignore[valid-type]  # of a variable
        POINT.begin()
        return await add(session)

    @app.post("/session", status_code=201)
    async def in_session(session: db.Session, tasks: BackgroundTasks) -> int:  # type: ignore[valid-type]
        POINT.begin()
        number = await add(session)
        tasks.add_task(send_receipt, number)
        return number

    @app.post("/commit", status_code=201)
    async def commits(tasks: BackgroundTasks, session: db.Session) -> int:  # type: ignore[valid-type]
        POINT.begin()
        number = await add(session)
        tasks.add_task(send_receipt, number)
        await session.commit()  # type: ignore[attr-defined]
        return number

    @app.post("/block", status_code=201)
    async def in_block(tasks: BackgroundTasks) -> int:
        POINT.begin()
        async with db.transaction() as session:
            number = await add(session)
            tasks.add_task(send_receipt, number)
        return number

    @app.post("/thread", status_code=201)
    def in_thread(number: Annotated[int, Depends(add_before)], tasks: BackgroundTasks) -> int:
        tasks.add_task(send_receipt, number)
        return number

    app.state.db = db
    return app


WAYS = ("session", "commit", "block", "thread")


def serve(listener: socket.socket, url: str, number: int | None, counted: int) -> None:
    """Serve requests in this process, which was forked, and write how many lines the last ran."""
    POINT.number = number
    config = uvicorn.Config(make_app(url), http=PROTOCOL, lifespan="on", log_level="critical")
    server = uvicorn.Server(config)
    on_tick = server.on_tick

    async def end_after_one(counter: int) -> bool:
        if POINT.seen and not server.server_state.tasks:
            sys.settrace(None)
            server.should_exit = True
        return await on_tick(counter)

    server.on_tick = end_after_one  # type: ignore[method-assign]  # uvicorn has no hook for it
    server.run(sockets=[listener])
    os.write(counted, str(POINT.seen).encode())


# --- what is left ---------------------------------------------------------------------------------


@dataclass
class Left:
    """What is in a database after a process has ended."""

    orders: list[int]
    tasks: list[int]


def read_left(url: str) -> Left:
    """Return the orders, and the orders of the tasks; wait for transactions that still end."""
    found = make_url(url)
    orders = "SELECT id FROM orders ORDER BY id"
    if found.get_backend_name() == "sqlite":
        arguments = "json_extract(arguments, '$.order')"
        with sqlite3.connect(str(found.database)) as connection:
            return _read(connection.execute, orders, arguments)
    plain = found.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        _wait_until_alone(connection)
        return _read(connection.execute, orders, "(arguments::json->>'order')::int")


def _read(execute: Any, orders: str, arguments: str) -> Left:
    tasks = f"SELECT {arguments} FROM pronghorn_jobs ORDER BY 1"
    return Left([row[0] for row in execute(orders)], [row[0] for row in execute(tasks)])


def _wait_until_alone(connection: psycopg.Connection) -> None:
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    until = time.monotonic() + PATIENCE
    while connection.execute(others + "pg_backend_pid()").fetchone() != (0,):
        if time.monotonic() > until:
            raise TimeoutError("a process has ended, and its transaction has not")
        time.sleep(0.01)


# --- the campaign ---------------------------------------------------------------------------------


@dataclass
class Result:
    """What a campaign has found.

    Attributes:
        points: The number of processes that were ended.
        kept: How many of them have left their order.
        answered: How many clients got a response.
        failures: What does not hold.
    """

    points: int = 0
    kept: int = 0
    answered: int = 0
    failures: list[str] = field(default_factory=list)


def run_points(url: str, points: int, ways: Sequence[str] = WAYS) -> Result:
    """End processes at points that are spread over a request, and compare orders with tasks.

    Args:
        url: An empty database.
        points: The number of points, over all ways.
        ways: The endpoints of the program.
    """
    for module in LOADED:
        import_module(module)  # Otherwise each process would.
    result = Result()
    lines: dict[str, int] = {}
    for way in ways:
        status, lines[way] = run_one(url, way, None)
        if status != 201:
            result.failures.append(f"{way}: {status} without an end")
    known = len(read_left(url).orders)
    for index in range(points):
        way = ways[index % len(ways)]
        number = choose(index // len(ways), points / len(ways), lines[way])
        status, _ = run_one(url, way, number)
        left = read_left(url)
        added = len(left.orders) - known - WARM
        known = len(left.orders)
        result.points += 1
        result.kept += added
        result.answered += status is not None
        where = f"{way}, line {number} of {lines[way]}"
        if left.orders != left.tasks:
            differing = sorted(set(left.orders) ^ set(left.tasks))
            result.failures.append(f"{where}: orders or tasks are alone: {differing}")
            return result
        if status is not None and (status, added) != (201, 1):
            result.failures.append(
                f"{where}: the client got {status}, and {added} orders were kept"
            )
    return result


def choose(index: int, points: float, lines: int) -> int:
    """Return the number of the line for a point: every other is near the commit, at the end."""
    first = lines - lines // 10 if index % 2 == 0 else 0
    return 1 + first + int((lines - first) * index / points)


def run_one(url: str, way: str, number: int | None) -> tuple[int | None, int]:
    """Serve a request in a process that ends at a point.

    Returns:
        The status that the client got, None without a response; and the lines that have run.
    """
    reading, writing = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        process = os.fork()
        if process == 0:
            code = 1
            try:
                serve(listener, url, number, writing)
                code = 0
            finally:
                os._exit(code)
        os.close(writing)
    for _ in range(WARM):
        if ask(address, way) != 201:
            raise RuntimeError("a request failed in a process that was not to end")
    status = ask(address, way)
    _, code = os.waitpid(process, 0)
    counted = os.read(reading, 100)
    os.close(reading)
    if os.waitstatus_to_exitcode(code) not in (0, ENDED_BY_POINT):
        raise RuntimeError(f"the server ended with {os.waitstatus_to_exitcode(code)}")
    return status, int(counted or 0)


def ask(address: tuple[str, int], way: str) -> int | None:
    """Send a request; return the status of the response, or None if there was none."""
    with socket.create_connection(address, PATIENCE) as connection:
        head = f"POST /{way} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())
        answer = b""
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
    status, separator, _ = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]) if separator else None


@contextmanager
def databases(names: list[str]) -> Iterator[Iterator[tuple[str, str]]]:
    """Yield the name and the URL of an empty database for each driver."""

    def each(server: Server | None, folder: str) -> Iterator[tuple[str, str]]:
        for name in names:
            if server is None or name == "sqlite":
                yield name, f"sqlite:///{Path(folder) / 'j1.db'}"
                continue
            with fresh_database(server) as database:
                yield name, server.url(database, name)

    with tempfile.TemporaryDirectory() as folder:
        if names == ["sqlite"]:
            yield each(None, folder)
            return
        with Server() as server:
            yield each(server, folder)


def prepare(url: str) -> None:
    """Create the tables, in a process of its own: this one forks, and must have no connection."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            import asyncio

            asyncio.run(_create(url))
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(process, 0)[1]:
        raise RuntimeError("the tables could not be created")


async def _create(url: str) -> None:
    db = Database(url)
    async with db.transaction() as session:
        await session.run_sync(lambda inner: Base.metadata.create_all(inner.connection()))
    await Jobs(db).prepare()
    await db.dispose()


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.durable.j1", description=__doc__)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--url", help="an empty database to use instead")
    options = parser.parse_args(arguments)
    failed = False
    given = nullcontext(iter([(str(options.url), str(options.url))]))
    named = options.database or list(DATABASES)
    with given if options.url else databases(named) as chosen:
        for name, url in chosen:
            start = time.monotonic()
            prepare(url)
            result = run_points(url, options.points, options.way or WAYS)
            failed = failed or bool(result.failures)
            text = "FAILED" if result.failures else "ok"
            seconds = time.monotonic() - start
            head = f"J1 {text}  {name}: {result.points} points, {result.kept} orders kept, each "
            head += f"with its task; {result.answered} answers ({seconds:.0f} s)"
            sys.stdout.write("\n  ".join([head, *result.failures]) + "\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
