"""The tables that batteries keep in the database of a program, beside its models.

Their names begin with `pronghorn_`. They are made when the application starts, if they are missing,
and migrations of the program leave them alone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.setup_errors import setup_error

PREFIX = "pronghorn_"
#: Any number that no other program uses for a lock of the same database.
_LOCK = 7_020_863_401_560
#: A schema of PostgreSQL that belongs to a library below a battery, not to the program.
FOREIGN_SCHEMAS = ("dbos",)


async def create_missing(session: AsyncSession, groups: list[MetaData]) -> None:
    """Create the tables that are not there; several processes may do so at once.

    Args:
        session: A session that writes; on SQLite, its first statement takes the lock of writers.
        groups: The tables, in groups.

    Raises:
        SetupError: A table lacks columns, since another version made it.
    """
    if (await session.connection()).dialect.name == "postgresql":
        if await session.run_sync(lambda given: _has_all(given.connection(), groups)):
            return  # As at nearly every start; many processes start together.
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    await session.run_sync(lambda given: _create(given.connection(), groups))


def _has_all(connection: Connection, groups: list[MetaData]) -> bool:
    """Return whether all tables are there with all columns; two statements tell."""
    wanted = {table.name: table for group in groups for table in group.sorted_tables}
    found = inspect(connection).get_multi_columns(filter_names=list(wanted))
    there = {name: {column["name"] for column in columns} for (_, name), columns in found.items()}
    return all(
        set(table.columns.keys()) <= there.get(name, set()) for name, table in wanted.items()
    )


def _create(connection: Connection, groups: list[MetaData]) -> None:
    for group in groups:
        group.create_all(connection)
    found = inspect(connection)
    for table in (table for group in groups for table in group.sorted_tables):
        there = {column["name"] for column in found.get_columns(table.name)}
        missing = [column.name for column in table.columns if column.name not in there]
        if missing:
            raise setup_error(
                f"The table {table.name} has no column {', '.join(missing)}",
                "another version of pronghorn made it",
                f"ALTER TABLE {table.name} as the CHANGELOG says, or DROP TABLE {table.name} if "
                "its rows are not needed",
            )


def is_own_table(kind: str, item: Any) -> bool:
    """Return whether an object of a database belongs to a battery, for `include_object`.

    Args:
        kind: The kind of object: `table`, `column`, `index` and so on.
        item: The object of SQLAlchemy.
    """
    table = item if kind == "table" else getattr(item, "table", None)
    return table is not None and (
        str(table.name).startswith(PREFIX) or table.schema in FOREIGN_SCHEMAS
    )
