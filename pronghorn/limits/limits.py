"""`Limits`: the store in which a program counts, and what is done while it is away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Any, Self

from pronghorn.core.durations import Duration, seconds
from pronghorn.core.served import count_workers
from pronghorn.core.setup_errors import SetupTypeError, SetupValueError, user_error
from pronghorn.limits.guard import Guard
from pronghorn.limits.store import Change, Store
from pronghorn.limits.store_memory import MemoryStore
from pronghorn.limits.windows import Charge, Count

_KINDS = "Limits(db), Limits(redis.asyncio.Redis(...)) or Limits.memory()"


_NO_SESSION: object = object()


class _Newest:
    """Remembers the object that was made last."""

    limits: Limits | None = None


class Limits:
    """The store in which the limits of a program are counted.

    A `RateLimit` uses the object that was made last, unless it is given another one.

    Args:
        store: A `Database` of `pronghorn.sql`: counts are rows of its table `pronghorn_limits`,
            by the clock of the database. Or an asynchronous client of Redis or Valkey: counts are
            keys that begin with `pronghorn:limits:`, by the clock of that server.
        patience: How long a request waits for a store that answers nothing, before `on_store_error`
            decides. For a store that is only late, it waits up to ten times as long.
        processes: How many processes share the store; a limit with `on_store_error="local"`
            gives each of them its part while the store is away. By default those of the server on
            this host: `--workers`, or `WEB_CONCURRENCY` of the environment.

    Raises:
        SetupError: The store is none of these, or a number is wrong.
    """

    def __init__(
        self, store: Any, *, patience: Duration = "100ms", processes: int | None = None
    ) -> None:
        self._use(_make_store(store), patience, processes)
        if hasattr(store, "add_own_tables") and store.engine.dialect.name == "sqlite":
            self.excluded_session = store.session.dependency

    @classmethod
    def memory(cls) -> Self:
        """Return limits that each process counts for itself, in its memory.

        With several processes a client gets up to the limit from each of them.
        """
        limits = cls.__new__(cls)
        limits._use(MemoryStore(), "100ms", 1)
        return limits

    def _use(self, store: Store, patience: Duration, processes: int | None) -> None:
        if processes is None:
            processes = max(1, count_workers())
        if type(processes) is not int or processes < 1:
            raise user_error(
                f"processes must be a number from 1 on, not {processes!r}",
                None,
                "Limits(db, processes=4)",
                kind=SetupValueError,
            )
        self._store = store
        self._guard = Guard(seconds(patience, name="The option patience of Limits"))
        self._processes = processes
        self._local = MemoryStore()
        self._names: Counter[str] = Counter()
        #: The dependency whose transaction keeps the store from counting, on SQLite.
        self.excluded_session = _NO_SESSION
        _Newest.limits = self

    async def take(self, charges: Sequence[Charge]) -> list[Count]:
        """Take all charges if each of them fits, else none.

        Raises:
            StoreAwayError: The store cannot be asked.
        """
        store = self._store
        if not store.is_remote:
            return await store.take(charges)
        return await self._guard.call(lambda: store.take(charges))

    async def take_locally(self, charges: Sequence[Charge]) -> list[Count]:
        """Do as `take` with this process's part of each quota, without the store."""
        parts = [
            charge._replace(amount=max(charge.cost, ceil(charge.amount / self._processes)))
            for charge in charges
        ]
        return await self._local.take(parts)

    async def change(self, changes: Sequence[Change], *, is_local: bool) -> None:
        """Correct earlier charges.

        Args:
            changes: The corrections.
            is_local: Whether `take_locally` has counted them.

        Raises:
            StoreAwayError: The store cannot be asked.
        """
        store = self._local if is_local else self._store
        if not store.is_remote:
            await store.change(changes)
        else:
            await self._guard.call(lambda: store.change(changes))

    def name_limit(self, wanted: str) -> str:
        """Return a name that no other limit has: the same in each process of the program."""
        self._names[wanted] += 1
        number = self._names[wanted]
        return wanted if number == 1 else f"{wanted}#{number}"


def find_limits(limits: Any) -> Limits:
    """Return the limits that were given, or those that were made last.

    Raises:
        SetupError: There are none, or something else was given.
    """
    found = _Newest.limits if limits is None else limits
    if isinstance(found, Limits):
        return found
    raise user_error(
        "RateLimit has no store" if found is None else f"RateLimit got limits={found!r}",
        "Limits was not made yet" if found is None else "the store itself was given",
        f"limits = {_KINDS}",
        kind=SetupTypeError,
    )


def _make_store(store: Any) -> Store:
    if hasattr(store, "add_own_tables"):
        from pronghorn.limits.store_sql import SqlStore  # Only then SQLAlchemy is needed.

        return SqlStore(store)
    module = type(store).__module__
    is_blocking = module.split(".")[0] in ("redis", "valkey") and ".asyncio" not in module
    if hasattr(store, "eval") and not isinstance(store, type) and not is_blocking:
        from pronghorn.limits.store_redis import RedisStore

        return RedisStore(store)
    raise user_error(
        f"Limits cannot count in {store!r}",
        "the client blocks; redis.asyncio has one that does not" if is_blocking else None,
        _KINDS,
        kind=SetupTypeError,
    )
