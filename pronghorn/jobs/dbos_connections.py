"""The connections of DBOS, which has drivers of its own: psycopg, and Python's for SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from inspect import isawaitable
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from pronghorn.jobs.dbos_tls import read_tls
from pronghorn.sql import Database

#: The most connections to PostgreSQL of a worker.
_CONNECTIONS = 5
#: The seconds for which a connection to SQLite waits for the lock of writers.
_BUSY = 30.0


class StoppedError(Exception):
    """A thread of DBOS wants to connect after its worker has stopped."""


def find_url(database: Database) -> URL:
    """Return the address of a database for the drivers of DBOS."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    known = {
        option.keyword.decode() for option in import_module("psycopg.pq").Conninfo.get_defaults()
    }
    query = {("sslmode" if name == "ssl" else name): value for name, value in url.query.items()}
    given = dict(database.options.get("connect_args", {}))
    tls = read_tls(given.pop("ssl", None))
    query |= {name: str(value) for name, value in given.items() if isinstance(value, (str, int))}
    query |= tls
    kept = {name: value for name, value in query.items() if name in known}
    return url.set(drivername="postgresql+psycopg", query=kept)


def password_function(database: Database) -> Callable[[], Any] | None:
    """Return the function that makes passwords, which asyncpg takes in place of one."""
    given = database.options.get("connect_args", {}).get("password")
    return given if callable(given) else None


async def ask_password(ask: Callable[[], Any]) -> str:
    """Return the password of this moment, such as a token that expires.

    Args:
        ask: The function of the program; it may be asynchronous.
    """
    found = ask()
    return str(await found if isawaitable(found) else found)


class Connections:
    """The engine of SQLAlchemy that DBOS gets.

    Args:
        database: The database of the program.

    Attributes:
        engine: The engine.
    """

    def __init__(self, database: Database) -> None:
        url = find_url(database)
        self._is_closed = False
        is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _for_sqlite(url) if is_sqlite else _for_postgresql(url, database)
        event.listen(self.engine, "do_connect", self._check)
        event.listen(self.engine, "checkin", self._end)

    def _check(self, *_: Any) -> None:
        if self._is_closed:  # DBOS would try for ever, and keep the process from ending.
            raise StoppedError("the worker has stopped")

    def _end(self, _: Any, record: ConnectionPoolEntry) -> None:
        if self._is_closed:  # A thread of DBOS had it, and its pool is gone.
            record.invalidate()

    def close(self) -> None:
        """Close all connections; later nobody gets one."""
        self._is_closed = True
        self.engine.dispose()


def _for_sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def _for_postgresql(url: URL, database: Database) -> Engine:
    options = database.options
    arguments: dict[str, Any] = {"application_name": "pronghorn jobs"}
    if options.get("transaction_pooler"):
        arguments["prepare_threshold"] = None
    else:
        limit = "-c idle_in_transaction_session_timeout=60000"
        arguments["options"] = f"{limit} {url.query.get('options', '')}".strip()
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = max(1, round(options.get("connect_timeout", 5.0)))
    engine = create_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args=arguments,
    )
    ask = password_function(database)
    if ask is not None:

        @event.listens_for(engine, "do_connect")
        def renew(_: Any, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
            # In a thread of its own, since the event loop of this one may run.
            with ThreadPoolExecutor(1) as thread:
                parameters["password"] = thread.submit(asyncio.run, ask_password(ask)).result()

    return engine
