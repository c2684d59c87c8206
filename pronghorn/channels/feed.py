"""A channel as a stream of server-sent events, which goes on where a client has left it.

The format, `Last-Event-ID` and `retry` are those of the HTML standard, section 9.2.
"""

# No annotations from the future: those of the dependencies below name local types.

import random
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from pronghorn.channels.channel import BoundChannel, Channel, bind, no_channel
from pronghorn.channels.channels import Channels
from pronghorn.channels.reading import Subscription
from pronghorn.channels.subscribers import Gap
from pronghorn.core.kinds import CallKind, StreamKind
from pronghorn.core.setup_errors import setup_error
from pronghorn.hooks import check_plans, frame_stream
from pronghorn.param_functions import Depends, Header, Query
from pronghorn.plan.model import RoutePlan
from pronghorn.requests import HTTPConnection
from pronghorn.responses import Response
from pronghorn.sse import format_sse_event

M = TypeVar("M")
#: The milliseconds between which a client waits before it comes back, so that not all come at once.
_RETRY = (500, 2000)
#: What becomes the channel of a request: a channel, or a dependency that returns one.
Source = Channel[Any] | BoundChannel[Any] | Callable[..., Any]

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event that the client has: the stream goes on after it. "
        "Browsers send it by themselves.",
    ),
]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,18}$",
        description="The same, for a first request; 0 begins with the oldest event that is kept.",
    ),
]


class Feed(Generic[M]):
    """The messages of a channel for one request; `Subscribe` makes it.

    Iterate over it and yield one item for each message. The item gets the id of the message, so the
    client goes on after it, at any process of the program. The iteration ends when the server stops
    and when the client is too slow; clients come back.

    Args:
        channel: The channel.
        subscription: Its entries.
    """

    def __init__(self, channel: BoundChannel[M], subscription: Subscription) -> None:
        self._channel = channel
        self._subscription = subscription
        self._last: int | None = None
        self._is_placed = False
        self._is_over = False

    @property
    def last_id(self) -> str | None:
        """The id of the message that the iteration has reached; None before its begin."""
        return None if self._last is None else str(self._last)

    async def __aiter__(self) -> AsyncIterator[M]:
        async for item in self._subscription.items(begin=not self._is_placed):
            if isinstance(item, Gap):
                break  # The client comes back with its last id, and gets a `reset` first.
            self._last = item.id
            yield self._channel.decode(item.payload)
        self._is_over = True

    async def frame(
        self, items: AsyncIterator[Any], encode: Callable[[Any], bytes]
    ) -> AsyncIterator[bytes]:
        """Yield the events of a response: ids, `reset` and `retry` around the items.

        Args:
            items: The items of the endpoint.
            encode: Returns the event of an item, without an id.
        """
        gap = await self._subscription.find_place()
        self._is_placed = True
        self._last = shown = self._subscription.place
        # A client that leaves before the first message comes back to this place as well.
        reset = ("reset", "{}") if gap else (None, None)
        yield format_sse_event(event=reset[0], data_str=reset[1], id=str(shown))
        async for item in items:
            event = encode(item)
            if self._last != shown:
                shown = self._last
                event = b"id: %d\n" % shown + event
            yield event
        if self._is_over:
            yield format_sse_event(retry=random.randint(*_RETRY))  # noqa: S311 - no secret


class _Source:
    """Finds the channel of a request.

    Args:
        channels: The channels.
        channel: A channel, with values or without.
    """

    def __init__(self, channels: Channels, channel: Channel[Any] | BoundChannel[Any]) -> None:
        self._channels = channels
        self._channel = channel
        #: The types of the parameters, by endpoint.
        self._fields: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The values that a request has to give."""
        return self._channel.parameters if isinstance(self._channel, Channel) else ()

    def know(self, plan: RoutePlan) -> None:
        """Note the types of the values, which decide how they are written.

        Raises:
            SetupError: The path lacks one.
        """
        found = {field.alias: field for call in plan.root.walk() for field in call.path_fields}
        for name in self.parameters:
            if name not in plan.path_names:
                raise setup_error(
                    f"{self._channel!r} has the parameter {name!r}, and the path "
                    f"{plan.path_format!r} has not",
                    "the value comes from elsewhere, such as the user",
                    f"Subscribe(channels, find), where find(user: CurrentUser) returns the channel "
                    f"with {name}=user.id",
                )
        self._fields[plan.endpoint] = {name: found.get(name) for name in self.parameters}

    def find(self, connection: HTTPConnection) -> BoundChannel[Any]:
        """Return the channel of a request."""
        if not isinstance(self._channel, Channel):
            return self._channel
        fields = self._fields.get(getattr(connection.scope.get("route"), "endpoint", None), {})
        values: dict[str, Any] = {}
        for name in self.parameters:
            value: Any = connection.path_params[name]
            field = fields.get(name)
            if field is not None and isinstance(value, str):
                typed, errors = field.validate(value)
                value = value if errors else typed  # The endpoint answers with the errors.
            values[name] = value
        return self._channel(**values)


def Subscribe(channels: Channels, source: Source) -> Any:  # noqa: N802  # Named as other markers.
    """Subscribe a request to a channel: a marker for a parameter of the type `Feed[Message]`.

    The endpoint is an `async def` that yields, with `response_class=EventSourceResponse`. The
    request may have the header `Last-Event-ID`, or the query parameter `after`.

    Args:
        channels: The channels of the program.
        source: The channel, whose parameters are those of the path; or a dependency that returns a
            channel with its values, and may refuse the request.

    Returns:
        A dependency.

    Raises:
        SetupError: It is neither.
    """
    if isinstance(source, (Channel, BoundChannel)):
        return _subscribe_to_channel(channels, source)
    if not callable(source):
        raise no_channel(source)
    chosen_type = Annotated[Any, Depends(source)]

    async def open_chosen_feed(
        response: Response,
        channel: chosen_type,
        last_event_id: LastEventId = None,
        after: After = None,
    ) -> Feed[Any]:
        return _open(channels, bind(channel), response, last_event_id or after)

    _FEEDS[open_chosen_feed] = None
    return Depends(open_chosen_feed)


def _subscribe_to_channel(channels: Channels, channel: Channel[Any] | BoundChannel[Any]) -> Any:
    source = _Source(channels, channel)

    async def open_feed(
        connection: HTTPConnection,
        response: Response,
        last_event_id: LastEventId = None,
        after: After = None,
    ) -> Feed[Any]:
        return _open(channels, source.find(connection), response, last_event_id or after)

    _FEEDS[open_feed] = source
    return Depends(open_feed)


#: The functions of all dependencies that give a feed, with what has to know the plans of routes.
_FEEDS: WeakKeyDictionary[Callable[..., Any], _Source | None] = WeakKeyDictionary()


def _open(
    channels: Channels, channel: BoundChannel[Any], response: Response, after: str | None
) -> Feed[Any]:
    feed: Feed[Any] = Feed(channel, channels.subscribe(channel, after))
    frame_stream(response, feed.frame)
    return feed


def check_feeds(plan: RoutePlan) -> None:
    """Refuse an endpoint that cannot use the feed it asks for.

    Raises:
        SetupError: It does not stream events, is no `async def`, has two feeds, or its path lacks a
            parameter of the channel.
    """
    found = [call for call in plan.root.walk() if call.marker and call.marker.dependency in _FEEDS]
    if not found:
        return
    name = getattr(plan.endpoint, "__name__", "endpoint")
    if plan.response.stream is not StreamKind.SERVER_SENT_EVENTS or len(found) > 1:
        raise setup_error(
            f"The endpoint {name} has {len(found)} feeds, and does not send the events of one"
            if len(found) > 1
            else f"The endpoint {name} has a feed, and does not answer with server-sent events",
            "an endpoint that yields the messages of one feed was meant",
            "response_class=EventSourceResponse, and async for message in feed: yield message",
        )
    if plan.root.kind is not CallKind.ASYNC_GENERATOR:
        raise setup_error(
            f"The endpoint {name} is a `def` function and cannot await its feed",
            "`async` was left out",
            f"async def {name}(...)",
        )
    source = _FEEDS[found[0].marker.dependency]  # type: ignore[union-attr,index]  # see above
    if source is not None:
        source.know(plan)


check_plans(check_feeds)
