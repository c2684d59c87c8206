"""Numbers that no option can have are refused when the program starts, not where they are used."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.cache import Cache, Cached
from pronghorn.channels import Channel, Channels
from pronghorn.channels.streams import Streams
from pronghorn.exceptions import SetupError
from pronghorn.health import Check
from pronghorn.idempotency import Idempotent
from pronghorn.jobs import Jobs
from pronghorn.limits import Limits, RateLimit
from pronghorn.sql import Database, Offset

DB = Database("sqlite+aiosqlite:///:memory:")


async def work() -> None:
    """A task."""


def streams(name: str) -> Callable[[Any], object]:
    """Return a function that makes streams with a value of one option."""
    return lambda value: Streams(Channels.memory(), Jobs(DB), **{name: value})


def database(name: str) -> Callable[[Any], object]:
    """Return a function that makes a database with a value of one option."""
    return lambda value: Database("postgresql+asyncpg://app@host/shop", **{name: value})


#: Options that are durations, or numbers of seconds.
SECONDS: dict[str, Callable[[Any], object]] = {
    "Check.cache": lambda value: Check(work, cache=value),
    "Check.timeout": lambda value: Check(work, timeout=value),
    "Cache.timeout": lambda value: Cache(timeout=value),
    "Cached.ttl": Cached,
    "Channel.ttl": lambda value: Channel("news", str, ttl=value),
    "Database.connect_timeout": database("connect_timeout"),
    "Database.idle_in_transaction_timeout": database("idle_in_transaction_timeout"),
    "Database.statement_timeout": database("statement_timeout"),
    "Idempotent.ttl": lambda value: Idempotent(DB, by=work, ttl=value),
    "Jobs.keep": lambda value: Jobs(DB, keep=value),
    "Limits.patience": lambda value: Limits(DB, patience=value),
    "Streams.ttl": streams("ttl"),
    "health.drain": lambda value: FastAPI().health(drain=value),
    "task.timeout": lambda value: Jobs(DB).task(timeout=value)(work),
    "worker.grace": lambda value: Jobs(DB).worker(FastAPI(), grace=value),
}
#: Options that count something.
WHOLE: dict[str, Callable[[Any], object]] = {
    "Cache.max_body": lambda value: Cache(max_body=value),
    "Channel.keep": lambda value: Channel("news", str, keep=value),
    "Channels.buffer": lambda value: Channels.memory(buffer=value),
    "Database.pool_size": database("pool_size"),
    "Jobs.retries": lambda value: Jobs(DB, retries=value),
    "Offset.limit": lambda value: Offset(limit=value),
    "Streams.keep": streams("keep"),
    "Streams.retries": streams("retries"),
    "task.concurrency": lambda value: Jobs(DB).task(concurrency=value)(work),
    "worker.queues": lambda value: Jobs(DB).worker(FastAPI(), queues={"default": value}),
}
NEVER = [10**400, 10**9999, 1e300, math.nan, math.inf, -2, True, "5", [1]]


@pytest.mark.parametrize("value", NEVER, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", [*SECONDS, *WHOLE])
def test_numbers_that_no_option_can_have(name: str, value: object) -> None:
    if name == "worker.grace" and value == math.inf:
        return  # It waits until its jobs end.
    with pytest.raises(SetupError):
        {**SECONDS, **WHOLE}[name](value)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_counted_is_whole(name: str) -> None:
    with pytest.raises(SetupError):
        WHOLE[name](1.5)


@pytest.mark.parametrize("value", [0, 1.5, 1e9, 10**12, sys.maxsize, math.inf])
def test_times_of_the_pool_have_no_end(value: float) -> None:
    for name in ("pool_timeout", "pool_recycle"):
        database(name)(value)
    database("pool_recycle")(-1)
    for wrong in (math.nan, -2, True, "5", [1]):
        with pytest.raises(SetupError, match="not a number from"):
            database("pool_timeout")(wrong)


@pytest.mark.parametrize("value", [5 * 2**30, sys.maxsize])
def test_what_is_counted_in_the_process_may_be_large(value: int) -> None:
    Cache(max_body=value)
    Channels.memory(buffer=value)


def test_a_worker_may_wait_until_its_jobs_end() -> None:
    Jobs(DB).worker(FastAPI(), grace=math.inf)


@pytest.mark.parametrize(
    "value", [10**400, 10**9999, math.nan, -1, True, "5"], ids=lambda value: type(value).__name__
)
def test_timeouts_of_requests(value: Any) -> None:
    with pytest.raises(SetupError, match="timeout must be a number of seconds above 0, or None"):
        FastAPI(timeout=value)
    with pytest.raises(SetupError, match="timeout must be a number of seconds above 0, or None"):
        FastAPI().get("/", timeout=value)(work)
    FastAPI(timeout=math.inf)


@pytest.mark.parametrize(
    "rule",
    [f"{10**30}/minute", f"{'9' * 5000}/minute", "5/9999999999 days"],
    ids=["amount", "digits", "time"],
)
def test_rules_that_no_store_can_count(rule: str) -> None:
    with pytest.raises(SetupError, match="is no rule for a limit"):
        RateLimit(rule)


def test_what_is_too_large_says_so() -> None:
    with pytest.raises(SetupError) as caught:
        Jobs(DB, retries=2**31)
    assert str(caught.value).splitlines()[:3] == [
        "The option retries is 2147483648, not a whole number from 0 on",
        "  probably: the most is 2_147_483_647",
        "  write:    retries=3",
    ]
