"""PostgreSQL by asyncpg or psycopg: the pool, the time limits, and what is done when they pass."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from math import ceil
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pronghorn.sql.aborted import refuse_aborted_commits
from pronghorn.sql.options import EngineOptions
from pronghorn.sql.pool import ask_only_in_doubt
from pronghorn.sql.protection import protect, protect_connecting, protect_operations
from pronghorn.sql.read_only import make_read_only

# The server ends a statement that takes too long. Only if it is silent for so much longer, the
# connection is cut here.
GRACE_SECONDS = 5.0


def create_postgresql_engines(url: URL, options: EngineOptions) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engine whose transactions may write, and the one whose transactions only read.

    Both have the same connections.
    """
    is_asyncpg = url.get_driver_name() == "asyncpg"
    arguments = _asyncpg_arguments(options) if is_asyncpg else _psycopg_arguments(url, options)
    given = dict(options.get("connect_args", {}))
    if is_asyncpg:
        url, settings = _move_libpq_names(url, arguments)
        arguments["server_settings"] |= settings | given.pop("server_settings", {})
    elif "options" in given:
        arguments["options"] = f"{arguments.get('options', '')} {given.pop('options')}".strip()
    engine = create_async_engine(
        url,
        echo=options.get("echo", False),
        pool_size=options.get("pool_size", 10),
        max_overflow=options.get("max_overflow", 0),
        pool_timeout=options.get("pool_timeout", 5.0),
        pool_recycle=options.get("pool_recycle", 1800),
        pool_pre_ping=True,
        connect_args={**arguments, **given},
    )
    _protect(engine, options, is_asyncpg)
    return engine, make_read_only(engine)


def _protect(engine: AsyncEngine, options: EngineOptions, is_asyncpg: bool) -> None:
    cut: Callable[[Any], object] = _cut_asyncpg if is_asyncpg else cut_psycopg
    limit = options.get("statement_timeout", 30.0)
    protect_operations(engine, limit + GRACE_SECONDS if limit else None, cut)
    dialect: Any = engine.dialect
    seconds = options.get("connect_timeout", 5.0)
    protect_connecting(engine, seconds)
    dialect.do_ping = protect(dialect.do_ping, seconds, cut)
    refuse_aborted_commits(engine)
    ask_only_in_doubt(engine, _is_asyncpg_lost if is_asyncpg else _is_psycopg_lost)
    # A server that is silent must not hold a shutdown; asyncpg's `close` would wait for ever.
    if is_asyncpg:
        dialect.do_close = dialect.do_terminate


def _settings(options: EngineOptions) -> dict[str, str]:
    """Return the settings that the server gets with each connection."""
    if options.get("transaction_pooler"):
        return {}
    limits = {
        "statement_timeout": options.get("statement_timeout", 30.0),
        "idle_in_transaction_session_timeout": options.get("idle_in_transaction_timeout", 60.0),
    }
    return {name: str(ceil(seconds * 1000)) for name, seconds in limits.items()}


def _asyncpg_arguments(options: EngineOptions) -> dict[str, Any]:
    name = options.get("application_name", "pronghorn")
    arguments: dict[str, Any] = {
        "server_settings": {"application_name": name, **_settings(options)},
    }
    if options.get("transaction_pooler"):
        arguments |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
        arguments["prepared_statement_name_func"] = lambda: f"__pronghorn_{uuid4()}__"
    return arguments


def _psycopg_arguments(url: URL, options: EngineOptions) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "application_name": options.get("application_name", "pronghorn"),
    }
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    if options.get("transaction_pooler"):
        return {**arguments, "prepare_threshold": None}
    # The last of two values for one setting holds.
    settings = " ".join(f"-c {name}={value}" for name, value in _settings(options).items())
    return {**arguments, "options": f"{settings} {url.query.get('options', '')}".strip()}


def _move_libpq_names(url: URL, arguments: dict[str, Any]) -> tuple[URL, dict[str, str]]:
    """Return a URL without the parameters that asyncpg knows by other names, and their settings."""
    query = dict(url.query)
    if "sslmode" in query:
        arguments["ssl"] = query.pop("sslmode")
    settings = {}
    if "application_name" in query:
        settings["application_name"] = str(query.pop("application_name"))
    return url.set(query=query), settings


def _is_asyncpg_lost(driver: Any) -> bool:
    return bool(driver.is_closed())


def _is_psycopg_lost(driver: Any) -> bool:
    """Return whether the server has said something to a connection that nobody used: farewell."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


def _cut_asyncpg(driver: Any) -> None:
    driver.terminate()


def cut_psycopg(driver: Any) -> None:
    """End the traffic of a connection; closing it would leave its task waiting for the socket."""
    if not driver.closed:
        with socket.socket(fileno=os.dup(driver.pgconn.socket)) as copy:
            copy.shutdown(socket.SHUT_RDWR)
