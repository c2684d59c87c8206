"""Pages by cursor: each begins after the last row of the one before.

The database finds the place in an index, however far it is from the beginning, and rows that are
added or deleted meanwhile move no other row to another page.
"""

# No annotations from the future: those of the dependencies below name local types.

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from sqlalchemy import SelectBase

from pronghorn.core.path_patterns import INSIDE
from pronghorn.core.private_names import has_names
from pronghorn.core.setup_errors import setup_error, user_place
from pronghorn.exceptions import RequestValidationError, SetupError, WebSocketRequestValidationError
from pronghorn.param_functions import Depends, Query
from pronghorn.requests import HTTPConnection
from pronghorn.responses import Response
from pronghorn.sql.cursors import MAX_LENGTH, Key, Position, Signer, cursor_key, read_key
from pronghorn.sql.ordering import Ordering, nulls_error
from pronghorn.sql.pages import LIMIT, Executor, Links, Page, check_limits, fetch, require_select

DISTINCT_SEEN = has_names(
    "sqlalchemy.sql.selectable",
    ["Select._distinct"],
    "Pages of a DISTINCT without the columns of the order repeat rows, and it is no error.",
)
_CHANGED = frozenset({"cursor"})
_MESSAGE = "Input should be a cursor that this list has returned; omit it to get the first page"

CursorText = Annotated[
    str | None,
    Query(
        max_length=MAX_LENGTH,
        description="Where the page begins: `next` or `previous` of another page. "
        "Without it, the first page.",
    ),
]


class Cursor:
    """The place in a list that a request asks for; `Keyset` makes one for each request.

    Attributes:
        limit: The number of items that a page has at most.
    """

    def __init__(
        self,
        listing: "_Listing",
        signer: Signer,
        position: Position | None,
        limit: int,
        links: Links,
    ) -> None:
        self.limit = limit
        self._listing = listing
        self._signer = signer
        self._position = position
        self._links = links

    async def of(self, session: Executor, statement: SelectBase) -> Page[Any]:
        """Read the page, and add the `Link` header to the response.

        Args:
            session: A session or a connection of SQLAlchemy.
            statement: The whole list, with any conditions, joins and options. Its own order, limit
                and offset are replaced.

        Returns:
            The page. An item is what the statement selects: an object if that is one thing,
            otherwise a row.

        Raises:
            SetupError: The statement has several rows with the same key, a key is NULL, or a cursor
                cannot contain it exactly; or the columns of the order would change its DISTINCT.
        """
        ordering = self._listing.ordering
        values, backward = self._position or ((), False)
        ordered = require_select(statement).order_by(None)
        self._listing.check_distinct(ordered)
        ordered = ordered.order_by(*ordering.order(backward=backward))
        if self._position is not None:
            ordered = ordered.where(ordering.after(values, backward=backward))
        limited = ordered.offset(None).limit(self.limit + 1)
        items, keys = await fetch(session, limited, ordering.columns)
        if keys and keys[0] == values:
            raise self._listing.inexact_error(values)
        self._listing.check_keys(keys)
        has_more = len(items) > self.limit
        del items[self.limit :], keys[self.limit :]
        if backward:
            items.reverse()
            keys.reverse()
        return self._lay_out(items, keys, has_more=has_more, backward=backward)

    def _lay_out(
        self, items: list[Any], keys: list[tuple[Any, ...]], *, has_more: bool, backward: bool
    ) -> Page[Any]:
        following = previous = None
        if keys and (has_more or backward):
            following = self._listing.write(self._signer, Position(keys[-1], backward=False))
        if keys and (has_more if backward else self._position is not None):
            previous = self._listing.write(self._signer, Position(keys[0], backward=True))
        self._links.write(
            {
                "first": None if self._position is None else {},
                "prev": None if previous is None else {"cursor": previous},
                "next": None if following is None else {"cursor": following},
            }
        )
        return Page.model_construct(items=items, next=following, previous=previous)


class _Listing:
    """The order of a `Keyset`, with the signers of the routes that use it."""

    def __init__(self, columns: Sequence[Any]) -> None:
        self.ordering = Ordering(columns)
        self._place = user_place()
        self._signers: dict[tuple[bytes, str], Signer] = {}

    def open(
        self,
        key: bytes,
        connection: HTTPConnection,
        response: Response,
        cursor: str | None,
        limit: int,
    ) -> Cursor:
        """Return the place that a request asks for."""
        scope = connection.scope
        levels = [*scope.get(INSIDE, ()), scope.get("route")]
        path = "".join(getattr(level, "path", "") for level in levels)
        signer = self._signers.get((key, path))
        if signer is None:
            signer = Signer(key, [path, self.ordering.fingerprint])
            self._signers[key, path] = signer
        position = signer.read(cursor, self.ordering.enums) if cursor else None
        if cursor and position is None:
            wrong = {"loc": ("query", "cursor"), "msg": _MESSAGE, "input": cursor}
            is_http = connection.scope["type"] == "http"
            kind = RequestValidationError if is_http else WebSocketRequestValidationError
            raise kind([{"type": "cursor_invalid", **wrong}])
        return Cursor(self, signer, position, limit, Links(connection, response, _CHANGED))

    def check_distinct(self, statement: Any) -> None:
        """Refuse a DISTINCT that would compare the columns of the order too."""
        if not (DISTINCT_SEEN and statement._distinct):
            return
        compared = {base for each in statement.selected_columns for base in each.base_columns}
        if not self.ordering.base_columns <= compared:
            raise setup_error(
                "the statement has a DISTINCT without the columns of the order",
                "they are added to the statement, so rows would be repeated",
                "select(...) from a subquery that has the DISTINCT",
                where=self._place,
            )

    def check_keys(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """Refuse rows between which no page can begin; else some would be lost in silence."""
        for before, after in pairwise(keys):
            if before == after:
                raise setup_error(
                    f"two rows of the statement have the same key {before!r}",
                    "a join repeats the rows of its first table",
                    "where(Order.items.any(...)) instead of the join, or a key of the joined table "
                    "at the end of the order",
                    where=self._place,
                )
        for number, key in enumerate(self.ordering.keys):
            if key.nulls_first is None and any(row[number] is None for row in keys):
                got = f"{key.expression} is NULL in a row of the statement"
                raise nulls_error(key.expression, got, self._place)

    def inexact_error(self, key: tuple[Any, ...]) -> SetupError:
        """Return the error about a row that comes after itself, and would do so on every page."""
        return setup_error(
            f"the row with the key {key!r} is on two pages",
            "a value is not the same in Python as in the database, such as an interval with years",
            "another column in the order, or the type of the database in the model, such as REAL",
            where=self._place,
        )

    def write(self, signer: Signer, position: Position) -> str:
        """Return the cursor of a position."""
        try:
            cursor = signer.write(position, self.ordering.enums)
        except TypeError as error:
            raise setup_error(
                f"a page begins at a value of the type {error}",
                "the column has a type of its own, whose values a cursor cannot contain",
                "type_coerce(Order.price, Integer), with the type that the database has",
                where=self._place,
            ) from error
        if len(cursor) <= MAX_LENGTH:
            return cursor
        raise setup_error(
            f"a page begins at a value that makes a cursor of {len(cursor)} characters, at most "
            f"{MAX_LENGTH} fit into an address",
            "a long text is part of the order",
            "func.substr(Order.title, 1, 200) in the order, or another column",
            where=self._place,
        )


def Keyset(  # noqa: N802  # Named as the other markers of parameters.
    *columns: Any, limit: int = 50, max_limit: int | None = None, key: Key | None = None
) -> Any:
    """Read a page by cursor: a marker for a parameter of the type `Cursor`.

    The request has the query parameters `cursor` and `limit`. A cursor is signed with HMAC-SHA256
    (RFC 2104). It belongs to one path and one order: any other, or a changed one, is a 422.

    Args:
        columns: The order, for example `Order.created_at.desc(), Order.id.desc()`. It has to
            contain a primary key or unique columns. A column that may be NULL needs `nulls_first`
            or `nulls_last`.
        limit: The number of items of a page if the request does not say it.
        max_limit: The number that a request may ask for; by default 100, or `limit` if that is
            more.
        key: The secret key, at least 16 bytes. By default the variable `PRONGHORN_CURSOR_KEY` of
            the environment, which has to be there when the application starts.

    Returns:
        A dependency.

    Raises:
        SetupError: The order is not unique, NULL has no place in it, a cursor cannot contain a
            column, the key is too short, or the limits contradict each other.
    """
    highest = check_limits("Keyset", limit, max_limit)
    listing = _Listing(columns)
    limit_type = Annotated[int, Query(ge=1, le=highest, description=LIMIT)]
    if key is None:
        secret_type = Annotated[bytes, Depends(cursor_key, scope="app")]

        async def read_cursor(
            connection: HTTPConnection,
            response: Response,
            secret: secret_type,
            cursor: CursorText = None,
            limit: limit_type = limit,
        ) -> Cursor:
            return listing.open(secret, connection, response, cursor, limit)

        return Depends(read_cursor)
    own_key = read_key(key)

    async def read_own_cursor(
        connection: HTTPConnection,
        response: Response,
        cursor: CursorText = None,
        limit: limit_type = limit,
    ) -> Cursor:
        return listing.open(own_key, connection, response, cursor, limit)

    return Depends(read_own_cursor)
