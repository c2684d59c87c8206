"""Find the jobs of a program, as `pronghorn db` finds its database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pronghorn.cli.database import describe
from pronghorn.cli.discover import AppReference, FoundApp, discover_quietly
from pronghorn.cli.errors import USAGE, CommandError, MissingExtraError, missing
from pronghorn.core.setup_errors import did_you_mean

if TYPE_CHECKING:
    from pronghorn.jobs import Jobs

__all__ = ["choose_jobs", "find_jobs", "list_known", "only_jobs"]

MODULE = "pronghorn.jobs"


def list_known() -> list[Jobs]:
    """Return the `Jobs` of this process, in the order in which they were made.

    A program without jobs has not imported their module, and this does not either.
    """
    if MODULE not in sys.modules:
        return []
    from pronghorn.jobs.known import list_jobs

    return list_jobs()


def find_jobs(reference: AppReference, name: str | None) -> Any:
    """Import the program, and return its jobs.

    Args:
        reference: The location of the application as the user gave it.
        name: The name of their database; None if the user named none.

    Raises:
        MissingExtraError: The packages of the extra `jobs` are not installed.
        CommandError: The program cannot be imported, has no jobs, or has several.
    """
    return choose_jobs(discover_quietly(reference), name)


def choose_jobs(found: FoundApp, name: str | None = None, *, has_option: bool = True) -> Any:
    """Return the jobs of a program that was imported; see `find_jobs`.

    Args:
        found: The program.
        name: The name of their database.
        has_option: The command has an option for that name.
    """
    return only_jobs(found.app, found.import_string, name, has_option=has_option)


def only_jobs(app: Any, program: str, name: str | None = None, *, has_option: bool = False) -> Any:
    """Return the jobs of an application, or the only ones of this process; see `find_jobs`.

    Args:
        app: The application.
        program: Its name, as `"package.module:name"`, for the message.
        name: The name of the database of the jobs.
        has_option: The command has an option for that name.
    """
    every = list_known()
    if not every:
        raise CommandError(
            f"{program} makes no Jobs when it is imported",
            "from pronghorn.jobs import Jobs\n"
            "jobs = Jobs(db)\n"
            "app = FastAPI(lifespan=db.lifespan, jobs=jobs)",
        )
    if absent := missing("dbos"):
        raise MissingExtraError(absent, "jobs")
    named = [one for one in every if name in {None, one.db.name}]
    own = getattr(app, "_job_runner", None)
    if name is None and own in named:
        return own  # A factory that is called twice makes others, too.
    if len(named) == 1:
        return named[0]
    listed = ", ".join(f"{one.db.name} ({describe(one.db)})" for one in every)
    names = [one.db.name for one in every]
    if not named:
        close = did_you_mean(str(name), names)
        raise CommandError(
            f"The program has no jobs in a database {name!r}; it has them in: {listed}",
            f"Did you mean --database {close}?" if close else "",
            exit_code=USAGE,
        )
    hint = f"Choose one by its database: --database {names[-1]}"
    if not has_option:
        hint = "Say which ones belong to the app: FastAPI(lifespan=db.lifespan, jobs=jobs)"
    elif len(set(names)) < len(names):
        hint = 'Give each Database a name, Database(url, name="audit"), and each one Jobs'
    raise CommandError(f"The program has {len(named)} Jobs: {listed}", hint, exit_code=USAGE)
