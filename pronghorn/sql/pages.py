"""Pages of a list, as models for responses, and the `Link` header that leads from one to the next.

The header follows RFC 8288. Its addresses are relative to the host, so no proxy can make them
wrong; `root_path` is part of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote_plus, urlencode

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.sql import ColumnElement

from pronghorn.core.numbers import MOST, is_whole, show
from pronghorn.core.setup_errors import describe_value, setup_error, user_error
from pronghorn.requests import HTTPConnection
from pronghorn.responses import Response

T = TypeVar("T")
#: What runs a statement.
Executor = AsyncSession | AsyncConnection

#: Characters of an address that stay. Clients such as httpx split the header at `,` and `;`.
_SAFE = "/:@!$&'()*+=~"

#: For the option `responses` of a route: the header in its documentation.
LINK_HEADER: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Link": {
                "description": "The addresses of the `first`, `prev` and `next` page (RFC 8288).",
                "schema": {"type": "string"},
            }
        }
    }
}


class Page(BaseModel, Generic[T]):
    """A part of a list, and the way to its neighbours."""

    model_config = ConfigDict(from_attributes=True)

    items: list[T]
    next: str | None = Field(
        default=None, description="The cursor or the offset of the next page; null on the last."
    )
    previous: str | None = Field(
        default=None, description="The cursor or the offset of the page before; null on the first."
    )


class CountedPage(Page[T], Generic[T]):
    """A part of a list, the way to its neighbours, and the length of the whole list."""

    total: int = Field(description="The number of items on all pages.")


class Links:
    """Writes the links of one response.

    Args:
        connection: The request; the links keep its path and its other query parameters.
        response: The response, which gets the header.
        changed: The query parameters that say which page it is.
    """

    def __init__(
        self, connection: HTTPConnection, response: Response, changed: frozenset[str]
    ) -> None:
        self._scope = connection.scope
        self._response = response
        self._changed = changed

    def write(self, targets: Mapping[str, Mapping[str, str | int] | None]) -> None:
        """Add the header.

        Args:
            targets: For each relation, the query parameters of its page; None if there is none.
        """
        path, kept = self._path(), self._other_parameters()
        links = []
        for relation, parameters in targets.items():
            if parameters is not None:
                query = "&".join(part for part in (kept, urlencode(parameters)) if part)
                links.append(f'<{path}{query and "?"}{query}>; rel="{relation}"')
        if links:
            self._response.headers.append("Link", ", ".join(links))

    def _path(self) -> str:
        path, root = self._scope["path"], self._scope.get("root_path", "").rstrip("/")
        # A proxy may have removed the prefix that it added to the address.
        if not f"{path}/".startswith(f"{root}/"):
            path = root + path
        # Two slashes would begin the name of a host (RFC 3986, section 4.2).
        return quote("/." * path.startswith("//") + path, safe=_SAFE)

    def _other_parameters(self) -> str:
        query = self._scope.get("query_string", b"").decode("latin-1")
        kept = [
            part
            for part in query.split("&")
            if part and unquote_plus(part.partition("=")[0]) not in self._changed
        ]
        return quote("&".join(kept), safe=f"%?{_SAFE}", encoding="latin-1")


def require_select(statement: Any) -> Any:
    """Return a statement, which has to be a SELECT.

    Its type is lost, because that of SQLAlchemy 2.0 cannot be written for 2.1.

    Raises:
        SetupError: It is something else, such as a UNION or a text.
    """
    if isinstance(statement, Select):
        return statement
    raise setup_error(
        f"`of` needs a select(...), and got {describe_value(type(statement))}",
        "a UNION or a text cannot be continued in the middle",
        "select(statement.subquery())",
    )


async def fetch(
    session: Executor, statement: Any, columns: Sequence[ColumnElement[Any]]
) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """Run a statement with additional columns.

    Args:
        session: What runs it.
        statement: The statement; if it selects one thing, that is an item, otherwise the row is.
        columns: The additional columns.

    Returns:
        The items, and for each the values of the additional columns.

    Raises:
        SetupError: The statement joins a collection of its models.
    """
    result = await session.execute(statement.add_columns(*columns))
    try:
        width = len(statement.column_descriptions)
        if width == 1:
            rows: Sequence[Row[Any]] = result.all()
            return [row[0] for row in rows], [tuple(row[1:]) for row in rows]
        frozen = result.freeze()
    except InvalidRequestError as error:
        raise setup_error(
            "a page cannot be read with a collection that is joined to its rows",
            "a relationship has lazy='joined', or the statement has joinedload(...)",
            ".options(selectinload(...)), which reads the collections of all items at once",
        ) from error
    items = frozen().columns(*range(width)).all()
    keys = frozen().columns(*range(width, width + len(columns))).all() if columns else []
    return list(items), [tuple(row) for row in keys]


def is_count(value: Any) -> bool:
    """Return whether an argument of a program is a number of rows."""
    return is_whole(value) and 0 <= value <= MOST


LIMIT = "The number of items that the page has at most."


def check_limits(marker: str, limit: int, max_limit: int | None) -> int:
    """Return the number of items that a request may ask for.

    Raises:
        SetupError: `limit` is not between 1 and `max_limit`, or no integer.
    """
    highest = max(limit, 100) if max_limit is None and is_count(limit) else max_limit
    if is_count(limit) and highest is not None and is_count(highest) and 1 <= limit <= highest:
        return highest
    raise user_error(
        f"{marker}(limit={show(limit)}, max_limit={show(highest)})",
        "`limit` is what a page has by default, from 1 to `max_limit`",
        f"{marker}(..., limit=20, max_limit=100)",
    )
