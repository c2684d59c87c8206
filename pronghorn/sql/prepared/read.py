"""The object that `db.prepare()` returns for a SELECT."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from pronghorn.core.setup_errors import setup_error
from pronghorn.sql.prepared.columns import read_statement
from pronghorn.sql.prepared.compiled import CompiledRead
from pronghorn.sql.prepared.design import Design, make_design
from pronghorn.sql.prepared.pools import Pools
from pronghorn.sql.prepared.running import read_in_session, read_on_connection
from pronghorn.sql.prepared.statement import MOST_DIALECTS, Prepared, Where, find_session

T = TypeVar("T")


class PreparedRead(Prepared[T]):
    """A SELECT that is compiled once, and whose rows become values of a type.

    `Database.prepare` makes it; `await find(owner=1)` reads. The parameters are those of
    `bindparam(...)` in the statement. The first argument may be the session, or the connection, in
    whose transaction the statement runs. Without it the statement runs on a connection of the pool
    as a transaction of its own, on a replica if there is one.

    Every method raises `TypeError` if a parameter is missing or unknown,
    `pronghorn.exceptions.ResponseValidationError` if a row is not valid for the type, and an error
    of `sqlalchemy.exc` if the database refuses the statement or does not answer.

    Args:
        pools: The connections for reads without a session.
        statement: The SELECT.
        model: The type of a row.
        place: Where the program has prepared it, for messages.
    """

    def __init__(self, pools: Pools, statement: Any, model: Any, place: str | None) -> None:
        super().__init__(pools, statement, model, place)
        self._compiled: dict[Dialect, CompiledRead] = {}

    def check(self) -> None:
        """Compile the statement, and compare it with the model; `db.lifespan` does it at startup.

        Raises:
            pronghorn.exceptions.SetupError: The statement cannot be prepared, or it lacks what the
                model reads.
        """
        self._compile(self._pools.engine.dialect)

    @cached_property
    def _design(self) -> Design:
        selected = read_statement(self._statement, self._place)
        return make_design(selected, self._model, self._pools.engine.dialect, self._place)

    @cached_property
    def _locks(self) -> bool:
        """Whether the statement locks rows, which only a transaction can keep locked."""
        return self._compile(self._pools.engine.dialect).locks

    def _compile(self, dialect: Dialect) -> CompiledRead:
        hide = self._pools.engine.sync_engine.hide_parameters
        return CompiledRead(self._design, dialect, self._place, hide_parameters=hide)

    def _find_compiled(self, dialect: Dialect) -> CompiledRead:
        """Return the statement for a dialect, which knows the server since its first connection."""
        found = self._compiled.get(dialect)
        if found is None:
            if len(self._compiled) >= MOST_DIALECTS:
                self._compiled.clear()
            found = self._compiled[dialect] = self._compile(dialect)
        return found

    async def _execute(
        self, session: Where, parameters: dict[str, Any], *, single: bool
    ) -> list[Any]:
        rows: list[Any]
        if isinstance(session, AsyncConnection):
            rows = await read_on_connection(session, self._find_compiled, parameters)
        elif session is not None:
            inner = find_session(session)
            rows = await read_in_session(inner, self._find_compiled, parameters)
        elif self._locks:
            raise setup_error(
                "a prepared read with with_for_update() runs without a session",
                "the locks would end with the statement",
                "await find(session, ...)",
                where=self._place,
            )
        else:
            rows = await self._pools.read(self._find_compiled, parameters, self._place)
        return rows
