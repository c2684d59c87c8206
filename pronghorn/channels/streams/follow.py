"""The dependency with which an endpoint follows a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from pronghorn.channels.streams.following import Followed
from pronghorn.channels.streams.positions import BEGINNING, TEXT, Position, read_position
from pronghorn.exceptions import HTTPException
from pronghorn.param_functions import Depends, Header, Path, Query

__all__ = ["Find", "make_follow"]

#: Returns what follows a stream of an owner from a place on: `find(stream, owner, position)`. The
#: result is None if there is no such stream, and True if nothing comes behind the place.
Find = Callable[[str, Any, Position], Awaitable[Followed | bool | None]]
_HEADER = "The id of the last event that was received; the stream goes on behind it."
_QUERY = "The same for the first request; the header takes precedence."
_LastId = Annotated[str, Header(alias="Last-Event-ID", pattern=TEXT, description=_HEADER)]
_After = Annotated[str, Query(pattern=TEXT, description=_QUERY)]


def make_follow(find: Find, owner: Callable[..., Any] | None, parameter: str) -> Any:
    """Return the dependency whose value is a `Followed`.

    Args:
        find: Finds the stream.
        owner: The dependency whose value is the owner; None for streams without one.
        parameter: The name of the parameter of the path with the id.
    """
    user = Depends(owner or _get_nobody)

    async def follow(
        stream: str = Path(alias=parameter),
        last_event_id: _LastId = "",
        after: _After = "",
        user: Any = user,
    ) -> AsyncIterator[Followed]:
        position = read_position(last_event_id or after)
        found = await find(stream, user, position or BEGINNING)
        if found is None:
            raise HTTPException(404)
        if isinstance(found, bool):
            # An `EventSource` that gets this status does not come back again.
            raise HTTPException(204)
        async with found:
            yield found

    return Depends(follow, scope="request")


def _get_nobody() -> None:
    """Return the owner of streams that belong to nobody."""
