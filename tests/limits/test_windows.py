"""The arithmetic of windows, compared with a slow count; the rules and the addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from pronghorn.exceptions import SetupError
from pronghorn.limits import client_ip, client_ip_behind
from pronghorn.limits.rules import read_rule
from pronghorn.limits.store import Change
from pronghorn.limits.store_memory import MemoryStore
from pronghorn.limits.windows import Charge, Count

pytestmark = pytest.mark.anyio
#: The tests are quick; the machine may not be.
RELAXED = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
STEPS = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 4)), max_size=60)


class Clock:
    """A time that the test sets."""

    now = 5_000

    def __call__(self) -> int:
        """Return the time in milliseconds."""
        return self.now


async def take(store: MemoryStore, amount: int, cost: int = 1, window: int = 1000) -> Count:
    """Take from one key."""
    return (await store.take([Charge("key", amount, window, cost)]))[0]


@RELAXED
@given(STEPS, st.integers(1, 6))
async def test_no_window_ever_gets_more_than_its_quota(
    steps: list[tuple[int, int]], amount: int
) -> None:
    clock = Clock()
    store = MemoryStore(clock)
    taken: dict[int, int] = {}
    for pause, cost in steps:
        clock.now += pause
        count = await take(store, amount, min(cost, amount))
        if count.fits:
            begin = count.window.started
            taken[begin] = taken.get(begin, 0) + count.charge.cost
        assert 0 <= count.remaining <= amount
        assert 1 <= count.resets_after <= 1
    assert all(total <= amount for total in taken.values())


@RELAXED
@given(STEPS, st.integers(1, 6))
async def test_what_is_refused_fits_when_the_answer_says(
    steps: list[tuple[int, int]], amount: int
) -> None:
    clock = Clock()
    store = MemoryStore(clock)
    for pause, cost in steps:
        clock.now += pause
        count = await take(store, amount, min(cost, amount), window=10_000)
        if count.fits:
            continue
        clock.now += count.retry_after * 1000
        assert count.retry_after <= 20
        assert (await take(store, amount, min(cost, amount), window=10_000)).fits


async def test_a_window_that_follows_counts_the_one_before_in_part() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    assert [(await take(store, 4)).fits for _ in range(5)] == [True] * 4 + [False]
    clock.now += 1000
    assert not (await take(store, 4)).fits
    clock.now += 501
    assert [(await take(store, 4)).fits for _ in range(4)] == [True] * 3 + [False]
    clock.now += 2000
    assert (await take(store, 4)).remaining == 3


async def test_a_quota_that_refuses_lets_the_others_take_nothing() -> None:
    store = MemoryStore(Clock())
    charges = [Charge("a", 1, 1000, 1), Charge("b", 5, 1000, 1)]
    assert [count.remaining for count in await store.take(charges)] == [0, 4]
    refused = await store.take(charges)
    assert [(count.fits, count.remaining) for count in refused] == [(False, 0), (True, 4)]


async def test_a_charge_is_corrected_in_its_own_window() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    begun = (await take(store, 10, 8)).window.started
    await store.change([Change("key", 1000, begun, -6)])
    assert (await take(store, 10, 0)).remaining == 8
    clock.now += 1500
    assert (await take(store, 10, 0)).remaining == 9
    await store.change([Change("key", 1000, begun, 18)])
    assert (await take(store, 10, 0)).remaining == 0
    await store.change([Change("key", 1000, begun, -50), Change("other", 1000, begun, 5)])
    assert (await take(store, 10, 0)).remaining == 10
    clock.now += 5000
    await store.change([Change("key", 1000, begun, 50)])
    assert (await take(store, 10, 0)).remaining == 10


async def test_keys_that_are_over_are_forgotten() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    for number in range(5000):
        clock.now += 10
        await store.take([Charge(str(number), 1, 1000, 1)])
    assert len(store._windows) < 2500


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("5/minute", ["5 per minute"]),
        ("50/day;5/minute", ["5 per minute", "50 per day"]),
        ("1 per 2 hours, 10/second", ["10 per second", "1 per 2 hours"]),
    ],
)
def test_rules(rule: str, expected: list[str]) -> None:
    assert [str(quota) for quota in read_rule(rule)] == expected


@pytest.mark.parametrize("rule", ["", "5", "5/fortnight", "0/minute", "-1/day", "5/day;6/day", 5])
def test_wrong_rules(rule: Any) -> None:
    with pytest.raises(SetupError, match=r'RateLimit\("5/minute;50/day"\)'):
        read_rule(rule)


def connection(host: str | None, *forwarded: str) -> HTTPConnection:
    """Return a connection from an address, with headers of proxies."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    client = None if host is None else (host, 1234)
    return HTTPConnection({"type": "http", "client": client, "headers": headers})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
async def test_addresses(host: str | None, expected: str) -> None:
    assert await client_ip(connection(host, "203.0.113.9")) == expected


@pytest.mark.parametrize(
    ("host", "forwarded", "expected"),
    [
        ("192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9, 10.2.0.1"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8:1:2::9]:4711"], "2001:db8:1:2::/64"),
        ("::1", ["203.0.113.9"], "203.0.113.9"),
        (None, ["203.0.113.9"], "unknown"),
    ],
)
async def test_addresses_behind_proxies(
    host: str | None, forwarded: list[str], expected: str
) -> None:
    find = client_ip_behind("10.0.0.0/8", "::1")
    assert await find(connection(host, *forwarded)) == expected


@pytest.mark.parametrize("proxies", [(), ("proxy.example",), ("10.0.0.1/8",)])
def test_wrong_proxies(proxies: tuple[str, ...]) -> None:
    with pytest.raises(SetupError, match="client_ip_behind"):
        client_ip_behind(*proxies)


async def test_a_clock_that_is_set_back() -> None:
    """By less than a window nothing is gained; by more nobody waits until it was there again."""
    clock = Clock()
    store = MemoryStore(clock)
    assert (await take(store, 4, 4)).fits
    clock.now -= 999
    assert not (await take(store, 4)).fits
    clock.now -= 10_000
    assert [(await take(store, 4)).fits for _ in range(5)] == [True] * 4 + [False]
