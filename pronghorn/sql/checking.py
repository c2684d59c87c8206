"""Ask whether the database answers, also while all connections of the pool are in use.

A check that waits for its turn among the requests would call a database away that is only busy, at
the same time on all hosts, and the load balancer would have none left.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.exceptions import EnvironmentMistake
from pronghorn.sql.connect import Engines, close_engines
from pronghorn.sql.diagnostics import read
from pronghorn.sql.pool import is_surely_alive
from pronghorn.sql.startup import connect_once
from pronghorn.sql.uncancelled import finish

#: How long a check waits until a request gives its connection back. The other half of the time of
#: a `Check` is for a connection of its own.
RETURN_SECONDS = 1.0
#: What PostgreSQL says to a connection that is one too many; psycopg gives no SQLSTATE with it.
#: Poolers such as PgBouncer and Supavisor have no SQLSTATE for that.
_FULL = re.compile(
    r"too many (clients|connections)|connection slots are reserved"
    r"|no more connections allowed|max (clients|client connections) reached",
    re.IGNORECASE,
)


async def check_database(engine: AsyncEngine, make_engines: Callable[[], Engines]) -> None:
    """Return if the database answers this process.

    While all connections of the pool are in use, one that a request gives back is an answer: the
    database has just served it. If none comes back, as in long transactions, a connection that does
    not belong to the pool asks.

    Args:
        engine: The pool of the requests.
        make_engines: Makes other engines for the same database.

    Raises:
        EnvironmentMistake: It does not answer; the text says what to do.
    """
    if _is_used_up(engine):
        # The pool of SQLite is that of all threads, and must not change while one of them looks
        # for listeners. A connection to a file is quickly made, and takes none away.
        if engine.dialect.name != "sqlite" and await _is_given_back(engine):
            return
        if _is_used_up(engine):
            await _ask_outside(make_engines)
            return
    await connect_once(engine)


def _is_used_up(engine: AsyncEngine) -> bool:
    """Return whether all `pool_size` connections are in use; others in a rush are for requests."""
    pool: Any = engine.pool
    return not pool.checkedin() and bool(pool.checkedout() >= pool.size())


async def _is_given_back(engine: AsyncEngine) -> bool:
    """Return whether a connection that works comes back to the pool in time."""
    loop = asyncio.get_running_loop()
    returned: asyncio.Future[bool] = loop.create_future()

    def settle(works: bool) -> None:
        if not returned.done():
            returned.set_result(works)

    def note(adapted: Any, record: Any) -> None:
        works = False
        with suppress(Exception):  # The driver is asked, and the pool must get its connection back.
            driver = record.driver_connection
            works = adapted is not None and is_surely_alive(engine.dialect, driver)
        with suppress(RuntimeError):  # The loop is closed.
            # The garbage collector gives connections back, too, in any thread.
            loop.call_soon_threadsafe(settle, works)

    pool = engine.pool
    # A pool with a listener takes longer, so it has one only now.
    event.listen(pool, "checkin", note)
    try:
        async with asyncio.timeout(RETURN_SECONDS):
            return await returned
    except TimeoutError:
        return False
    finally:
        event.remove(pool, "checkin", note)


async def _ask_outside(make_engines: Callable[[], Engines]) -> None:
    """Return if the database answers on a connection that no pool of requests has."""
    engines = make_engines()
    try:
        await connect_once(engines.read)
    except EnvironmentMistake as error:
        if not _is_full(error.__cause__):
            raise
    finally:
        await finish(close_engines(engines))


def _is_full(error: BaseException | None) -> bool:
    """Return whether the server has answered that all its connections are in use.

    It is there then, and this process has connections: those that are in use.
    """
    if not isinstance(error, DBAPIError):
        return False
    return read(error).state == "53300" or _FULL.search(str(error.orig)) is not None
