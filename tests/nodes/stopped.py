"""Stop a process for a while, so that it seems to be dead."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
from contextlib import closing

from sqlalchemy import make_url


async def stop(process: subprocess.Popen[str], url: str) -> None:
    """Stop a process; on SQLite at a moment at which it does not lock the whole database."""
    process.send_signal(signal.SIGSTOP)
    while url.startswith("sqlite") and is_locked(make_url(url).database or ""):
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.03)
        process.send_signal(signal.SIGSTOP)


def is_locked(file: str) -> bool:
    """Return whether another process keeps writing into a database of SQLite."""
    with closing(sqlite3.connect(file, timeout=0.3, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False
