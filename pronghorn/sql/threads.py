"""The threads of aiosqlite, one of each connection: each ends before its caller goes on.

A thread that ends later reports to an event loop that may be closed, which is a traceback on the
standard error and no more; and a task that waits for a report which never comes is never over.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

from pronghorn.sql.uncancelled import postpone_cancellation

#: The attribute of an error with the thread in which a connection was to be opened.
_THREAD = "__pronghorn_thread__"


def note_thread(error: Exception) -> None:
    """Note the running thread, in which a connection could not be opened, at its error."""
    setattr(error, _THREAD, threading.current_thread())


def end_threads(engine: AsyncEngine) -> None:
    """Let the thread of a connection end before opening it fails, or closing it succeeds.

    Args:
        engine: A new engine of aiosqlite, before `protect_connecting`.
    """
    dialect: Any = engine.dialect
    open_connection, terminate = dialect.connect, dialect.do_terminate

    def connect(*arguments: Any, **options: Any) -> Any:
        try:
            return open_connection(*arguments, **options)
        except Exception as error:
            await_only(_wait_for_end(getattr(error, _THREAD, None)))
            raise

    def close(connection: Any) -> None:
        await_only(postpone_cancellation(connection.driver_connection.close()))

    def close_anywhere(connection: Any) -> None:
        """Close a connection that is thrown away, maybe by the garbage collector."""
        (close if in_greenlet() else terminate)(connection)

    dialect.connect = connect
    dialect.do_close = close
    dialect.do_terminate = close_anywhere


async def _wait_for_end(thread: threading.Thread | None, seconds: float = 5.0) -> None:
    for _ in range(round(seconds * 1000)):
        if thread is None or not thread.is_alive():
            break
        await asyncio.sleep(0.001)  # A thread has no event for its end.
