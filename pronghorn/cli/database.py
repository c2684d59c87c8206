"""Find the database of a program, and run what a command wants to do with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pronghorn.cli.discover import AppReference, discover_quietly
from pronghorn.cli.errors import USAGE, CommandError, MissingExtraError, missing
from pronghorn.cli.importing import mistake_of_environment, user_traceback, wants_full_tracebacks
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.logger import logger

if TYPE_CHECKING:
    from pronghorn.sql import Database

__all__ = ["describe", "find_database", "list_migrated", "run", "without_logs"]

ResultT = TypeVar("ResultT")


def find_database(reference: AppReference, name: str | None) -> Any:
    """Import the program, and return its database.

    Args:
        reference: The location of the application as the user gave it.
        name: The name of the database; None if the user named none.

    Raises:
        MissingExtraError: The packages of the extra `sql` are not installed.
        CommandError: The program cannot be imported, has no database, or has several.
    """
    if absent := missing("sqlalchemy", "alembic"):
        raise MissingExtraError(absent, "sql")
    found = discover_quietly(reference)
    databases = list_migrated()
    if not databases:
        raise CommandError(
            f"{found.import_string} makes no Database when it is imported",
            "from pronghorn.sql import Database\n"
            "db = Database(settings.database_url, metadata=Base.metadata)",
        )
    named = [database for database in databases if name in {None, database.name}]
    if len(named) == 1:
        return named[0]
    listed = ", ".join(f"{one.name} ({describe(one)})" for one in databases)
    if not named:
        close = did_you_mean(str(name), [one.name for one in databases])
        raise CommandError(
            f"The program has no database {name!r}; it has: {listed}",
            f"Did you mean --database {close}?" if close else "",
            exit_code=USAGE,
        )
    names = [one.name for one in databases]
    hint = f"Choose one: --database {names[-1]}"
    if len(set(names)) < len(names):
        hint = 'Give each a name: Database(url, name="audit", migrations="migrations/audit")'
    raise CommandError(f"The program has {len(named)} databases: {listed}", hint, exit_code=USAGE)


def list_migrated() -> list[Database]:
    """Return the databases of this process that can have migrations.

    A program may have others, whose tables belong to somebody else. A program with one database
    need not say anything about it.
    """
    if "pronghorn.sql" not in sys.modules:
        return []
    from pronghorn.sql.known import list_databases

    every = list_databases()
    chosen = [one for one in every if one.metadata is not None or one.migrations is not None]
    return chosen or every[:1] if len(every) <= 1 else chosen


@contextmanager
def without_logs() -> Iterator[None]:
    """Let the log be silent in the block, because the command itself says what went wrong."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def describe(database: Any) -> str:
    """Return the URL of a database, without its password."""
    from pronghorn.sql.urls import hide_password

    return hide_password(str(database.engine.url))


def run(work: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Run a coroutine function, and turn the errors of migrations into those of commands.

    Raises:
        CommandError: The database or a migration has refused.
    """
    from pronghorn.sql.migrations import MigrationError

    async def main() -> ResultT:
        return await work()

    try:
        return asyncio.run(main())
    except MigrationError as error:
        detail = user_traceback(error) if wants_full_tracebacks() else ""
        raise CommandError(error.message, error.hint, detail=detail) from error
    except Exception as error:
        if found := mistake_of_environment(error):
            raise found from error
        raise
