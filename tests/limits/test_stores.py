"""All stores count alike: one charge, several, none too many, corrections, by their own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update

from pronghorn.limits.store import Change, Store
from pronghorn.limits.store_redis import RedisStore
from pronghorn.limits.store_sql import COUNTS, SqlStore
from pronghorn.limits.windows import Charge
from pronghorn.sql import Database

pytestmark = pytest.mark.anyio
HOUR = 3_600_000


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    if store_url.startswith("redis:"):
        from redis.asyncio import Redis

        async with Redis.from_url(store_url) as client:
            yield RedisStore(client)
        return
    database = Database(store_url)
    store = SqlStore(database)
    async with database.lifespan():
        yield store


async def test_a_quota_is_used_up(store: Store) -> None:
    found = [(await store.take([Charge("a", 3, HOUR, 1)]))[0] for _ in range(5)]
    assert [count.fits for count in found] == [True] * 3 + [False] * 2
    assert [count.remaining for count in found] == [2, 1, 0, 0, 0]
    assert {count.resets_after for count in found} <= {3600, 3599}
    # Then the next window begins, and the sum of this one counts a little less than whole.
    assert {count.retry_after for count in found[3:]} <= {3601, 3600}
    assert (await store.take([Charge("b", 3, HOUR, 3)]))[0].fits


async def test_a_cost_of_nothing_fits_into_nothing(store: Store) -> None:
    assert [(await store.take([Charge("a", 3, HOUR, cost)]))[0].fits for cost in (0, 3, 0, 1)] == [
        True,
        True,
        True,
        False,
    ]


async def test_several_charges_fit_together_or_not_at_all(store: Store) -> None:
    day = Charge("b", 2, 24 * HOUR, 1)
    assert [count.remaining for count in await store.take([Charge("a", 1, HOUR, 1), day])] == [0, 1]
    for _ in range(3):
        refused = await store.take([Charge("a", 1, HOUR, 1), day])
        assert [(count.fits, count.remaining) for count in refused] == [(False, 0), (True, 1)]
    assert [count.remaining for count in await store.take([Charge("c", 1, HOUR, 1), day])] == [0, 0]


async def test_windows_follow_one_another(store: Store) -> None:
    first = (await store.take([Charge("a", 4, 400, 4)]))[0]
    assert not (await store.take([Charge("a", 4, 400, 1)]))[0].fits
    await asyncio.sleep(0.5)
    second = (await store.take([Charge("a", 4, 400, 0)]))[0]
    assert second.window.started - first.window.started in (400, second.now - first.now)
    await asyncio.sleep(1)
    assert (await store.take([Charge("a", 4, 400, 4)]))[0].fits


async def test_corrections(store: Store) -> None:
    begun = (await store.take([Charge("a", 10, HOUR, 8)]))[0].window.started
    await store.change([Change("a", HOUR, begun, -6)])
    assert (await store.take([Charge("a", 10, HOUR, 0)]))[0].remaining == 8
    await store.change([Change("a", HOUR, begun, 90), Change("other", HOUR, begun, 5)])
    assert (await store.take([Charge("a", 10, HOUR, 0)]))[0].remaining == 0
    await store.change([Change("a", HOUR, begun - HOUR, -92)])
    assert (await store.take([Charge("a", 10, HOUR, 0)]))[0].remaining == 0
    await store.change([Change("a", HOUR, begun, -500)])
    assert (await store.take([Charge("a", 10, HOUR, 0)]))[0].remaining == 10


@pytest.mark.parametrize("quotas", [1, 2])
async def test_many_at_once_never_exceed(store: Store, quotas: int) -> None:
    """L4: a hundred reservations of tokens at once."""
    charges = [Charge("minute", 1000, HOUR, 70), Charge("day", 5000, 24 * HOUR, 70)][:quotas]
    found = await asyncio.gather(*(store.take(charges) for _ in range(100)))
    assert sum(all(count.fits for count in counts) for counts in found) == 14
    # Reservations that are corrected while others are taken.
    begun = [count.window.started for count in found[0]]
    give_back = [
        Change(charge.key, charge.window, started, -70)
        for charge, started in zip(charges, begun, strict=True)
    ]

    async def settle() -> int:
        await store.change(give_back)
        return 0

    async def reserve() -> int:
        return int(all(count.fits for count in await store.take(charges)))

    calls = [settle() if number % 10 == 0 else reserve() for number in range(100)]
    assert sum(await asyncio.gather(*calls)) <= 10
    assert 14 * 70 - 1000 <= (await store.take([charges[0]._replace(cost=0)]))[0].remaining <= 720


async def test_large_numbers(store: Store) -> None:
    amount = 10**15
    year = 360 * 24 * HOUR
    assert (await store.take([Charge("a", amount, year, amount - 1)]))[0].remaining == 1
    assert (await store.take([Charge("a", amount, year, 1)]))[0].fits
    assert not (await store.take([Charge("a", amount, year, 1)]))[0].fits


async def test_rows_that_are_over_are_deleted(database: Database) -> None:
    store = SqlStore(database)
    async with database.lifespan():
        await store.take([Charge("old", 4, HOUR, 1)])
        await store.take([Charge("new", 4, HOUR, 1)])
        async with database.transaction() as session:
            await session.execute(update(COUNTS).where(COUNTS.c.key == "old").values(expires=1))
        await store._trimming.trim()
        async with database.transaction(read_only=True) as session:
            assert (await session.scalars(select(COUNTS.c.key))).all() == ["new"]
            assert await session.scalar(select(func.count()).select_from(COUNTS)) == 1


async def move_window(store: Store, key: str, by: int) -> None:
    """Move the windows of a key, as if the clock had been elsewhere when they began."""
    if isinstance(store, RedisStore):
        await store._client.hincrby(store._key(key), "started", by)
        return
    assert isinstance(store, SqlStore)
    async with store._db.transaction() as session:
        mine = update(COUNTS).where(COUNTS.c.key == key)
        await session.execute(mine.values(started=COUNTS.c.started + by))


async def test_a_clock_that_is_set_back_locks_nobody_out(store: Store) -> None:
    full = Charge("a", 3, HOUR, 3)
    assert (await store.take([full]))[0].fits
    await move_window(store, "a", HOUR // 2)
    refused = (await store.take([full._replace(cost=1)]))[0]
    assert (refused.fits, refused.remaining) == (False, 0)
    await move_window(store, "a", 24 * HOUR)
    again = (await store.take([full]))[0]
    assert (again.fits, again.remaining) == (True, 0)
    assert 0 < again.resets_after <= 3600
    assert not (await store.take([full._replace(cost=1)]))[0].fits
