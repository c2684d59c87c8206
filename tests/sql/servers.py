"""Databases on the server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

from tools.postgresql import Server

_numbers = count(1)


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Create an empty database, return its name, and drop it with all connections at the end."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        # The other strategy writes each page into the log, which takes longer for an empty one.
        strategy = " STRATEGY file_copy" if connection.info.server_version >= 150000 else ""
        connection.execute(f"CREATE DATABASE {name}{strategy}")
    yield name
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
