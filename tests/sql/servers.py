"""Databases on the server of the tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from weakref import WeakKeyDictionary

import psycopg

from tests.contract.servers import PATIENCE
from tools.postgresql import Server

_numbers = count(1)
#: The databases of each server that are empty again; making one takes longer than most tests.
_empty: WeakKeyDictionary[Server, list[str]] = WeakKeyDictionary()
#: The end of a process is waited for, so that the next test does not see its connection.
END_CONNECTIONS = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^public$'"


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Return the name of an empty database, and end all its connections afterwards."""
    empty = _empty.setdefault(server, [])
    name = empty.pop() if empty else _create(server)
    yield name
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        if _clear(connection):
            empty.append(name)
            return
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _create(server: Server) -> str:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        # The other strategy writes each page into the log, which takes longer for an empty one.
        strategy = " STRATEGY file_copy" if connection.info.server_version >= 150000 else ""
        connection.execute(f"CREATE DATABASE {name}{strategy}")
    return name


def _clear(connection: psycopg.Connection) -> bool:
    """Empty a database; return False if it has more than a test usually makes."""
    schemas = connection.execute(SCHEMAS).fetchone()
    if schemas != (0,) or connection.info.server_version < 140000:
        return False
    connection.execute(END_CONNECTIONS)
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that nobody announces; fail if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
