"""The options of connections, under the names that SQLAlchemy has for them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import inf
from typing import Any, TypedDict

from pronghorn.core.numbers import is_number, is_whole, show
from pronghorn.core.setup_errors import user_error


class EngineOptions(TypedDict, total=False):
    """The options of `Database` for its connections.

    Attributes:
        pool_size: How many connections a process keeps open; 10 by default. SQLite has as many that
            read, and one that writes.
        max_overflow: How many more it opens in a rush, and closes again; 0 by default.
        pool_timeout: The seconds that a request waits for a free connection; 5 by default,
            `math.inf` for no limit.
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
    pool_recycle: float
    connect_timeout: float
    statement_timeout: float
    idle_in_transaction_timeout: float
    application_name: str
    transaction_pooler: bool
    connect_args: dict[str, Any]
    echo: bool


#: The options that count something, and cannot be parts of it.
_WHOLE = {"pool_size", "max_overflow"}
#: Those that the pool compares with its clock, so that they may be as long as one likes.
_ENDLESS = {"pool_timeout", "pool_recycle"}
#: The most seconds: PostgreSQL counts milliseconds in 32 bits, which are 24 days.
_MOST = 2_147_483
#: The options that are numbers, each with the lowest one.
_LOWEST = {
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 0,
    "pool_recycle": -1,
    "connect_timeout": 0,
    "statement_timeout": 0,
    "idle_in_transaction_timeout": 0,
}


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse options that do not exist, and numbers that make no sense.

    Raises:
        SetupError: An option is wrong; the message says what to write.
    """
    known = sorted(EngineOptions.__optional_keys__)
    for name, value in options.items():
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise user_error(
                f"Database has no option {name!r}.",
                f"The option {close[0]!r}." if close else None,
                f"Database(url, {close[0]}=...)" if close else ", ".join(known),
            )
        lowest = _LOWEST.get(name)
        if lowest is not None and not _is_possible(name, value, lowest):
            raise user_error(
                f"The option {name} of Database is {show(value)}, not a number from {lowest} on.",
                f"The most is {_MOST:_}." if is_number(value) and value > _MOST else None,
                f"Database(url, {name}={max(lowest, 5)})",
            )


def _is_possible(name: str, value: Any, lowest: int) -> bool:
    if name in _ENDLESS:
        return value == inf or (is_number(value) and lowest <= value)
    is_kind = is_whole if name in _WHOLE else is_number
    return is_kind(value) and lowest <= value <= _MOST
