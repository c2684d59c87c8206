"""Publish messages to channels, and read them, in any process of a program."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from pronghorn.channels.channel import AnyChannel, BoundChannel, bind
from pronghorn.channels.errors import TooSlowError
from pronghorn.channels.hub import Hub
from pronghorn.channels.joining import Joined
from pronghorn.channels.log import Entry, Limits, Log
from pronghorn.channels.log_memory import MemoryLog
from pronghorn.channels.presence import CHANGES_OF, Change, MemoryPresence, Presence, Present
from pronghorn.channels.publishing import Message, publish_at_commit
from pronghorn.channels.reading import Subscription, read_cursor
from pronghorn.channels.subscribers import Gap, Item
from pronghorn.core.numbers import check_whole
from pronghorn.core.setup_errors import setup_error
from pronghorn.websockets import WebSocket

M = TypeVar("M")
#: What the channels of changes keep.
_CHANGES = Limits(1000, 86_400.0)


@dataclass(frozen=True, slots=True)
class Event(Generic[M]):
    """A message of a channel.

    Args:
        id: Its id, with which a reader goes on after it.
        data: The message.
    """

    id: str
    data: M


@dataclass(frozen=True, slots=True)
class Reset:
    """Messages are gone that the reader has not seen; what it derived from them is out of date.

    Args:
        id: The id with which a reader goes on after it.
    """

    id: str


class Channels:
    """The channels of a program.

    Args:
        store: Where messages are kept: a `Database`, or a client of Redis or Valkey for asyncio.
        buffer: How many messages may wait for a subscriber; one more, and the subscriber is ended.
        presence: The `Database` with the rows of those that are present, if `store` is none.

    Raises:
        SetupError: The store is something else.

    Attributes:
        log: The log that keeps the messages.
    """

    def __init__(self, store: Any, *, buffer: int = 256, presence: Any = None) -> None:
        self.log: Log = _make_log(store)
        check_whole(buffer, 1, "The option buffer of Channels", "buffer=256", sys.maxsize)
        self.buffer = buffer
        self._hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
        self._process = os.getpid()
        self._lock = Lock()
        self._presence = self._make_presence(getattr(self.log, "db", presence))
        for db in {getattr(self.log, "db", None), presence} - {None}:
            db.before_close(self.close)

    @classmethod
    def memory(cls, *, buffer: int = 256) -> Channels:
        """Return channels in the memory of this process, for tests and for a single process.

        Args:
            buffer: How many messages may wait for a subscriber.
        """
        return cls(MemoryLog(), buffer=buffer)

    async def publish(
        self, channel: AnyChannel[M], message: M, *, session: Any = None
    ) -> str | None:
        """Publish a message.

        Args:
            channel: The channel.
            message: The message, which is validated.
            session: A session of a `Database`: the message is written just before its commit, and
                nobody sees it if the transaction is rolled back. If messages are kept elsewhere,
                it is published just after the commit.

        Returns:
            The id of the message; None with a session, as it has none before the commit.

        Raises:
            pydantic.ValidationError: The message has another type than the channel.
            ChannelsAwayError: The Redis of the channels does not answer; a request is answered
                with 503. With a session it is logged instead, since the commit stays.
            SetupError: The session is no session of a `Database`, or of another one.
        """
        bound = bind(channel)
        return await self.publish_json(bound, bound.encode(message), session=session)

    async def publish_json(
        self, channel: AnyChannel[Any], payload: bytes, *, session: Any = None
    ) -> str | None:
        """Publish a message that is JSON already, without validating it; see `publish`.

        Args:
            channel: The channel.
            payload: The message, in UTF-8.
            session: See `publish`.
        """
        bound = bind(channel)
        new = Message(bound.name, payload, bound.channel.limits)
        if session is not None:
            _check_session(session, self.log)
            self._publish_with(session, new)
            return None
        number = await self.log.append(None, *new)
        self._tell(bound.name, Entry(number, payload))
        return str(number)

    async def read(
        self, channel: AnyChannel[M], *, after: str | int | None = None
    ) -> AsyncIterator[Event[M] | Reset]:
        """Yield the messages of a channel, until the server of this process stops.

        Args:
            channel: The channel.
            after: The id of an event: its successors are first, whatever process has published
                them. `START` begins with the oldest message that is kept; None with the next one.

        Raises:
            ChannelsAwayError: The Redis of the channels does not answer when the reader begins.
            TooSlowError: The reader did not take its messages in time.
        """
        bound = bind(channel)
        subscription = self.subscribe(bound, after)
        async for item in subscription.items():
            yield as_event(bound, item)
        if subscription.ended == "slow":
            raise TooSlowError(f"More than {self.buffer} messages of {bound!r} wait for a reader")

    def join(
        self,
        websocket: WebSocket,
        channel: AnyChannel[M],
        *,
        presence: dict[str, Any] | None = None,
        after: str | int | None = None,
        ids: bool = False,
    ) -> Joined[M]:
        """Send the messages of a channel to a WebSocket, inside of an `async with` block.

        A client that reads too slowly is closed with 1013, and delays nobody.

        Args:
            websocket: The connection, which is accepted unless it is already.
            channel: The channel.
            presence: What others see of the connection, such as `{"user": 7}`; None to stay unseen.
            after: The id of an event whose successors are sent first; see `read`.
            ids: Send `{"id": ..., "data": message}` instead of the message alone, and
                `{"id": ..., "reset": true}` where messages are gone. Clients need it for `after`.

        Returns:
            The context manager, whose value has `receive`, `publish` and `present`.

        Raises:
            SetupError: `presence` is given, and there is no place for it.
        """
        if presence is not None:
            self.presence  # noqa: B018  # It raises the error before the connection is accepted.
        return Joined(self, websocket, bind(channel), presence=presence, after=after, ids=ids)

    async def present(self, channel: AnyChannel[Any]) -> list[Present]:
        """Return all connections to a channel that others may see, of all processes.

        `read(room(7).presence)` tells of each that comes or leaves.

        Args:
            channel: The channel.

        Returns:
            The connections, the oldest first.

        Raises:
            SetupError: There is no place for presence.
        """
        return await self.presence.list(bind(channel).name)

    @property
    def presence(self) -> Presence:
        """The store of those that are present.

        Raises:
            SetupError: There is none.
        """
        if self._presence is None:
            raise setup_error(
                "Presence was asked for, and these channels have no database",
                "the rows of those that are present are kept in one",
                "Channels(client, presence=db)",
            )
        return self._presence

    async def newest(self, channel: AnyChannel[Any]) -> str:
        """Return the id of the last message of a channel; `START` if it never had one.

        A reader that has read the state of something after this call misses no change with
        `after=` this id.
        """
        return str((await self.log.span(bind(channel).name)).newest)

    def subscribe(
        self, channel: BoundChannel[Any], after: str | int | None, on_end: Any = None
    ) -> Subscription:
        """Return the entries of a channel for one subscriber, for `read` and its kin."""
        cursor = read_cursor(after)
        return Subscription(self._hub(), channel.name, cursor, self.buffer, on_end)

    async def close(self) -> None:
        """End all readers of the running event loop.

        The end of a `Database` does so. A program on Redis calls it before it closes the client.
        """
        with self._lock:
            hub = self._hubs.pop(asyncio.get_running_loop(), None)
        if hub is not None and self._process == os.getpid():
            await hub.close()

    # --- presence ---------------------------------------------------------------------------

    def _make_presence(self, db: Any) -> Presence | None:
        if isinstance(self.log, MemoryLog) and db is None:
            return MemoryPresence(self._tell_of_change)
        if db is None:
            return None
        from pronghorn.channels.presence_sql import SqlPresence

        return SqlPresence(db, self._tell_of_change)

    def _publish_with(self, session: Any, new: Message) -> None:
        """Publish in the transaction of a session, or after it if the log is elsewhere."""
        if getattr(self.log, "db", None) is not None:
            publish_at_commit(self.log, session, new, self._tell)
            return
        from pronghorn.sql.commits import after_commit

        async def publish() -> None:
            self._tell(new.channel, Entry(await self.log.append(None, *new), new.payload))

        after_commit(session, publish)

    async def _tell_of_change(self, session: Any, channel: str, change: Change) -> None:
        """Publish a change in the transaction of its row; after it, if the log is elsewhere."""
        new = Message(CHANGES_OF + channel, change.model_dump_json().encode(), _CHANGES)
        if session is None:
            self._tell(new.channel, Entry(await self.log.append(None, *new), new.payload))
        else:
            self._publish_with(session, new)

    # --- event loops ----------------------------------------------------------------------

    def _hub(self) -> Hub:
        """Return the readers of the running event loop."""
        if self._process != os.getpid():  # A fork has no part in the readers of its parent.
            self._process, self._hubs, self._lock = os.getpid(), {}, Lock()
        loop = asyncio.get_running_loop()
        hub = self._hubs.get(loop)
        if hub is None:
            with self._lock:  # Other event loops may begin at the same time.
                for each in [each for each in self._hubs if each.is_closed()]:
                    del self._hubs[each]
                hub = self._hubs[loop] = Hub(self.log)
        return hub

    def _tell(self, name: str, entry: Entry) -> None:
        """Deliver a visible entry to the subscribers of this process, and wake the others."""
        own = self._hub()
        own.push(name, entry)
        own.announce(name, entry.id)
        if len(self._hubs) == 1:
            return
        with self._lock:
            others = [(loop, hub) for loop, hub in self._hubs.items() if hub is not own]
        for loop, hub in others:
            with suppress(RuntimeError):  # It has just ended.
                loop.call_soon_threadsafe(hub.push, name, entry)


def as_event(channel: BoundChannel[M], item: Item) -> Event[M] | Reset:
    """Return an entry or a gap as readers see it.

    Args:
        channel: The channel.
        item: The entry or the gap.
    """
    if isinstance(item, Gap):
        return Reset(str(item.id))
    return Event(str(item.id), channel.decode(item.payload))


def _make_log(store: Any) -> Log:
    if isinstance(store, MemoryLog):
        return store
    if hasattr(store, "add_own_tables"):
        from pronghorn.channels.log_sql import SqlLog  # Redis and memory need no SQLAlchemy.

        return SqlLog(store)
    if hasattr(store, "register_script") and hasattr(store, "xadd"):
        from pronghorn.channels.log_redis import RedisLog

        return RedisLog(store)
    if hasattr(store, "append") and hasattr(store, "span"):
        return store  # type: ignore[no-any-return]  # A log of the program.
    raise setup_error(
        f"Channels was given {store!r}",
        "an address stands where an object was meant" if isinstance(store, str) else None,
        "Channels(Database(url)), Channels(redis.asyncio.Redis.from_url(url)) or Channels.memory()",
    )


def _check_session(session: Any, log: Log) -> None:
    from pronghorn.sql.owners import refuse_foreign
    from pronghorn.sql.sessions import OneTransactionSession

    if not isinstance(getattr(session, "sync_session", None), OneTransactionSession):
        raise setup_error(
            f"A message was published with {session!r}",
            "the session is not one of a `Database`, whose commit could be awaited",
            "session: Annotated[AsyncSession, db.session], or async with db.transaction() as "
            "session",
        )
    if (db := getattr(log, "db", None)) is not None:
        refuse_foreign(db, session, "channels.publish()")
