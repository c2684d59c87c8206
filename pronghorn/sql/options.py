"""The options of connections, under the names that SQLAlchemy has for them."""

from __future__ import annotations

from typing import Any, TypedDict


class EngineOptions(TypedDict, total=False):
    """The options of `Database` for its connections.

    Attributes:
        pool_size: How many connections a process keeps open; 10 by default. SQLite has as many that
            read, and one that writes.
        max_overflow: How many more it opens in a rush, and closes again; 0 by default.
        pool_timeout: The seconds that a request waits for a free connection; 5 by default.
        pool_recycle: The seconds after which a connection is replaced; 1800 by default, -1 for
            never.
        connect_timeout: The seconds for opening a connection, and for testing one; 5 by default.
        statement_timeout: The seconds after which the server ends a statement; 30 by default, 0 for
            no limit.
        idle_in_transaction_timeout: The seconds after which the server ends a transaction that
            waits for the program; 60 by default, 0 for no limit.
        application_name: The name of the program in `pg_stat_activity`; "pronghorn" by default.
        transaction_pooler: True behind PgBouncer and its like in the mode `transaction`, which
            allows neither settings of a connection nor prepared statements.
        connect_args: Further arguments of the driver's function that opens a connection.
        echo: Whether each statement is logged.
    """

    pool_size: int
    max_overflow: int
    pool_timeout: float
    pool_recycle: int
    connect_timeout: float
    statement_timeout: float
    idle_in_transaction_timeout: float
    application_name: str
    transaction_pooler: bool
    connect_args: dict[str, Any]
    echo: bool
