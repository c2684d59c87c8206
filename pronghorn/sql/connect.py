"""Engines: a URL becomes a pool of connections, with the settings that each database needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def complete_url(url: str | URL) -> URL:
    """Return a URL with an asynchronous driver; one that names only the database gets ours."""
    found = make_url(url)
    return found.set(drivername=ASYNC_DRIVERS.get(found.drivername, found.drivername))


def create_engine(url: str | URL) -> AsyncEngine:
    """Return a pool of connections; the first statement opens the first of them."""
    engine = create_async_engine(complete_url(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()
