"""The calls that prepared reads and prepared writes have in common, and the rows as models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session

from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.sql.prepared.design import Design
from pronghorn.sql.prepared.pools import Pools

T = TypeVar("T")
#: Each pool has its own dialect object, and each event loop of a test its own pools.
MOST_DIALECTS = 32
#: Where a statement may run; `None` is the pool.
Where = AsyncSession | async_scoped_session[AsyncSession] | AsyncConnection | None


class Prepared(ABC, Generic[T]):
    """A statement that is compiled once, and whose rows become values of a type.

    Args:
        pools: The connections for statements without a session.
        statement: The statement.
        model: The type of a row.
        place: Where the program has prepared it, for messages.
    """

    def __init__(self, pools: Pools, statement: Any, model: Any, place: str | None) -> None:
        self._pools = pools
        self._statement = statement
        self._model = model
        self._place = place

    async def __call__(self, session: Where = None, /, **parameters: Any) -> list[T]:
        """Return all rows.

        Args:
            session: The session, or the connection, to whose transaction the statement belongs.
            parameters: The values of the parameters of the statement.
        """
        rows = await self._execute(session, parameters, single=False)
        found: list[T] = self._validate(self._design.list_validator, rows)
        return found

    async def first(self, session: Where = None, /, **parameters: Any) -> T | None:
        """Return the first row; `None` if there is none.

        All rows are read, but only one is validated: write `.limit(1)` if there may be many.

        Args:
            session: The session, or the connection, to whose transaction the statement belongs.
            parameters: The values of the parameters of the statement.
        """
        rows = await self._execute(session, parameters, single=False)
        return self._validate(self._design.validator, rows[0]) if rows else None

    async def one_or_none(self, session: Where = None, /, **parameters: Any) -> T | None:
        """Return the only row; `None` if there is none.

        Args:
            session: The session, or the connection, to whose transaction the statement belongs.
            parameters: The values of the parameters of the statement.

        Raises:
            sqlalchemy.exc.MultipleResultsFound: There are several rows.
        """
        rows = await self._execute(session, parameters, single=True)
        if len(rows) > 1:
            refuse_several(rows)
        return self._validate(self._design.validator, rows[0]) if rows else None

    async def one(self, session: Where = None, /, **parameters: Any) -> T:
        """Return the only row.

        Args:
            session: The session, or the connection, to whose transaction the statement belongs.
            parameters: The values of the parameters of the statement.

        Raises:
            sqlalchemy.exc.NoResultFound: There is no row.
            sqlalchemy.exc.MultipleResultsFound: There are several rows.
        """
        rows = await self._execute(session, parameters, single=True)
        if not rows:
            raise NoResultFound("No row was found when one was required")
        if len(rows) > 1:
            refuse_several(rows)
        found: T = self._validate(self._design.validator, rows[0])
        return found

    @abstractmethod
    def check(self) -> None:
        """Compile the statement, and compare it with the model; `db.lifespan` does it at startup.

        Raises:
            pronghorn.exceptions.SetupError: The statement cannot be prepared, or it lacks what the
                model reads.
        """

    def __repr__(self) -> str:
        name = getattr(self._model, "__name__", None) or str(self._model)
        return f"<{type(self).__name__} of {name} ({self._place})>"

    @property
    @abstractmethod
    def _design(self) -> Design:
        """The columns of the statement, and how rows become models."""

    @abstractmethod
    async def _execute(
        self, session: Where, parameters: dict[str, Any], *, single: bool
    ) -> list[Any]:
        """Return what the validators take.

        Args:
            session: The session, or the connection, to whose transaction the statement belongs.
            parameters: The values of its parameters.
            single: Whether the caller refuses more than one row.
        """

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


def find_session(
    session: AsyncSession | async_scoped_session[AsyncSession],
) -> AsyncSession:
    """Return the session itself, if it is that of the current scope."""
    return session() if isinstance(session, async_scoped_session) else session


def refuse_several(rows: list[Any]) -> None:
    """Raise `MultipleResultsFound` if there are several rows."""
    if len(rows) > 1:
        raise MultipleResultsFound("Multiple rows were found when exactly one was required")
