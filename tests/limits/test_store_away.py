"""L2: a store that is stopped, silent, slow or full: the declared policy answers, not the store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pronghorn import Depends
from pronghorn.exceptions import SetupError
from pronghorn.limits import Limits, RateLimit
from pronghorn.limits.guard import Guard, StoreAwayError
from tests.durable import l2
from tools.postgresql import Server
from tools.redis_server import RedisServer

pytestmark = pytest.mark.anyio


def test_a_file_that_another_process_has_locked(tmp_path: Path) -> None:
    l2.run_slow(tmp_path)  # The lock is not given back before the last answer.


def test_a_full_disk(tmp_path: Path) -> None:
    l2.run_full(tmp_path)


def test_a_server_that_is_silent(own_server: Server) -> None:
    l2.run_silent(own_server, own_server.url(driver="asyncpg"))


def test_a_server_that_has_ended(own_server: Server) -> None:
    l2.run_stopped(own_server, own_server.url(driver="psycopg"))


@pytest.mark.parametrize("way", ["silent", "full"])
def test_redis(redis_server: RedisServer, way: str) -> None:
    l2.run_redis(redis_server, way)


async def test_a_store_is_asked_again_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard(patience=5, pause=0)
    calls: list[str] = []

    async def fail() -> None:
        calls.append("fail")
        raise OSError("away\nwith details")

    async def answer() -> int:
        calls.append("answer")
        return 7

    for _ in range(3):
        with pytest.raises(StoreAwayError):
            await guard.call(fail)
    assert await guard.call(answer) == 7
    assert calls == ["fail"] * 3 + ["answer"]
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["The store of the rate limits cannot be asked: OSError: away"]


async def test_a_store_is_spared_during_the_pause() -> None:
    guard = Guard(patience=0.01, pause=3600)
    calls: list[str] = []

    async def wait() -> None:
        calls.append("wait")
        await asyncio.sleep(3600)

    for _ in range(5):
        with pytest.raises(StoreAwayError):
            await guard.call(wait)
    assert calls == ["wait"]


class Blocking:
    """A client of Redis that blocks."""

    __module__ = "redis.client"

    def eval(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("store", [None, "redis://localhost", Blocking(), object])
def test_a_wrong_store(store: object) -> None:
    with pytest.raises(SetupError, match="Limits cannot count in"):
        Limits(store)


@pytest.mark.parametrize(
    "options",
    [
        {"by": "user"},
        {"cost": -1},
        {"cost": True},
        {"cost": "1"},
        {"settle": 5},
        {"on_store_error": "ignore"},
        {"limits": "memory"},
        {"by": Depends(str)},
    ],
)
def test_wrong_options(options: dict[str, object]) -> None:
    Limits.memory()
    with pytest.raises(SetupError, match=r"RateLimit got|limits ="):
        RateLimit("5/minute", **options)  # type: ignore[arg-type]  # mistakes
