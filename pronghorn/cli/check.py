"""Find all mistakes of a program, and its unsafe settings, without serving it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from textwrap import dedent
from typing import Any

from pronghorn.cli.audited import collect_program
from pronghorn.cli.check_print import Found
from pronghorn.cli.database import list_migrated, run
from pronghorn.cli.discover import AppReference, discover_quietly
from pronghorn.cli.errors import CommandError, missing
from pronghorn.cli.importing import user_traceback
from pronghorn.cli.jobs_find import list_known
from pronghorn.cli.unsafe import Unsafe, find_unsafe
from pronghorn.compile.route_table import matches_by_path
from pronghorn.core.setup_errors import collect_setup_errors
from pronghorn.devtools.inventory import Listed, inner_app, list_routes
from pronghorn.exceptions import FastAPIError
from pronghorn.plan.check_application import check_paths
from pronghorn.routes.app_scope import find_leaves

__all__ = ["find_problems"]


def find_problems(reference: AppReference, *, databases: bool = True) -> Found:
    """Return what is wrong with a program.

    Args:
        reference: The location of the application as the user gave it.
        databases: Connect to the databases, and look for pending migrations.

    Raises:
        CommandError: The program cannot be imported.
    """
    with collect_setup_errors() as collected:
        try:
            found = discover_quietly(reference)
        except CommandError:
            for mistake in collected:
                _as_command_error(mistake).print()
            raise
        routes = list_routes(inner_app(found.app))
        with contextlib.redirect_stdout(sys.stderr):
            late = list(_check_application(inner_app(found.app), routes))
    # The document finds again what a route has found.
    errors = {str(error): error for error in (*collected, *late)}
    mistakes = [
        *map(_as_command_error, errors.values()),
        *(_check_databases() if databases else ()),
    ]
    program = collect_program(found, routes)
    unsafe = [*find_unsafe(program), *_find_unsafe_jobs()]
    return Found(found.import_string, program, mistakes, unsafe)


def _find_unsafe_jobs() -> list[Unsafe]:
    if not list_known():
        return []
    from pronghorn.cli.check_jobs import find_unsafe_jobs  # Few programs have jobs.

    return list(find_unsafe_jobs())


def _check_application(app: Any, routes: list[Listed]) -> Iterator[Exception]:
    """Yield the mistakes that a start of the application would find one by one."""
    checks: list[Callable[[], Any]] = []
    for route in [listed.route for listed in routes]:
        if matches_by_path(route):
            checks.append(partial(check_paths, [route]))
        checks.append(partial(getattr, route, "plan", None))
    apps = {id(one): one for one in (app, *(one for listed in routes for one in listed.apps))}
    if hasattr(app, "router"):
        checks.append(partial(find_leaves, app.router))
    for one in apps.values():
        names = [name for name in ("build_middleware_stack", "openapi") if hasattr(one, name)]
        checks += [getattr(one, name) for name in names]
    for check in checks:
        try:
            check()
        except Exception as error:  # noqa: BLE001 - middleware of the program may raise anything
            yield error


def _as_command_error(error: Exception) -> CommandError:
    if not isinstance(error, FastAPIError):
        return CommandError(f"{type(error).__name__}: {error}", detail=user_traceback(error))
    message, _, hint = str(error).partition("\n")
    return CommandError(message, dedent(hint))


def _check_databases() -> list[CommandError]:
    if missing("sqlalchemy", "alembic"):
        return []
    problems = []
    for database in list_migrated():
        try:
            problem = run(partial(_find_problem, database))
        except CommandError as error:
            problems.append(error)
            continue
        if problem is not None:
            problems.append(CommandError(problem.message, problem.hint))
    return problems


async def _find_problem(database: Any) -> Any:
    from pronghorn.sql.migrations import Migrations

    migrations = Migrations(database)
    if not migrations.folder.exists() and database.migrations is None:
        return None  # The program makes its tables in another way.
    return await migrations.find_problem()
