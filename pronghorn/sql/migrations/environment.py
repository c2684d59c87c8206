"""Run migrations for `env.py`, below `pronghorn db` and below Alembic's own command."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

from alembic import context

from pronghorn.sql.database import Database
from pronghorn.sql.migrations.connection import connect, transaction_around
from pronghorn.sql.own_tables import is_own_table

#: The keys in `config.attributes`. The first is the one of Alembic's cookbook.
CONNECTION, DATABASE = "connection", "pronghorn.database"


def run_migrations(database: str = "", **options: Any) -> None:
    """Run the migrations that the current command asks for; `env.py` calls this.

    Args:
        database: The `Database` as an import string, such as `"shop.database:db"`. Only Alembic's
            own command needs it; `pronghorn db` knows the database.
        options: Further arguments of `alembic.context.configure`, such as `include_object`.
    """
    attributes = context.config.attributes
    found: Database = attributes.get(DATABASE) or _import(database)
    if context.is_offline_mode():
        name = found.engine.dialect.name
        _run(
            found,
            options,
            dialect_name=name,
            literal_binds=True,
            dialect_opts={"paramstyle": "named"},
        )
    elif CONNECTION in attributes:
        _run(found, options, connection=attributes[CONNECTION])
    else:
        asyncio.run(_connect_and_run(found, options))


def _import(database: str) -> Database:
    module, separator, name = database.partition(":")
    if not (module and separator and name):
        raise LookupError(
            "alembic does not know the database: write in env.py "
            'run_migrations("package.module:db"), or use pronghorn db'
        )
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, Database):
        raise TypeError(f"{database} in env.py is not a Database but {found!r}")
    return found


async def _connect_and_run(database: Database, options: dict[str, Any]) -> None:
    async with connect(database) as connection, transaction_around(connection):
        await connection.run_sync(lambda given: _run(database, options, connection=given))


def _run(database: Database, options: dict[str, Any], **target: Any) -> None:
    include = _leave_own_tables(options.get("include_object"))
    context.configure(**{**_own_options(database), **target, **options, "include_object": include})
    with context.begin_transaction():
        context.run_migrations()


def _leave_own_tables(include: Callable[..., bool] | None) -> Callable[..., bool]:
    """Return an `include_object` that leaves the tables of batteries to them.

    Args:
        include: That of the program, if it has one.
    """

    def include_object(item: Any, name: Any, kind: str, *others: Any) -> bool:
        return not is_own_table(kind, item) and (
            include is None or include(item, name, kind, *others)
        )

    return include_object


def _own_options(database: Database) -> dict[str, Any]:
    return {
        "target_metadata": database.metadata,
        "compare_type": True,
        # SQLite cannot alter most things, so Alembic copies the table.
        "render_as_batch": database.engine.dialect.name == "sqlite",
        "transaction_per_migration": True,
        "render_item": _import_type,
    }


def _import_type(kind: str, item: Any, autogenerating: Any) -> bool:
    """Let a new file import the module of a type that is not SQLAlchemy's own."""
    module = type(item).__module__
    if kind == "type" and module.partition(".")[0] != "sqlalchemy":
        autogenerating.imports.add(f"import {module}")
    return False  # Alembic writes the type.
