"""Streams whose producer outlives its clients: start, follow and cancel them."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.channels.channels import Channels
from pronghorn.channels.streams.follow import make_follow
from pronghorn.channels.streams.following import Followed
from pronghorn.channels.streams.log import StreamLog
from pronghorn.channels.streams.positions import Position, read_position
from pronghorn.channels.streams.replay import Replay
from pronghorn.channels.streams.table import StreamRow
from pronghorn.channels.streams.watch import Watch
from pronghorn.channels.streams.work import Options, Work
from pronghorn.core.durations import Duration, seconds
from pronghorn.core.numbers import check_whole
from pronghorn.core.setup_errors import user_error
from pronghorn.core.whose import text_of
from pronghorn.exceptions import SetupValueError
from pronghorn.jobs import Jobs
from pronghorn.sql.owners import refuse_foreign

__all__ = ["StreamRef", "Streams"]

#: Ids are random, so that nobody guesses them; others are not looked up as they are.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_ID = "-"


class StreamRef(BaseModel):
    """A stream that was started: a response for the client that will follow it."""

    id: str
    """The id of the stream."""
    url: str | None = None
    """The path at which it is followed, if the `Streams` know it."""


class Streams:
    """Streams of items that a generator yields in a worker, whoever listens.

    The generator runs as a job, and its items go into the log of a channel. Any process replays
    them from any place, and then goes on with those that come.

    Args:
        channels: Keeps the items.
        jobs: Runs the generators.
        url: The path of the endpoint that follows, with `{id}` for the id, such as
            `/answers/{id}`; for `StreamRef.url`.
        ttl: How long a stream can be followed after its end.
        keep: How many of the newest groups of items of a stream are kept; None for all. A client
            that needs older ones gets `reset`.
        pace: The shortest time between two commits of a stream.
        timeout: How long a generator may run; None for no limit. It has failed then.
        retries: How often a generator that has raised an exception begins again.
        queue: The queue of the jobs.
        name: The name of these streams; several `Streams` of one program need different ones.
        look: How often it is found out whether a stream from which nothing comes is still alive.

    Raises:
        SetupError: An option has no meaning.
    """

    def __init__(
        self,
        channels: Channels,
        jobs: Jobs,
        *,
        url: str | None = None,
        ttl: Duration = "1h",
        keep: int | None = 100_000,
        pace: Duration = "50ms",
        timeout: Duration | None = "10m",
        retries: int = 0,
        queue: str = "streams",
        name: str = "streams",
        look: Duration = "5s",
    ) -> None:
        if url is not None and "{id}" not in url:
            raise user_error(
                f"The option url of Streams is {url!r}, without a place for the id",
                "the parameter has another name in the path of the endpoint",
                'Streams(..., url="/answers/{id}")',
                kind=SetupValueError,
            )
        self._url = url
        check_whole(retries, 0, "The option retries of Streams", "retries=2")
        limit = None if timeout is None else seconds(timeout, name="The option timeout")
        kept = seconds(ttl, name="The option ttl")
        self._log = StreamLog(channels, jobs.db, name, ttl=kept, keep=keep, timeout=limit)
        every = seconds(pace, name="The option pace")
        self._work = Work(self._log, jobs, Options(name, queue, retries, every, limit))
        self._look = seconds(look, name="The option look")
        self._watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()

    # --- start and cancel -----------------------------------------------------------------

    async def start(
        self,
        producer: Callable[..., Any],
        /,
        *args: Any,
        owner: Any,
        session: AsyncSession | None = None,
        **keywords: Any,
    ) -> StreamRef:
        """Start a stream: store the job that runs a generator.

        Args:
            producer: An asynchronous generator function at the top of a module. Its parameters with
                `Depends` are resolved in the worker. Each item is validated against the type
                that it declares; an item may be a `ServerSentEvent`, for its name.
            *args: Arguments of the generator, which are stored as JSON.
            owner: Who may follow the stream: a text, a number, or whatever else `str` turns into a
                text that no other owner has. None for everybody who knows the id.
            session: A session of the database: the stream begins with its commit, or never.
            **keywords: Arguments of the generator by name.

        Raises:
            SetupError: The generator or an argument cannot be stored; or the session is of another
                database.
        """
        stream = secrets.token_urlsafe(16)
        job = self._work.describe(producer, args, keywords)
        text = None if owner is None else text_of(owner)
        if session is not None:
            refuse_foreign(self._log.db, session, "streams.start()")
            await self._work.store(session, stream, text, job)
        else:
            async with self._log.db.transaction() as own:
                await self._work.store(own, stream, text, job)
        return StreamRef(id=stream, url=self._url and self._url.replace("{id}", stream))

    async def cancel(self, stream: str, *, owner: Any) -> bool:
        """End a stream and its generator. Followers get `end`; a stream that has ended stays so.

        Args:
            stream: The id.
            owner: The owner, as in `start`.

        Returns:
            False if there is no such stream of this owner.
        """
        row = await self._find(stream, owner)
        if row is None:
            return False
        if await self._log.end(stream, "cancelled"):
            await self._work.cancel(row)
        return True

    # --- follow ---------------------------------------------------------------------------

    def follow(
        self, *, owner: Callable[..., Any] | None = None, parameter: str = "stream_id"
    ) -> Any:
        """Return the dependency with which an endpoint follows a stream: its value is a `Followed`.

        The stream begins behind the event that the header `Last-Event-ID` names, or the query
        parameter `after`. A stream that does not exist or has another owner is a 404. A client
        that comes back after the last event gets 204.

        Args:
            owner: The dependency whose value is the owner; None for streams without an owner.
            parameter: The name of the parameter of the path with the id.
        """
        return make_follow(self._open, owner, parameter)

    def read(self, stream: str, *, after: str = "") -> Followed:
        """Return the events of a stream of any owner; an asynchronous context manager, too.

        Args:
            stream: The id. The events of a stream that does not exist are a failure, after a while.
            after: The id of the event behind which to begin; empty for the beginning.

        Raises:
            SetupValueError: `after` is not the id of an event.
        """
        position = read_position(after)
        if position is None:
            raise user_error(
                f"streams.read() was to begin after {after!r}, which is not the id of an event",
                None,
                "after=event.id",
                kind=SetupValueError,
            )
        return self._make_followed(stream, position, position.run)

    async def _open(self, stream: str, owner: Any, position: Position) -> Followed | bool | None:
        row = await self._find(stream, owner)
        if row is None:
            return None
        if position.is_end and position.run == row.run and row.state != "running":
            return True
        return self._make_followed(stream, position, row.run)

    def _make_followed(self, stream: str, position: Position, run: int) -> Followed:
        replay = Replay(position, run)
        return Followed(stream, self._log.channels, self._log.of(stream), replay, self._watch())

    async def _find(self, stream: str, owner: Any) -> StreamRow | None:
        """Return the stream of an owner; the work is the same whatever is wrong."""
        row = await self._log.rows.find(stream if _ID.fullmatch(stream) else _NO_ID)
        found = "" if row is None else f"={row.owner}" if row.owner is not None else "-"
        wanted = "-" if owner is None else f"={text_of(owner)}"
        is_same = hmac.compare_digest(_as_bytes(found), _as_bytes(wanted))
        return row if is_same else None

    def _watch(self) -> Watch:
        loop = asyncio.get_running_loop()
        watch = self._watches.get(loop)
        if watch is None:
            watch = self._watches[loop] = Watch(self._work.find_ends, self._look)
        return watch


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
