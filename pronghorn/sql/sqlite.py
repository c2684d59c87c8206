"""SQLite: write-ahead log, foreign keys, real transactions; one connection writes, several read.

SQLite has one writer at a time. A transaction that begins with a read and then writes fails at once
with "database is locked" if another one has written in between; no timeout helps. So a transaction
that may write takes the lock when it begins, and the transactions of one process queue for one
connection, first come, first served.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from pronghorn.sql.fair import FairPool
from pronghorn.sql.hops import HAS_HOPS, hop, shares_cache
from pronghorn.sql.one_hop import (
    FITS,
    count_operations,
    is_busy,
    protect_other_cursors,
    run_at_once,
    use_one_hop,
)
from pronghorn.sql.open_streams import end_streams
from pronghorn.sql.options import EngineOptions
from pronghorn.sql.protection import STATEMENTS, protect_connecting, protect_operations
from pronghorn.sql.threads import end_threads, note_thread
from pronghorn.sql.uncancelled import finish, postpone_cancellation

# How long a transaction waits for the lock of another process.
BUSY_SECONDS = 10.0
_MEMORY = (None, "", ":memory:")


def create_sqlite_engines(url: URL, options: EngineOptions) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engine whose transactions may write, and the one whose transactions only read."""
    temporary = None
    if url.database in _MEMORY:
        handle, temporary = tempfile.mkstemp(prefix="pronghorn-", suffix=".sqlite")
        os.close(handle)
        url = url.set(database=temporary)
    is_temporary = temporary is not None
    writer = _create_engine(url, options, pool_size=1, reads=False, is_temporary=is_temporary)
    size = options.get("pool_size", 10)
    reader = _create_engine(url, options, pool_size=size, reads=True, is_temporary=is_temporary)
    if temporary is not None:
        # It outlives a shutdown, and a process that was forked leaves it to this one.
        weakref.finalize(writer.sync_engine, _remove, temporary, os.getpid())
    return writer, reader


def _remove(path: str, process: int) -> None:
    if os.getpid() != process:
        return
    for name in (path, f"{path}-wal", f"{path}-shm"):
        with suppress(OSError):
            Path(name).unlink()


def _create_engine(
    url: URL, options: EngineOptions, *, pool_size: int, reads: bool, is_temporary: bool
) -> AsyncEngine:
    connection_class = partial(_Connection, reads=reads, is_temporary=is_temporary)
    arguments = {"isolation_level": None, "timeout": BUSY_SECONDS, "factory": connection_class}
    if reads:
        arguments["check_same_thread"] = False  # See `pronghorn.sql.prepared.quick`.
    engine = create_async_engine(
        url,
        echo=options.get("echo", False),
        poolclass=FairPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=options.get("pool_timeout", 5.0),
        connect_args={**arguments, **options.get("connect_args", {})},
    )
    use_one_hop(engine)
    at_once = reads and HAS_HOPS and not shares_cache(url)
    if at_once:
        count_operations(engine)
    _begin_for_real(engine, "BEGIN" if reads else "BEGIN IMMEDIATE", at_once=at_once)
    _protect(engine)
    if at_once:
        _end_at_once(engine)
    if reads:
        end_streams(engine)
    end_threads(engine)
    protect_connecting(engine)
    return engine


class _Connection(sqlite3.Connection):
    """A connection that is set up where it is opened, in the thread of the driver."""

    def __init__(self, path: str, *args: Any, reads: bool, is_temporary: bool, **kw: Any) -> None:
        try:
            super().__init__(path, *args, **kw)
            self.execute("PRAGMA foreign_keys = ON")
            _switch_to_log(self)
            if is_temporary:
                self.execute("PRAGMA synchronous = OFF")
            if reads:
                self.execute("PRAGMA query_only = ON")
        except Exception as error:
            with suppress(sqlite3.Error):  # Nothing is open.
                self.close()
            note_thread(error)
            if "unable to open database file" not in str(error):
                raise
            explained = sqlite3.OperationalError(_explain_path(path))
            note_thread(explained)
            raise explained from error


def _explain_path(path: str) -> str:
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return f"unable to open database file {path}: there is no folder {folder}"
    return f"unable to open database file {path}: this process may not read or write it"


def _switch_to_log(connection: sqlite3.Connection) -> None:
    """Use the write-ahead log, so that readers and the writer do not wait for each other.

    The first process of several that start together gets the lock for this, the others an error
    at once, for which the busy timeout does not count.
    """
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode == "delete":
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if "readonly" in str(error):
                return
            if "locked" not in str(error) or monotonic() > deadline:
                raise
        sleep(0.01)


def _protect(engine: AsyncEngine) -> None:
    """Let each operation end before a cancellation; most statements do that by themselves."""
    dialect: Any = engine.dialect
    plain = {name: getattr(dialect, name) for name in STATEMENTS}
    protect_operations(engine, None, lambda _: None)
    if FITS:
        for name in STATEMENTS:
            setattr(dialect, name, protect_other_cursors(plain[name], getattr(dialect, name)))


def _end_at_once(engine: AsyncEngine) -> None:
    """End a transaction that has only read without a hop: nothing is written, nobody waits."""
    dialect: Any = engine.dialect
    for name, statement in (("do_commit", "COMMIT"), ("do_rollback", "ROLLBACK")):
        setattr(dialect, name, _at_once(statement, getattr(dialect, name)))


def _at_once(statement: str, otherwise: Callable[[Any], None]) -> Callable[[Any], None]:
    def run(connection: Any) -> None:
        driver = connection.driver_connection
        if is_busy(driver):  # Even `in_transaction` would wait, in this thread.
            with suppress(Exception):
                await_only(postpone_cancellation(hop(driver, lambda _: None)))
        if not (driver.in_transaction and run_at_once(driver, statement)):
            otherwise(connection)

    return run


def _begin_for_real(engine: AsyncEngine, statement: str, *, at_once: bool) -> None:
    """Begin each transaction with a statement, which the driver of Python does only before writes.

    With the isolation level AUTOCOMMIT, as for VACUUM, nothing begins.

    Args:
        engine: A new engine.
        statement: The statement.
        at_once: Whether it waits for nothing, so that it needs no thread.
    """
    dialect: Any = engine.dialect
    without: weakref.WeakSet[Any] = weakref.WeakSet()

    def begin(connection: Any) -> None:
        driver = connection.driver_connection
        if driver not in without and not (at_once and run_at_once(driver, statement)):
            await_only(finish(driver.execute(statement)))

    def set_isolation_level(connection: Any, level: str) -> None:
        if level == "AUTOCOMMIT":
            without.add(connection.driver_connection)
        else:
            without.discard(connection.driver_connection)

    dialect.do_begin = begin
    dialect.set_isolation_level = set_isolation_level
