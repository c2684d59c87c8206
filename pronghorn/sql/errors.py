"""The answers to errors of a database: 409 and 422 for what a client has sent, 503 for the rest.

The program sees the errors of SQLAlchemy themselves, in `except`, in its dependencies and in its
own exception handlers. Only an error that nobody has caught is answered in the ways below.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, MissingGreenlet, TimeoutError

from pronghorn.exceptions import HTTPException, RequestValidationError, ValidationException
from pronghorn.hooks import Trigger, answer_with
from pronghorn.logger import logger
from pronghorn.sql.diagnostics import UNSENDABLE, Refusal, is_outdated_plan, read, was_sent

#: The attribute of an error that was raised while a transaction was committed.
COMMITTING = "__pronghorn_committing__"
#: The attribute of an error that was explained.
_EXPLAINED = "__pronghorn_explained__"
#: Seconds after which a client may try again.
_AFTER_CONFLICT, _AFTER_FAILURE = 1, 5

UNKNOWN = (
    "The connection to the database was lost while the changes were being saved, so the outcome "
    "is unknown: they may have been saved or not. Read the data before you try again."
)
UNAVAILABLE = "The database is not available at the moment. Try again."
EXHAUSTED = "The server is busy: all connections to the database are in use. Try again."
CONFLICT = "Another request has changed the same data at the same time. Try again."

#: SQLSTATE -> the type of the error, and what is wrong with the value.
_INVALID = {
    "22001": ("string_too_long", "The text is longer than the database can hold"),
    "22003": ("out_of_range", "The number is out of the range that the database can hold"),
    "22008": ("out_of_range", "The date or time is out of the range that the database can hold"),
    "22021": ("invalid_text", "The text has a character that the database cannot hold"),
    "22P05": ("invalid_text", "The text has a character that the database cannot hold"),
    "23502": ("not_null_violation", "A value is required"),
    "23514": ("check_violation", "The value is not allowed"),
}
_TAKEN = {"23505", "23P01"}
_REFERS = {"23503", "23001"}  # The second one: ON DELETE RESTRICT.
_RETRIED = {"40001", "40P01"}
#: Out of resources, waited too long for a lock or a statement, server stops or starts.
_BUSY = {"53000", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03"}
#: SQLite: busy, locked, full disk, cannot be opened.
_SQLITE_BUSY = {5, 6, 13, 14}


def explain(error: BaseException, trigger: Trigger | str, *, read_only: bool) -> None:
    """Say how an error that leaves a session is answered; log what the program has to know.

    An error that is not about the database stays as it is.

    Args:
        error: Leaves the code that has used a session.
        trigger: What the session was opened for.
        read_only: Whether the session only reads.
    """
    if hasattr(error, _EXPLAINED) or not isinstance(error, Exception):
        return
    if _needs_loading(error):
        _add_note(error, _LAZY)
        return
    if _has_failed_in_set_up(error):
        setattr(error, _EXPLAINED, True)
        logger.error("%s: %s (%s)", trigger, UNAVAILABLE, _first_line(error))
        answer_with(error, _unavailable(UNAVAILABLE, _AFTER_FAILURE))
        return
    if not isinstance(error, TimeoutError) and not was_sent(error):
        return
    setattr(error, _EXPLAINED, True)
    refusal = read(error)
    if refusal.state == "25P02":
        _add_note(error, _ABORTED)
        return
    if read_only and refusal.state == "25006":
        note = _explain_write(trigger)
        logger.error(note)
        _add_note(error, note)
        return
    answer = answer_for(error, refusal)
    if answer is None:
        return
    if getattr(answer, "status_code", 0) == 503:
        hint = _WAITS if isinstance(error, TimeoutError) else ""
        detail = getattr(answer, "detail", "")
        logger.error("%s: %s (%s)%s", trigger, detail, _first_line(error), hint)
    answer_with(error, answer)


def answer_for(error: Exception, refusal: Refusal | None = None) -> Exception | None:
    """Return the exception that answers an error of a database; None for a mistake in the program.

    Args:
        error: The error of SQLAlchemy or of the driver.
        refusal: Why the statement was refused, if the caller knows it already.
    """
    if isinstance(error, TimeoutError):
        return _unavailable(EXHAUSTED, _AFTER_CONFLICT)
    refusal = refusal or read(error)
    if refusal.state in _TAKEN | _REFERS:
        return HTTPException(409, _describe_conflict(refusal))
    if refusal.state in _INVALID:
        return RequestValidationError(_describe_invalid(refusal))
    if refusal.state in _RETRIED or is_outdated_plan(refusal):
        return _unavailable(CONFLICT, _AFTER_CONFLICT)
    if is_lost(error, refusal):
        if hasattr(error, COMMITTING):
            return _unavailable(UNKNOWN, _AFTER_FAILURE)
        return _unavailable(UNAVAILABLE, _AFTER_FAILURE)
    return None


def is_lost(error: Exception, refusal: Refusal | None = None) -> bool:
    """Return True if there is no connection to the database, or none that works in time."""
    if not isinstance(error, DBAPIError) or isinstance(error, UNSENDABLE):
        return False
    state = (refusal or read(error)).state
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_BUSY
    no_connection = error.statement is None and type(error).__name__ in _OF_CONNECTIONS
    return (
        error.connection_invalidated
        or state[:2] == "08"
        or state in _BUSY
        or (no_connection and not state)
    )


#: The errors without a statement and without an SQLSTATE that are about the connection.
_OF_CONNECTIONS = {"OperationalError", "InterfaceError", "DBAPIError", "InternalError"}


def _unavailable(detail: str, seconds: int) -> HTTPException:
    return HTTPException(503, detail, headers={"Retry-After": str(seconds)})


def _describe_conflict(refusal: Refusal) -> list[dict[str, Any]]:
    names = ", ".join(refusal.fields) or refusal.constraint or ""
    if refusal.state in _TAKEN:
        kind = "unique_violation"
        text = f"There is already a record with {f'this {names}' if names else 'these values'}"
    elif refusal.deletes or refusal.state == "23001" or "still referenced" in refusal.text:
        kind = "foreign_key_violation"
        text = f"Other records still refer to this one{names and f' by its {names}'}"
    else:
        kind = "foreign_key_violation"
        text = f"There is no record that {names or 'a value'} refers to"
    return _list_fields(refusal, kind, text)


def _describe_invalid(refusal: Refusal) -> list[dict[str, Any]]:
    kind, text = _INVALID[refusal.state]
    if refusal.state == "23514":
        refusal = refusal._replace(fields=refusal.fields or _column_of_check(refusal))
        if refusal.constraint:
            text = f"{text}: it violates the check {refusal.constraint}"
    return _list_fields(refusal, kind, text)


def _list_fields(refusal: Refusal, kind: str, text: str) -> list[dict[str, Any]]:
    places: list[tuple[str, ...]] = [("body", name) for name in refusal.fields] or [("body",)]
    return [{"type": kind, "loc": place, "msg": text} for place in places]


def _column_of_check(refusal: Refusal) -> tuple[str, ...]:
    """Return the column in the name that PostgreSQL gives to the check of a column."""
    name = refusal.constraint or ""
    if not refusal.table or not name.startswith(f"{refusal.table}_"):
        return ()
    column = name.removeprefix(f"{refusal.table}_").removesuffix("_check")
    return (column,) if column and name.endswith("_check") else ()


def _has_failed_in_set_up(error: Exception) -> bool:
    """Return True if a new connection failed while SQLAlchemy asked for the types of the server.

    SQLAlchemy lets the error of the driver through then.
    """
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state[:2] == "08" or state in _BUSY)


def _needs_loading(error: Exception) -> bool:
    """Return True if an attribute was read that only a statement can load; Pydantic quotes that."""
    if isinstance(error, (ValidationError, ValidationException)):
        return "MissingGreenlet" in str(error)
    return isinstance(getattr(error, "orig", error), MissingGreenlet)


#: On SQLite, one transaction writes at a time: what a request writes beside its own waits for it.
_WAITS = (
    "\n  probably: too many requests at once; or, if it is always the same one, it has a session "
    "that writes already, and waits for itself\n"
    "  write:    pass that session on, such as `await jobs.enqueue(f, session=session)`; a request "
    "with Idempotent has one"
)
_LAZY = (
    "  probably: a relation or a column was not loaded, and an asynchronous session cannot load "
    "it when it is read\n"
    "  write:    select(Order).options(selectinload(Order.items)), or "
    "`await session.refresh(order, ['items'])`"
)
_ABORTED = (
    "  probably: a statement before has failed, the program has caught its error, and PostgreSQL "
    "keeps nothing of such a transaction\n"
    "  write:    `async with session.begin_nested():` around the statement that may fail, or "
    "`await session.rollback()` in the `except`"
)


def _explain_write(trigger: Trigger | str) -> str:
    if isinstance(trigger, Trigger) and trigger.only_reads:
        return (
            f"{trigger} tried to change the database, but GET and HEAD only read\n"
            "  write:    @app.post(...) for a request that changes something, or "
            "`async with db.transaction() as session:` for what a GET has to note"
        )
    return (
        f"{trigger} tried to change the database in a session that only reads\n"
        "  write:    Annotated[AsyncSession, db.session], or db.transaction()"
    )


def _add_note(error: Exception, note: str) -> None:
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def _first_line(error: Exception) -> str:
    said = getattr(error, "orig", None) or error
    return str(said).strip().partition("\n")[0]
