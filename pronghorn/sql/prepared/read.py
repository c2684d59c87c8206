"""The object that `db.prepare()` returns."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy import Dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.sql.prepared.compiled import CompiledRead
from pronghorn.sql.prepared.design import Design, make_design
from pronghorn.sql.prepared.pools import Pools
from pronghorn.sql.prepared.running import read_in_session, read_on_connection

T = TypeVar("T")
#: Each pool has its own dialect object, and each event loop of a test its own pools.
MOST_DIALECTS = 32
#: Where a statement may run; `None` is the pool.
Where = AsyncSession | async_scoped_session[AsyncSession] | AsyncConnection | None


class PreparedRead(Generic[T]):
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
        self._pools = pools
        self._statement = statement
        self._model = model
        self._place = place
        self._compiled: dict[Dialect, CompiledRead] = {}

    async def __call__(self, session: Where = None, /, **parameters: Any) -> list[T]:
        """Return all rows.

        Args:
            session: The session, or the connection, in whose transaction to read.
            parameters: The values of the parameters of the statement.
        """
        rows = await self._read(session, parameters)
        found: list[T] = self._validate(self._design.list_validator, rows)
        return found

    async def first(self, session: Where = None, /, **parameters: Any) -> T | None:
        """Return the first row; `None` if there is none.

        All rows are read, but only one is validated: write `.limit(1)` if there may be many.

        Args:
            session: The session, or the connection, in whose transaction to read.
            parameters: The values of the parameters of the statement.
        """
        rows = await self._read(session, parameters)
        return self._validate(self._design.validator, rows[0]) if rows else None

    async def one_or_none(self, session: Where = None, /, **parameters: Any) -> T | None:
        """Return the only row; `None` if there is none.

        Args:
            session: The session, or the connection, in whose transaction to read.
            parameters: The values of the parameters of the statement.

        Raises:
            sqlalchemy.exc.MultipleResultsFound: There are several rows.
        """
        rows = await self._read(session, parameters)
        if len(rows) > 1:
            raise MultipleResultsFound("Multiple rows were found when one or none was required")
        return self._validate(self._design.validator, rows[0]) if rows else None

    async def one(self, session: Where = None, /, **parameters: Any) -> T:
        """Return the only row.

        Args:
            session: The session, or the connection, in whose transaction to read.
            parameters: The values of the parameters of the statement.

        Raises:
            sqlalchemy.exc.NoResultFound: There is no row.
            sqlalchemy.exc.MultipleResultsFound: There are several rows.
        """
        rows = await self._read(session, parameters)
        if not rows:
            raise NoResultFound("No row was found when one was required")
        if len(rows) > 1:
            raise MultipleResultsFound("Multiple rows were found when exactly one was required")
        found: T = self._validate(self._design.validator, rows[0])
        return found

    def check(self) -> None:
        """Compile the statement, and compare it with the model; `db.lifespan` does it at startup.

        Raises:
            pronghorn.exceptions.SetupError: The statement cannot be prepared, or it lacks what the
                model reads.
        """
        self._compile(self._pools.engine.dialect)

    def __repr__(self) -> str:
        name = getattr(self._model, "__name__", None) or str(self._model)
        return f"<PreparedRead of {name} ({self._place})>"

    @cached_property
    def _design(self) -> Design:
        return make_design(self._statement, self._model, self._pools.engine.dialect, self._place)

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

    async def _read(self, session: Where, parameters: dict[str, Any]) -> list[Any]:
        rows: list[Any]
        if isinstance(session, AsyncConnection):
            rows = await read_on_connection(session, self._find_compiled, parameters)
        elif session is not None:
            inner = session() if isinstance(session, async_scoped_session) else session
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

    def _validate(self, validator: Any, value: Any) -> Any:
        try:
            return validator.validate_python(value, from_attributes=True)
        except ValidationError as error:
            errors = [
                {**one, "loc": ("response", *one["loc"])} for one in error.errors(include_url=False)
            ]
            from pronghorn.fields.masked_errors import mask_errors  # Only mistakes need it.

            raise ResponseValidationError(
                mask_errors(errors), body=value, endpoint_ctx=self._context()
            ) from None

    def _context(self) -> EndpointContext:
        file, _, line = (self._place or "").rpartition(":")
        if not file:
            return {}
        return {"function": "db.prepare", "file": file, "line": int(line)}
