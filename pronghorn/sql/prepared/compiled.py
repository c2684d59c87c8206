"""A statement for one dialect: its text, and the functions that convert parameters and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Dialect
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from pronghorn.core.setup_errors import did_you_mean, setup_error
from pronghorn.sql.prepared.design import Convert, Design
from pronghorn.sql.prepared.pace import Pace

#: What a driver takes: values in order, or values by name.
Values = tuple[Any, ...] | dict[str, Any]
_LOCKS = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(KEY\s+)?SHARE\b", re.IGNORECASE)


class CompiledRead:
    """A prepared statement for one dialect.

    Attributes:
        dialect: The dialect.
        hide_parameters: Whether errors leave out the values of parameters.
        locks: Whether it locks the rows that it reads, which needs a transaction.
        compose: Makes of raw rows what the validators take; set after the first execution, because
            drivers then say the types of columns.
        suits_loop: Whether each of its steps on SQLite is short; None if that is unknown.
        changes: Whether it writes, so that it must not be sent a second time.
        pace: Whether it may run in the thread of the event loop, if the database is SQLite.
    """

    changes = False

    def __init__(
        self, design: Design, dialect: Dialect, where: str | None, *, hide_parameters: bool
    ) -> None:
        self.dialect = dialect
        self.hide_parameters = hide_parameters
        self.compose: Callable[[Any], list[Any]] | None = None
        self.suits_loop: bool | None = None
        self.pace = Pace()
        self._design = design
        compiled = design.statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"{type(compiled).__name__} is no compiler of SQL")
        self._compiled = compiled
        self.locks = _LOCKS.search(str(compiled)) is not None
        _check_parameters(compiled, dialect, where)
        named = [bind for bind in compiled.bind_names if not _is_anonymous(bind)]
        #: The parameters whose values are those of columns' defaults.
        self._generated: frozenset[str] = self._list_generated(where)
        named = [bind for bind in named if bind.key not in self._generated]
        self._required = frozenset(bind.key for bind in named if bind.required)
        self._optional = frozenset(bind.key for bind in named if not bind.required)
        changing = any(bind.callable for bind in compiled.bind_names) or any(
            bind.expanding or bind.key != compiled.bind_names[bind] for bind in named
        )
        self._processors = dict(_list_processors(compiled, dialect))
        self._bind_once = None if changing else self._fix()

    def bind(self, parameters: Mapping[str, Any]) -> tuple[str, Values]:
        """Return the text and the values that the driver takes.

        Raises:
            TypeError: A parameter is missing, or the statement has none of that name.
            sqlalchemy.exc.StatementError: The type of a column refuses a value.
        """
        if parameters.keys() != self._required:
            self._check_names(parameters)
        return self._bind_all(parameters)

    def _bind_all(self, parameters: Mapping[str, Any]) -> tuple[str, Values]:
        try:
            if self._bind_once is not None:
                return self._bind_once(parameters)
            return self._expand(parameters)
        except Exception as error:
            raise self._wrap(error, parameters) from error

    def note_failure(self, error: BaseException, parameters: Mapping[str, Any]) -> None:
        """Keep at an error what its answer to a client needs; a read needs nothing."""

    def learn(self, types: Sequence[Any]) -> None:
        """Set how columns are converted, by the types that the driver gave them."""
        columns = self._design.types
        if len(types) != len(columns):
            raise RuntimeError(f"{len(types)} columns were read, and {len(columns)} expected")
        self.compose = self._design.compose(
            [
                column.dialect_impl(self.dialect).result_processor(self.dialect, kind)
                for column, kind in zip(columns, types, strict=True)
            ]
        )

    def learn_without_types(self) -> None:
        """Set how columns are converted, for a driver that says no types of columns."""
        self.learn([None] * len(self._design.types))

    def _list_generated(self, where: str | None) -> frozenset[str]:
        """Return the names of the parameters that the caller does not pass."""
        return frozenset()

    def _fix(self) -> Callable[[Mapping[str, Any]], tuple[str, Values]]:
        """Return `bind` for a statement whose text is the same for all values."""
        state = self._compiled.construct_expanded_state(
            dict.fromkeys(self._required), escape_names=False
        )
        sql, fixed = state.statement, dict(state.parameters)
        processors: dict[str, Convert] = {**self._processors, **dict(state.processors)}
        given = self._required | self._optional | self._generated
        for name in fixed.keys() - given:
            fixed[name] = processors[name](fixed[name]) if name in processors else fixed[name]
        converted = [(name, processors[name]) for name in sorted(given & processors.keys())]
        order = state.positiontup
        escaped = self._compiled.escaped_bind_names

        def bind(parameters: Mapping[str, Any]) -> tuple[str, Values]:
            values = {**fixed, **parameters}
            for name, convert in converted:
                values[name] = convert(values[name])
            if order is not None:
                return sql, tuple([values[name] for name in order])
            return sql, _escape(values, escaped)

        return bind

    def _expand(self, parameters: Mapping[str, Any]) -> tuple[str, Values]:
        """Return `bind` for these values; a list among them changes the text."""
        state = self._compiled.construct_expanded_state(parameters, escape_names=False)
        processors: dict[str, Convert] = {**self._processors, **dict(state.processors)}
        values = {
            name: processors[name](value) if name in processors else value
            for name, value in state.parameters.items()
        }
        if state.positiontup is not None:
            return state.statement, tuple([values[name] for name in state.positiontup])
        return state.statement, _escape(values, self._compiled.escaped_bind_names)

    def _check_names(self, parameters: Mapping[str, Any]) -> None:
        known = self._required | self._optional
        for name in parameters.keys() - known:
            meant = did_you_mean(name, known)
            hint = f"; did you mean {meant!r}?" if meant else ""
            names = ", ".join(sorted(known)) or "none"
            raise TypeError(f"the statement has no parameter {name!r}{hint or '.'} It has: {names}")
        missing = sorted(self._required - parameters.keys())
        if missing:
            raise TypeError(f"the statement needs a value for {', '.join(map(repr, missing))}")

    def _wrap(self, error: Exception, parameters: Mapping[str, Any]) -> Exception:
        dbapi: Any = self.dialect.dbapi
        return DBAPIError.instance(
            str(self._compiled),
            dict(parameters),
            error,
            dbapi.Error,
            hide_parameters=self.hide_parameters,
            dialect=self.dialect,
        )


def _is_anonymous(bind: BindParameter[Any]) -> bool:
    """Return whether a parameter stands for a value that is part of the statement."""
    return bind.unique or bind.key.startswith("%(")


def _list_processors(compiled: SQLCompiler, dialect: Dialect) -> Iterator[tuple[str, Convert]]:
    """Yield the functions that convert parameters; those of lists come with each expansion."""
    for bind, name in compiled.bind_names.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None and not bind.expanding:
            yield name, convert


def _escape(values: dict[str, Any], escaped: Mapping[str, str]) -> dict[str, Any]:
    if not escaped:
        return values
    return {escaped.get(name, name): value for name, value in values.items()}


def _check_parameters(compiled: SQLCompiler, dialect: Dialect, where: str | None) -> None:
    if dialect.bind_typing is BindTyping.SETINPUTSIZES:
        raise setup_error(
            f"{dialect.name}+{dialect.driver} is told the types of parameters by another way than "
            "the text of the statement",
            write="await session.execute(...)",
            where=where,
        )
    for bind in compiled.literal_execute_params:
        if bind.required:
            raise setup_error(
                f"the value of bindparam({bind.key!r}, literal_execute=True) is part of the text "
                "of the statement, which is therefore another one for each value",
                write=f"bindparam({bind.key!r})",
                where=where,
            )
