"""A statement that writes, for one dialect: it has the defaults of the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Column
from sqlalchemy.exc import DBAPIError

from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.diagnostics import keep_facts
from pronghorn.sql.errors import COMMITTING
from pronghorn.sql.prepared.compiled import CompiledRead, Values

#: The SQLSTATEs of a server that goes away; whether it has kept a change is unknown.
_GOING = ("57P01", "57P02", "57P03")


class CompiledWrite(CompiledRead):
    """A prepared INSERT, UPDATE or DELETE for one dialect.

    Attributes:
        columns: The names of parameters -> the names of the columns that they set.
    """

    changes = True
    columns: Mapping[str, str] = {}

    def bind(self, parameters: Mapping[str, Any]) -> tuple[str, Values]:
        """Return the text and the values that the driver takes, with the defaults of columns."""
        if not self._defaults:
            return super().bind(parameters)
        if parameters.keys() != self._required:
            self._check_names(parameters)
        values = dict(parameters)
        context = DefaultContext(self._compiled, self._name_columns, values)
        for name, column, default in self._defaults:
            context.current_column = column
            values[name] = default.arg(context) if default.is_callable else default.arg
        return self._bind_all(values)

    def note_failure(self, error: BaseException, parameters: Mapping[str, Any]) -> None:
        """Keep at an error which columns were set, as for a statement of a session."""
        table = getattr(self._compiled.statement, "table", None)
        keep_facts(error, table, [self._name_columns(parameters)])

    def _name_columns(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return all values of the statement, by the columns that they set."""
        values = self._compiled.construct_params(dict(parameters))
        return {self.columns.get(name, name): value for name, value in values.items()}

    def _list_generated(self, where: str | None) -> frozenset[str]:
        self._defaults = list(self._list_defaults(where))
        return frozenset(name for name, _, _ in self._defaults)

    def _list_defaults(self, where: str | None) -> Iterator[tuple[str, Column[Any], Any]]:
        """Yield the parameter, the column and the default of what Python has to add."""
        compiled = self._compiled
        named = {bind.key for bind in compiled.bind_names}
        pairs = [(column, column.default) for column in compiled.insert_prefetch]
        pairs += [(column, column.onupdate) for column in compiled.update_prefetch]
        for column, default in pairs:
            is_simple = default is not None and (default.is_callable or default.is_scalar)
            if not is_simple or column.key not in named:
                raise setup_error(
                    f"the default of the column {column.key!r} is a statement of its own",
                    write="server_default=... in the column, or await session.execute(...)",
                    where=where,
                )
            yield column.key, column, default


#: The number of a row among several of one INSERT, at the end of the name of a parameter.
_ROW = re.compile(r"_m(\d+)$")


class DefaultContext:
    """Answer a function for the default of a column, which may ask for the other values.

    Args:
        compiled: The statement.
        name: Returns all values of the statement by the keys of their columns.
        values: The values of its parameters so far.

    Attributes:
        current_column: The column whose default is made.
    """

    def __init__(
        self,
        compiled: Any,
        name: Callable[[Mapping[str, Any]], dict[str, Any]],
        values: dict[str, Any],
    ) -> None:
        self.compiled = compiled
        self.dialect = compiled.dialect
        self.current_column: Any = None
        self._name = name
        self._has_rows = any(not isinstance(one, Column) for one in compiled.insert_prefetch)
        self._values = values

    @property
    def current_parameters(self) -> dict[str, Any]:
        """The values of the statement by the keys of their columns."""
        return self.get_current_parameters()

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """Return the values of the statement by the keys of their columns.

        Args:
            isolate_multiinsert_groups: False for the values of all rows, if there are several.
        """
        found = self._name(self._values)
        row = _ROW.search(str(self.current_column.key)) if self._has_rows else None
        end = f"_m{row[1] if row else 0}"
        own = {key.removesuffix(end): value for key, value in found.items() if key.endswith(end)}
        return own if self._has_rows and isolate_multiinsert_groups else found

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a default of a column asks for context.{name}, and a prepared write sends its "
            "statement without SQLAlchemy's context; it has get_current_parameters()"
        )


def describe_failure(read: CompiledRead, found: Exception, lost: bool) -> Exception:
    """Return what to raise for a write that was sent as a transaction of its own and has failed.

    Args:
        read: The statement.
        found: The error.
        lost: Whether the connection was lost.
    """
    if isinstance(found, TimeoutError):
        dbapi: Any = read.dialect.dbapi
        cause = dbapi.OperationalError(str(found))
        found = DBAPIError.instance(
            None, None, cause, dbapi.Error, connection_invalidated=True, dialect=read.dialect
        )
        found.__cause__ = cause
    state = getattr(getattr(found, "orig", None), "sqlstate", None)
    if isinstance(found, DBAPIError) and (state in _GOING or (lost and not _was_refused(state))):
        setattr(found, COMMITTING, True)
    return found


def _was_refused(state: str | None) -> bool:
    """Return whether the server has said why it has not executed the statement."""
    return bool(state) and not str(state).startswith("08")
