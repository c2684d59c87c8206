"""Wake-ups through PostgreSQL: LISTEN and NOTIFY, on one connection of each process.

A notification carries names of channels, never entries: it is at most 7,999 bytes long, and it is
lost while nobody is connected. Whoever is woken looks into the log.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pronghorn.channels.log import Ring
from pronghorn.channels.wake_ups import ring_names
from pronghorn.logger import logger
from pronghorn.sql import Database
from pronghorn.sql.connect import close_engines
from pronghorn.sql.postgresql import cut_psycopg
from pronghorn.sql.uncancelled import finish

#: The channel of PostgreSQL for all channels of a program.
NOTIFY = "pronghorn_channels"
#: The seconds between two questions whether the connection is alive, and for their answer.
_CHECK, _ANSWER = 10.0, 5.0
#: The longest pause before a lost connection is opened again, in seconds.
_LONGEST_PAUSE = 2.0


async def listen(db: Database, ring: Ring) -> None:
    """Listen until the task is cancelled, and connect again when the connection is lost.

    A cancellation waits for what is asked of the server at that moment, and for the end of the
    connection: a driver that is interrupted there would be reported as a failure.

    Args:
        db: The database. The connection is none of those of its sessions.
        ring: Called for each name, and with None after each new connection.
    """
    engines = db.make_engines()
    try:
        await _keep_listening(engines.write, ring)
    finally:
        await finish(close_engines(engines, seconds=0))


async def _keep_listening(engine: AsyncEngine, ring: Ring) -> None:
    pause = 0.0
    while True:
        try:
            await _listen_once(engine, ring)
        except Exception as error:  # noqa: BLE001 - any driver, any reason: readers look by themselves
            logger.debug("The listener of channels lost its connection: %s", error)
            # Not all processes at once, when a server is back.
            pause = min(_LONGEST_PAUSE, max(0.05, 2 * pause))
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
        else:
            pause = 0.0


async def _listen_once(engine: AsyncEngine, ring: Ring) -> None:
    """Listen on one connection; return or raise when it is lost."""
    connection = await engine.connect()
    try:
        await _listen(connection, ring)
    finally:
        await finish(connection.close())


async def _listen(connection: AsyncConnection, ring: Ring) -> None:
    connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.driver == "asyncpg":
        await _listen_asyncpg(connection, driver, ring)
    else:
        await _listen_psycopg(connection, driver, ring)


async def _listen_asyncpg(connection: AsyncConnection, driver: Any, ring: Ring) -> None:
    is_lost = asyncio.Event()
    driver.add_termination_listener(lambda _: is_lost.set())
    added = driver.add_listener(NOTIFY, lambda _, __, ___, payload: ring_names(payload, ring))
    await finish(added, _ANSWER, driver.terminate)
    ring(None, 0)
    while not is_lost.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(is_lost.wait(), _CHECK)
        if not is_lost.is_set():
            # Without an answer, the connection is silent, although nobody has closed it.
            await finish(connection.execute(text("SELECT 1")), _ANSWER, driver.terminate)


async def _listen_psycopg(connection: AsyncConnection, driver: Any, ring: Ring) -> None:
    cut = partial(cut_psycopg, driver)
    await finish(connection.execute(text(f"LISTEN {NOTIFY}")), _ANSWER, cut)
    ring(None, 0)
    while True:
        async for notification in driver.notifies(timeout=_CHECK):
            ring_names(notification.payload, ring)
        await finish(connection.execute(text("SELECT 1")), _ANSWER, cut)
        ring(None, 0)  # A notification that came beside that question may be lost.
