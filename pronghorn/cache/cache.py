"""The cache of a program: where responses are kept, and how they are made invalid."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pronghorn.cache.store import EVERYTHING, Store
from pronghorn.core.durations import Duration, seconds
from pronghorn.core.numbers import check_whole
from pronghorn.core.served import count_workers, is_worker
from pronghorn.core.setup_errors import setup_error
from pronghorn.logger import logger

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from pronghorn.cache.broadcast import Broadcast
    from pronghorn.sql import Database


class Cache:
    """The place where `Cached` keeps responses, and its tags.

    Args:
        url: A URL of cashews: `mem://` for the memory of this process, `mem://?size=10000` for
            another number of entries than 1,000; `redis://host/0`, for which the program installs
            the package `redis`; `disk://`.
        prefix: The beginning of all keys, for programs that share a store.
        broadcast: A database that tells the other processes of each invalidation, for `mem://`
            with several of them.
        every: How long an invalidation takes at most until another process has learned of it from
            that database.
        timeout: How long a store may take; then the endpoint runs.
        max_body: The bytes of the largest content that is kept.
        options: Further options of the backend of cashews.

    Raises:
        SetupError: The URL is unknown, or the client of the store is not installed.
    """

    def __init__(
        self,
        url: str = "mem://",
        *,
        prefix: str = "pronghorn:",
        broadcast: Database | None = None,
        every: Duration = 1.0,
        timeout: Duration = 1.0,
        max_body: int = 1_000_000,
        **options: Any,
    ) -> None:
        limit = seconds(timeout, name="The timeout of Cache")
        self.store = Store(url, prefix, limit, options)
        check_whole(max_body, 0, "The max_body of Cache", "max_body=1_000_000", sys.maxsize)
        self.max_body = max_body
        self.broadcast: Broadcast | None = None
        if broadcast is not None:
            from pronghorn.cache.broadcast import Broadcast  # It needs the extra `sql`.

            self.broadcast = Broadcast(broadcast, seconds(every, name="The every of Cache"))
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_warned = False
        _made.append(self)
        del _made[:-1]

    def __repr__(self) -> str:
        return f"Cache({self.store.name!r})"

    async def invalidate(self, *tags: str, session: AsyncSession | None = None) -> None:
        """Make the responses with these tags invalid, in all processes that share the store.

        An endpoint that has begun before does not bring an older response back.

        Args:
            tags: The tags, as `Cached` has them; parameters of the path are filled in:
                `"item:7"`.
            session: A session of `pronghorn.sql`: it happens after its commit, and not at all
                after a rollback. Without it, it happens now.

        Raises:
            SetupError: No tag is given.
        """
        if not tags:
            raise setup_error(
                "cache.invalidate() names no tag",
                "all responses were meant",
                "cache.clear(), or the tags that Cached(..., tags=[...]) has",
            )
        if session is None:
            if self.broadcast is not None:
                await self.broadcast.announce_now(tags)
            await self.store.invalidate(tags)
            return
        from pronghorn.sql import after_commit  # A program without a database has no session.

        if self.broadcast is not None:
            self.broadcast.announce(session, tags)
        after_commit(session, partial(self.store.invalidate, tags))

    async def clear(self, *, session: AsyncSession | None = None) -> None:
        """Make all responses invalid.

        Args:
            session: As for `invalidate`.
        """
        await self.invalidate(EVERYTHING, session=session)

    async def catch_up(self) -> None:
        """Learn of the invalidations of other processes, unless that was done a moment ago."""
        if self.broadcast is not None:
            await self.broadcast.catch_up(self.store.invalidate)

    def run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the requests, until it is done or `close` is called."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def warn_of_workers(self) -> None:
        """Warn once if several processes keep responses of their own, and do not know each other's.

        An invalidation would reach one of them.
        """
        if self._is_warned or self.store.is_shared or self.broadcast is not None:
            return
        self._is_warned = True
        workers = count_workers()
        if workers > 1 and not is_worker():
            logger.warning(
                'Cache("mem://") in %d processes: each keeps its own responses, and '
                'cache.invalidate() reaches only one. Share a store, Cache("redis://..."), or '
                'say it through the database, Cache("mem://", broadcast=db)',
                workers,
            )

    @asynccontextmanager
    async def lifespan(self, app: Any = None) -> AsyncIterator[None]:
        """Close the connections of the store when the application stops.

        The memory of a process has none.
        """
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Stop what runs beside the requests, and close the connections of the store."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.store.close()


#: The cache that was made last, for `Cached` without `store`.
_made: list[Cache] = []


def latest_cache() -> Cache | None:
    """Return the cache that was made last, or None."""
    return _made[-1] if _made else None
