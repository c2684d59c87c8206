"""Pages by offset: any page can be asked for, and the whole list can be counted.

The database reads and skips all rows before the page, so an offset has a limit.
"""

# No annotations from the future: those of the dependency below name local types.

from typing import Annotated, Any

from sqlalchemy import SelectBase, func, select

from pronghorn.core.setup_errors import setup_error, user_error, user_place
from pronghorn.param_functions import Depends, Query
from pronghorn.requests import HTTPConnection
from pronghorn.responses import Response
from pronghorn.sql.ordering import Ordering
from pronghorn.sql.pages import (
    LIMIT,
    CountedPage,
    Executor,
    Links,
    Page,
    check_limits,
    fetch,
    is_count,
    require_select,
)

_CHANGED = frozenset({"offset"})


class Slice:
    """The part of a list that a request asks for; `Offset` makes one for each request.

    Attributes:
        offset: The number of items before the page.
        limit: The number of items that a page has at most.
    """

    def __init__(
        self, listing: "_Listing", offset: int, limit: int, links: Links, max_offset: int
    ) -> None:
        self.offset = offset
        self.limit = limit
        self._listing = listing
        self._max_offset = max_offset
        self._links = links

    async def of(self, session: Executor, statement: SelectBase) -> Page[Any]:
        """Read the page, and add the `Link` header to the response.

        Args:
            session: A session or a connection of SQLAlchemy.
            statement: The whole list, with any conditions, joins and options. Its own limit and
                offset are replaced, and its order if `Offset` has one.

        Returns:
            The page. An item is what the statement selects: an object if that is one thing,
            otherwise a row.

        Raises:
            SetupError: The statement has no order.
        """
        items, following, previous = await self._read(session, require_select(statement))
        return Page.model_construct(items=items, next=following, previous=previous)

    async def with_total(self, session: Executor, statement: SelectBase) -> CountedPage[Any]:
        """Read the page and the length of the whole list, which is a second statement.

        Args:
            session: See `of`.
            statement: See `of`.

        Returns:
            The page.

        Raises:
            SetupError: The statement has no order.
        """
        written = require_select(statement)
        items, following, previous = await self._read(session, written)
        whole = written.order_by(None).limit(None).offset(None).subquery()
        total = await session.scalar(select(func.count()).select_from(whole))
        return CountedPage.model_construct(
            items=items, next=following, previous=previous, total=total
        )

    async def _read(
        self, session: Executor, statement: Any
    ) -> tuple[list[Any], str | None, str | None]:
        """Return the items, and the offsets of the next page and of the one before."""
        ordered = self._listing.order(statement)
        items, _ = await fetch(session, ordered.offset(self.offset).limit(self.limit + 1), ())
        has_more = len(items) > self.limit
        del items[self.limit :]
        end = self.offset + self.limit
        following = str(end) if has_more and end <= self._max_offset else None
        previous = str(max(0, self.offset - self.limit)) if self.offset else None
        self._links.write(
            {
                "first": {} if self.offset else None,
                "prev": None if previous is None else {"offset": previous},
                "next": None if following is None else {"offset": following},
            }
        )
        return items, following, previous


class _Listing:
    """The order of an `Offset`."""

    def __init__(self, columns: tuple[Any, ...]) -> None:
        self._order = Ordering(columns).order() if columns else None
        self._place = user_place()
        self._has_order = False

    def order(self, statement: Any) -> Any:
        """Return the statement in the order of the list.

        Raises:
            SetupError: Neither has one.
        """
        if self._order is not None:
            return statement.order_by(None).order_by(*self._order)
        # The statement of a route has an order or has none, so the first request answers for all.
        if not self._has_order and statement.compare(statement.order_by(None)):
            raise setup_error(
                "the pages of a statement without an order may repeat rows and leave out others",
                None,
                "select(...).order_by(Order.id), or Offset(Order.id, ...)",
                where=self._place,
            )
        self._has_order = True
        return statement


def Offset(  # noqa: N802  # Named as the other markers of parameters.
    *columns: Any,
    limit: int = 50,
    max_limit: int | None = None,
    max_offset: int = 10_000,
) -> Any:
    """Read a page by offset: a marker for a parameter of the type `Slice`.

    The request has the query parameters `offset` and `limit`.

    Args:
        columns: The order, with a primary key or unique columns; by default that of the statement.
        limit: The number of items of a page if the request does not say it.
        max_limit: The number that a request may ask for; by default 100, or `limit` if that is
            more.
        max_offset: The number of items that a request may skip; more is a 422. The last page that
            can be asked for has no `next`.

    Returns:
        A dependency.

    Raises:
        SetupError: The order is not unique, or the limits contradict each other or are no numbers.
    """
    highest = check_limits("Offset", limit, max_limit)
    if not is_count(max_offset):
        raise user_error(
            f"Offset(max_offset={max_offset!r}) is not a number of items",
            None,
            "Offset(..., max_offset=10_000)",
        )
    listing = _Listing(columns)
    limit_type = Annotated[int, Query(ge=1, le=highest, description=LIMIT)]
    skipped = "The number of items before the page."
    offset_type = Annotated[int, Query(ge=0, le=max_offset, description=skipped)]

    async def read_slice(
        connection: HTTPConnection,
        response: Response,
        offset: offset_type = 0,
        limit: limit_type = limit,
    ) -> Slice:
        return Slice(listing, offset, limit, Links(connection, response, _CHANGED), max_offset)

    return Depends(read_slice)
