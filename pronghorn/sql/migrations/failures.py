"""Turn what fails in a migration into a sentence with what to do."""

from __future__ import annotations

import traceback
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from pronghorn.sql.diagnostics import read

#: PostgreSQL's codes for a lock that was not available in time, and for a deadlock.
LOCK_CODES = {"55P03", "40P01"}


class MigrationError(Exception):
    """A command on migrations cannot do what it was asked for.

    Args:
        message: What is wrong, in one line.
        hint: What to do about it; may have several lines.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def is_lock_timeout(error: BaseException) -> bool:
    """Return whether another transaction has held a lock for too long."""
    if not isinstance(error, DBAPIError):
        return False
    return read(error).state in LOCK_CODES or "database is locked" in str(error.orig)


def explain_failure(error: Exception, label: str, folder: Path) -> MigrationError:
    """Return the error for a migration that failed and was rolled back.

    Args:
        error: What it raised.
        label: The migration, for people.
        folder: The folder of migrations.
    """
    place = _place_in(error, folder)
    return MigrationError(
        f"{label} failed: {_first_line(error)}",
        (f"at {place}\n" if place else "")
        + "It was rolled back; the migrations before it stay. Correct it, and run this again.",
    )


def explain_reading(error: Exception, folder: Path) -> MigrationError:
    """Return the error for migrations that cannot be read, or do not fit the database."""
    if isinstance(error, MigrationError):
        return error
    text = _first_line(error)
    if "Can't locate revision" in text:
        revision = text.rpartition(" ")[2].strip("'\"")
        return MigrationError(
            f"There is no revision {revision} in {folder}",
            "Either it was misspelled, or the database was migrated by another version of the\n"
            "program, which has that file: deploy that version, or bring the file back.",
        )
    if isinstance(error, CommandError):
        return MigrationError(text.rstrip("."), "")
    place = _place_in(error, folder)
    if place:
        return MigrationError(f"The file {place} cannot be used: {text}", "Correct the file.")
    return MigrationError(text)


def _place_in(error: BaseException, folder: Path) -> str | None:
    """Return `file:line` of the innermost frame in a folder; None if there is none."""
    root = str(folder.resolve())
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(root):
        return f"{error.filename}:{error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if str(Path(frame.filename).resolve()).startswith(root)
    ]
    versions = [frame for frame in frames if Path(frame.filename).name != "env.py"] or frames
    return f"{versions[-1].filename}:{versions[-1].lineno}" if versions else None


def _first_line(error: BaseException) -> str:
    """Return what an error says, without the statement, which may contain data."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    text = lines[0] if lines else type(cause).__name__
    if text.startswith("<class '"):  # SQLAlchemy's adapters put the driver's class in front.
        text = text.partition(">: ")[2]
    kind = type(cause).__name__
    shown = isinstance(cause, (CommandError, DBAPIError)) or cause is not error
    return text if shown else f"{kind}: {text}" if lines else kind
