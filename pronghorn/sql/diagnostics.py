"""Read the reports of a database about refused statements: constraint, fields, reason.

SQLAlchemy reports the statement in an event; the drivers report the constraint in forms of their
own, which `read` brings into one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError

#: The attribute of an error that holds the facts about its statement.
_FACTS = "__pronghorn_facts__"
#: The errors of Python that drivers raise for values that a database cannot hold.
UNSENDABLE = (UnicodeEncodeError, OverflowError)
#: Code of SQLite (https://www.sqlite.org/rescode.html) -> SQLSTATE of PostgreSQL.
_SQLITE_STATES = {
    275: "23514",  # CHECK
    787: "23503",  # FOREIGN KEY
    1299: "23502",  # NOT NULL
    1555: "23505",  # PRIMARY KEY
    2067: "23505",  # UNIQUE
    2579: "23505",  # ROWID
    3091: "22023",  # the type of a strict table
    18: "22001",  # longer than the limit of SQLite
    8: "25006",  # read only
}
#: The columns in a detail of PostgreSQL, in every language: `Key (a, b)=(1, 2) already exists.`
_KEY = re.compile(r"\((.+?)\)=\(")
_IDENTIFIER = re.compile(r"\"?([^\W\d]\w*)\"?(?:::[\w ]+)?\)*$")
#: The end of asyncpg's message about a number.
_RANGE = re.compile(r"\((?:value out of \w+ range|[^()]*out of range[^()]*)\)$")


class Facts(NamedTuple):
    """Facts about a statement that the database has refused.

    Attributes:
        references: The columns that were set and refer to other tables.
        too_long: The columns whose texts are longer than declared.
        too_large: The columns whose integers are larger than their types.
    """

    references: tuple[str, ...] = ()
    too_long: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """Why a database has refused a statement.

    Attributes:
        state: The SQLSTATE (ISO 9075); empty if it is not known.
        fields: The columns that the refusal is about, if they are known.
        constraint: The name of the constraint, or its expression.
        table: The table of the constraint.
        text: The message of the database, which may contain values.
        deletes: Whether the statement deletes rows.
        place: The function of the server that has refused, if it is known.
    """

    state: str
    fields: tuple[str, ...] = ()
    constraint: str | None = None
    table: str | None = None
    text: str = ""
    deletes: bool = False
    place: str = ""


def keep_diagnostics(engine: Engine) -> None:
    """Keep facts about refused statements at their errors, and make errors of one kind.

    Args:
        engine: A pool of connections; its copies with other options are followed too.
    """
    event.listen(engine, "handle_error", _keep_facts)
    event.listen(engine, "do_connect", _connect)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "before_cursor_execute", _refuse_nul)


def was_sent(error: BaseException) -> bool:
    """Return True if an error, of whatever class, comes from a statement."""
    return isinstance(error, DBAPIError) or hasattr(error, _FACTS)


def _connect(dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
    """Connect; some drivers let errors of the network through, which no program expects."""
    try:
        return dialect.connect(*arguments, **options)
    except dialect.loaded_dbapi.Error:
        raise
    except Exception as error:
        raise dialect.loaded_dbapi.OperationalError(str(error) or repr(error)) from error


def _refuse_nul(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    """Refuse the character NUL, which PostgreSQL refuses and at which SQLite's functions stop."""
    # SQLAlchemy puts many rows into the parameters of one INSERT, too.
    for values in parameters if many and isinstance(parameters, list) else (parameters,):
        for value in values.values() if isinstance(values, dict) else values:
            if type(value) is str and "\0" in value:
                raise DataError(
                    statement, None, ValueError("a text contains the character NUL"), True
                )


def _keep_facts(context: ExceptionContext) -> None:
    error = context.sqlalchemy_exception or context.original_exception
    if isinstance(error, (DBAPIError, *UNSENDABLE)):
        setattr(error, _FACTS, _facts_of(context.execution_context))


def _facts_of(execution: Any) -> Facts:
    statement = getattr(getattr(execution, "compiled", None), "statement", None)
    table = getattr(statement, "table", None)
    return Facts() if table is None else _describe(table, execution.compiled_parameters[:1000])


def keep_facts(error: BaseException, table: Any, sent: Sequence[Mapping[str, Any]]) -> None:
    """Keep facts about a refused statement at its error.

    Args:
        error: The error of SQLAlchemy or of the driver.
        table: The table that the statement writes.
        sent: The values that were sent, each row by the names of its columns.
    """
    if table is not None and isinstance(error, (DBAPIError, *UNSENDABLE)):
        setattr(error, _FACTS, _describe(table, sent))


def _describe(table: Any, sent: Sequence[Mapping[str, Any]]) -> Facts:
    found: dict[str, list[str]] = {"references": [], "too_long": [], "too_large": []}
    for column in getattr(table, "columns", ()):
        values = [row[column.key] for row in sent if row.get(column.key) is not None]
        if values and column.foreign_keys:
            found["references"].append(column.name)
        length = getattr(column.type, "length", None)
        if isinstance(length, int) and any(isinstance(v, str) and len(v) > length for v in values):
            found["too_long"].append(column.name)
        if any(isinstance(value, int) and _is_too_large(column.type, value) for value in values):
            found["too_large"].append(column.name)
    return Facts(**{name: tuple(columns) for name, columns in found.items()})


def _is_too_large(kind: Any, value: int) -> bool:
    bits = {"small_integer": 16, "integer": 32, "big_integer": 64}.get(kind.__visit_name__)
    return bits is not None and not -(1 << bits - 1) <= value < 1 << bits - 1


def read(error: BaseException) -> Refusal:
    """Return why the database has refused a statement.

    Args:
        error: An error of SQLAlchemy, or of Python, from sending a statement.
    """
    facts: Facts = getattr(error, _FACTS, Facts())
    if not isinstance(error, DBAPIError):
        return _unsendable(error, facts)
    original: Any = error.orig
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        refusal = _of_sqlite(code, str(original), facts)
    else:
        refusal = _of_postgresql(original, facts)
    deletes = (error.statement or "").lstrip()[:6].upper() == "DELETE"
    return refusal._replace(deletes=deletes)


def _unsendable(error: BaseException, facts: Facts) -> Refusal:
    if isinstance(error, OverflowError):
        return Refusal("22003", facts.too_large, text=str(error))
    return Refusal("22021", text=str(error))


def _of_sqlite(code: int, text: str, facts: Facts) -> Refusal:
    state = _SQLITE_STATES.get(code) or _SQLITE_STATES.get(code & 0xFF, "")
    named = text.partition(" constraint failed: ")[2]
    if state in {"23505", "23502"} and not named.startswith("index "):
        pairs = [part.rpartition(".") for part in named.split(", ")]
        return Refusal(state, tuple(pair[2] for pair in pairs), table=pairs[0][0], text=text)
    fields = {"23503": facts.references, "22001": facts.too_long}.get(state, ())
    return Refusal(state, fields, named.removeprefix("index ").strip("'") or None, text=text)


def _of_postgresql(original: Any, facts: Facts) -> Refusal:
    driver = original.__cause__ or original
    said = getattr(driver, "diag", driver)
    state = getattr(original, "sqlstate", None) or getattr(driver, "sqlstate", None) or ""
    if state in {"", "22000"}:  # The driver has refused a value itself.
        state = _state_of_driver(str(driver))
    column = getattr(said, "column_name", None)
    detail = getattr(said, "message_detail", None) or getattr(said, "detail", None) or ""
    key = _KEY.search(detail)
    fields: tuple[str, ...] = (column,) if column else ()
    if key and not fields:
        matches = [_IDENTIFIER.search(part.strip()) for part in key[1].split(",")]
        fields = tuple(match[1] for match in matches if match)
    fields = fields or {"22001": facts.too_long, "22003": facts.too_large}.get(state, ())
    constraint = getattr(said, "constraint_name", None)
    table = getattr(said, "table_name", None)
    place = getattr(said, "source_function", None) or getattr(said, "server_source_function", None)
    return Refusal(state, fields, constraint, table, f"{driver} {detail}", place=place or "")


def is_outdated_plan(refusal: Refusal) -> bool:
    """Return whether a prepared statement is older than a migration; the next one is new."""
    return refusal.state == "0A000" and refusal.place == "RevalidateCachedQuery"


def _state_of_driver(text: str) -> str:
    """Return the SQLSTATE of a value that a driver does not send to PostgreSQL."""
    if "codec can't encode" in text or "NUL" in text:
        return "22021"
    return "22003" if _RANGE.search(text) else ""
