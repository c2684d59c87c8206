"""L2: a store that is stopped, silent, slow or full: the declared policy answers, not the store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.limits import Limits, RateLimit
from pronghorn.limits.guard import Guard, StoreAwayError
from pronghorn.sql import Database
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


class Queue:
    """A store that answers one call after the other, when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[int]] = []

    async def ask(self) -> int:
        """Wait for the answer."""
        self.waiting.append(asyncio.get_running_loop().create_future())
        return await self.waiting[-1]

    async def answer_slowly(self, seconds: float) -> None:
        """Answer all calls that wait, the first one first, with a pause after each."""
        for number, waiting in enumerate(self.waiting):
            waiting.set_result(number)
            await asyncio.sleep(seconds)


async def test_a_store_that_answers_others_is_only_late() -> None:
    """Each pause is shorter than the patience, and all of them together are longer."""
    guard = Guard(patience=0.5, pause=3600)
    store = Queue()
    calls = [asyncio.create_task(guard.call(store.ask)) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await store.answer_slowly(0.05)
    assert [await call for call in calls] == list(range(20))


async def test_a_store_that_falls_silent_is_away() -> None:
    guard = Guard(patience=0.05, pause=3600)
    store = Queue()
    first = asyncio.create_task(guard.call(store.ask))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.waiting.pop().set_result(7)
    assert await first == 7
    with pytest.raises(StoreAwayError):
        await guard.call(store.ask)
    with pytest.raises(StoreAwayError):
        await guard.call(store.ask)
    assert len(store.waiting) == 1  # The second call came in the pause.


async def test_a_store_that_was_late_is_waited_for_the_next_time() -> None:
    guard = Guard(patience=1, pause=3600)
    store = Queue()
    first = asyncio.create_task(guard.call(store.ask))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.waiting.pop().set_result(1)
    assert await first == 1
    with pytest.raises(StoreAwayError):
        await guard.call(store.ask)
    store.waiting.pop().set_result(2)  # It comes after all, so the pause is over.
    await asyncio.sleep(0.05)
    third = asyncio.create_task(guard.call(store.ask))
    await asyncio.sleep(1.2)  # Longer than the patience, shorter than twice the last answer.
    store.waiting.pop().set_result(3)
    assert await third == 3


async def test_the_first_call_may_open_a_connection() -> None:
    guard = Guard(patience=0.2, pause=3600)

    async def connect() -> int:
        await asyncio.sleep(0.5)
        return 7

    assert await guard.call(connect) == 7


async def test_a_burst_takes_the_limit_and_no_part_of_it_again(tmp_path: Path) -> None:
    """The store is late for most of them, and `local` would let a part of the limit through."""
    db = Database(f"sqlite:///{tmp_path / 'limits.db'}")
    limit = RateLimit("20/hour", limits=Limits(db, patience="500ms", processes=1))
    app = FastAPI(lifespan=db.lifespan)

    @app.get("/", dependencies=[limit])
    async def read() -> str:
        return "read"

    transport = httpx.ASGITransport(app=app)
    async with (
        db.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
    ):
        answers = await asyncio.gather(*(client.get("/") for _ in range(80)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 20
    assert statuses.count(429) == 60


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
