"""The clock of the database, for times that several hosts compare: their own clocks differ."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, Dialect, cast, func, literal_column


def now_ms(dialect: Dialect | str) -> ColumnElement[int]:
    """Return the expression for the time of the database, as milliseconds since 1970 in UTC.

    Each statement reads the clock anew, also within one transaction, and has one time: values that
    it writes together are equal, and an index can find what is older.

    Args:
        dialect: The dialect of the database or its name, such as `db.engine.dialect`.
    """
    if (dialect if isinstance(dialect, str) else dialect.name) == "sqlite":
        # The Julian day of 1970-01-01; SQLite has `unixepoch('subsec')` only since 3.42.
        days = func.julianday("now") - literal_column("2440587.5")
        return cast(func.round(days * literal_column("86400000.0")), BigInteger)
    seconds = func.date_part("epoch", func.statement_timestamp())
    return cast(func.round(seconds * literal_column("1000")), BigInteger)
