"""The object that `db.prepare()` returns for an INSERT, UPDATE or DELETE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Column, Delete, Dialect, Insert, bindparam
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.visitors import iterate

from pronghorn.core.setup_errors import did_you_mean, setup_error
from pronghorn.sql.prepared.changes import CompiledWrite
from pronghorn.sql.prepared.compiled import CompiledRead
from pronghorn.sql.prepared.design import Design, make_design
from pronghorn.sql.prepared.pools import Pools
from pronghorn.sql.prepared.returning import (
    find_mapper,
    has_values,
    list_identity,
    name_of,
    read_returning,
    returns_one_row,
)
from pronghorn.sql.prepared.running import read_in_session, read_on_connection
from pronghorn.sql.prepared.statement import (
    MOST_DIALECTS,
    Prepared,
    Where,
    find_session,
    refuse_several,
)

T = TypeVar("T")
#: So many combinations of columns that calls set are kept compiled.
MOST_FORMS = 256


class PreparedWrite(Prepared[T]):
    """An INSERT, UPDATE or DELETE with RETURNING that is compiled once.

    `Database.prepare` makes it; `await create.one(title="lamp")` writes. The parameters are those
    of `bindparam(...)` in the statement, and for INSERT and UPDATE the columns that the call sets.
    The first argument may be the session, or the connection, to whose transaction the statement
    belongs. Without it the statement is a transaction of its own on the primary server, which is
    committed when the call returns.

    Every method raises `TypeError` if a parameter is missing or unknown,
    `pronghorn.exceptions.ResponseValidationError` if a row is not valid for the type, and an error
    of `sqlalchemy.exc` if the database refuses the statement or does not answer. A statement is
    never sent twice.

    Args:
        pools: The connections for writes without a session.
        statement: The statement.
        model: The type of a row.
        place: Where the program has prepared it, for messages.
    """

    def __init__(self, pools: Pools, statement: Any, model: Any, place: str | None) -> None:
        super().__init__(pools, statement, model, place)
        self._forms: dict[tuple[str, ...], Form] = {}

    def check(self) -> None:
        """Compile the statement, and compare it with the model; `db.lifespan` does it at startup.

        Raises:
            pronghorn.exceptions.SetupError: The statement cannot be prepared, or it lacks what the
                model reads.
        """
        own = self._own_parameters
        chosen = () if has_values(self._statement) else self._columns.keys() - own
        try:
            self._make_form((*own, *chosen)).compile(self._pools.engine.dialect)
        except CompileError as error:
            raise setup_error(str(error), where=self._place) from error

    @cached_property
    def _design(self) -> Design:
        selected = read_returning(self._statement, self._place)
        return make_design(selected, self._model, self._pools.engine.dialect, self._place)

    @cached_property
    def _own_parameters(self) -> frozenset[str]:
        """The parameters that the statement names itself."""
        binds = [part for part in iterate(self._statement) if isinstance(part, BindParameter)]
        return frozenset(bind.key for bind in binds if not bind.unique)

    @cached_property
    def _columns(self) -> dict[str, Column[Any]]:
        """The columns that a call may set, by the attributes of the class, or by their keys."""
        if isinstance(self._statement, Delete):
            return {}
        table = self._statement.entity_description["table"]
        mapper = find_mapper(self._statement)
        if mapper is None:
            return dict(table.columns.items())
        return {
            attribute.key: attribute.columns[0]
            for attribute in mapper.column_attrs
            if isinstance(attribute.columns[0], Column) and attribute.columns[0].table is table
        }

    @cached_property
    def _check_rows(self) -> Any:
        """The check for several rows before the commit; `None` if there cannot be several."""
        return None if returns_one_row(self._statement) else refuse_several

    async def _execute(
        self, session: Where, parameters: dict[str, Any], *, single: bool
    ) -> list[Any]:
        names = tuple(parameters)
        form = self._forms.get(names)
        if form is None:
            form = self._keep_form(names)
        rows: list[Any]
        if isinstance(session, AsyncConnection):
            rows = await read_on_connection(session, form.find_compiled, parameters)
        elif session is not None:
            rows = await read_in_session(find_session(session), form.find_compiled, parameters)
        else:
            check = self._check_rows if single else None
            rows = await self._pools.write(form.find_compiled, parameters, self._place, check)
        return rows

    def _keep_form(self, names: tuple[str, ...]) -> Form:
        form = self._make_form(names)
        if len(self._forms) >= MOST_FORMS:
            self._forms.clear()
        self._forms[names] = form
        return form

    def _make_form(self, names: Iterable[str]) -> Form:
        """Return the statement that sets the columns which a call has named.

        Raises:
            TypeError: A name is unknown, or there is nothing to set.
        """
        extra = sorted(set(names) - self._own_parameters)
        for name in extra:
            if name not in self._columns:
                raise self._report_unknown(name)
        if not extra and has_values(self._statement) is False:
            raise TypeError(
                f"the {name_of(self._statement)} sets nothing. It can set: "
                f"{', '.join(self._columns)}"
            )
        columns = {name: self._columns[name] for name in extra}
        statement: Any = self._design.statement
        values = {column: bindparam(name, type_=column.type) for name, column in columns.items()}
        if isinstance(self._statement, Insert):
            values = {**list_identity(self._statement, values), **values}
        if values:
            statement = statement.values(values)
        keys = {name: column.key for name, column in self._columns.items()}
        return Form(self._pools, replace(self._design, statement=statement), self._place, keys)

    def _report_unknown(self, name: str) -> TypeError:
        known = sorted(self._own_parameters | self._columns.keys())
        meant = did_you_mean(name, known)
        hint = f"; did you mean {meant!r}?" if meant else "."
        return TypeError(
            f"the statement has no parameter {name!r}{hint} It has: {', '.join(known) or 'none'}"
        )


class Form:
    """A prepared write whose calls set the same columns.

    Args:
        pools: The connections for writes without a session.
        design: The statement, and what happens to its rows.
        place: Where the program has prepared it, for messages.
        columns: The names of parameters -> the keys of the columns that they set.
    """

    def __init__(
        self, pools: Pools, design: Design, place: str | None, columns: Mapping[str, str]
    ) -> None:
        self._pools = pools
        self._design = design
        self._place = place
        self._columns = columns
        self._compiled: dict[Dialect, CompiledRead] = {}

    def compile(self, dialect: Dialect) -> CompiledRead:
        """Return the statement for a dialect."""
        hide = self._pools.engine.sync_engine.hide_parameters
        made = CompiledWrite(self._design, dialect, self._place, hide_parameters=hide)
        made.columns = self._columns
        return made

    def find_compiled(self, dialect: Dialect) -> CompiledRead:
        """Return the statement for a dialect, which knows the server since its first connection."""
        found = self._compiled.get(dialect)
        if found is None:
            if len(self._compiled) >= MOST_DIALECTS:
                self._compiled.clear()
            found = self._compiled[dialect] = self.compile(dialect)
        return found
