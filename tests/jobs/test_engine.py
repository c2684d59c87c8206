"""The contract of an engine, whatever it is made of."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import sqlalchemy

from pronghorn.jobs.dbos_connections import find_url
from pronghorn.jobs.engine import Delivery, Engine, Limits
from pronghorn.sql import Database
from tests.jobs.program import Program, wait_until

pytestmark = pytest.mark.anyio


class Hands:
    """A worker of tests: it notes its deliveries, and ends them when it is told."""

    def __init__(self, program: Program) -> None:
        self.db: Database = program.db
        self.engine: Engine = program.jobs.engine
        self.got: list[str] = []
        self.release = asyncio.Event()
        self.release.set()
        #: What it says at the end of a delivery.
        self.is_over = True

    async def receive(self, delivery: str, fault: str | None) -> bool:
        assert fault is None
        self.got.append(delivery)
        await self.release.wait()
        return self.is_over

    @asynccontextmanager
    async def started(self, node: str, limits: Limits | None = None) -> AsyncIterator[None]:
        await self.engine.start(self.receive, {"mail": limits or Limits(5)}, node)
        try:
            yield
        finally:
            self.engine.pause()
            await self.engine.stop()

    async def put(self, *names: str, channel: str = "mail", delay: float = 0) -> None:
        async with self.db.transaction() as session:
            for name in names:
                await self.engine.put(session, Delivery(name, channel, delay))

    async def lost(self, node: str) -> list[str]:
        async with self.db.transaction(read_only=True) as session:
            return sorted(await self.engine.lost(session, node))

    async def has(self, number: int) -> bool:
        return len(self.got) >= number

    async def has_none_of(self, node: str) -> bool:
        return not await self.lost(node)


@pytest.fixture
def hands(program: Program) -> Hands:
    return Hands(program)


async def test_a_delivery_is_handed_out_once(hands: Hands) -> None:
    await hands.put("a~1", "b~1")
    await hands.put("a~1")
    await hands.put("c~1", channel="other")
    async with hands.started("node"):
        await wait_until(partial(hands.has, 2))
        await wait_until(partial(hands.has_none_of, "node"))
        await hands.put("d~1")
        await wait_until(partial(hands.has, 3))
    assert sorted(hands.got) == ["a~1", "b~1", "d~1"]


async def test_a_delivery_waits_for_its_commit_and_its_time(hands: Hands) -> None:
    async with hands.started("node"):
        async with hands.db.transaction() as session:
            await hands.engine.put(session, Delivery("a~1", "mail"))
            if session.get_bind().dialect.name == "postgresql":
                await asyncio.sleep(0.3)
                assert hands.got == []
        await hands.put("late~1", delay=3600)
        await hands.put("soon~1", delay=0.1)
        await wait_until(partial(hands.has, 2))
    assert hands.got == ["a~1", "soon~1"]


async def test_limits(hands: Hands) -> None:
    hands.release.clear()
    await hands.put("a~1", "b~1", "c~1")
    async with hands.started("node", Limits(2, 3)):
        await wait_until(partial(hands.has, 2))
        await asyncio.sleep(0.3)
        assert len(hands.got) == 2
        hands.release.set()
        await wait_until(partial(hands.has, 3))


async def test_a_paused_engine_hands_out_nothing(hands: Hands) -> None:
    async with hands.started("node"):
        hands.engine.pause()
        await hands.put("a~1")
        await asyncio.sleep(0.3)
        assert hands.got == []


async def test_what_a_lost_worker_had_goes_to_another_one(hands: Hands) -> None:
    hands.is_over = False  # It dies before the end of its deliveries.
    await hands.put("a~1", "b~1", "c~1")
    async with hands.started("dead"):
        await wait_until(partial(hands.has, 3))
    assert await hands.lost("dead") == ["a~1", "b~1", "c~1"]
    assert await hands.lost("other") == []
    async with hands.db.transaction() as session:
        assert await hands.engine.owners(session) == ["dead"]
        await hands.engine.resume(session, ["a~1", "b~1"], "another")  # It has none of them.
        await hands.engine.resume(session, ["a~1"], "dead")
        await hands.engine.kill(session, ["b~1"])
    assert await hands.lost("dead") == ["c~1"]
    hands.is_over = True
    hands.got.clear()
    async with hands.started("alive"):
        await wait_until(partial(hands.has, 1))
        await wait_until(partial(hands.has_none_of, "alive"))
    assert hands.got == ["a~1"]


async def test_a_killed_delivery_is_never_handed_out(hands: Hands) -> None:
    await hands.put("a~1", "b~1")
    await hands.put("c~1", delay=0.1)
    async with hands.db.transaction() as session:
        await hands.engine.kill(session, ["a~1", "c~1", "unknown~1"])
    async with hands.started("node"):
        await wait_until(partial(hands.has, 1))
        await asyncio.sleep(1.2)
    assert hands.got == ["b~1"]


async def test_a_run_that_was_taken_over_ends_nothing(hands: Hands) -> None:
    """The outcome of a worker that everybody took for dead does not count."""
    hands.release.clear()
    await hands.put("a~1")
    async with hands.started("zombie"):
        await wait_until(partial(hands.has, 1))
        async with hands.db.transaction() as session:
            await hands.engine.resume(session, ["a~1"], "zombie")
        hands.release.set()
        await wait_until(partial(hands.has, 2))  # Handed out again, here.
        await wait_until(partial(hands.has_none_of, "zombie"))
    assert hands.got == ["a~1", "a~1"]


async def test_the_deliveries_of_a_job_are_forgotten(hands: Hands) -> None:
    await hands.put("a~1", "a~2", "ab~1")
    async with hands.started("node"):
        await wait_until(partial(hands.has, 3))
        await wait_until(partial(hands.has_none_of, "node"))
    async with hands.db.transaction() as session:
        await hands.engine.forget(session, ["a"])
        assert await hands.engine.is_prepared(session)
    hands.got.clear()
    await hands.put("a~1", "ab~1")  # The first one is new again.
    async with hands.started("node"):
        await wait_until(partial(hands.has, 1))
        await wait_until(partial(hands.has_none_of, "node"))
    assert hands.got == ["a~1"]


@pytest.mark.parametrize(
    ("url", "arguments", "found"),
    [
        ("sqlite:////tmp/jobs.db", {}, "sqlite:////tmp/jobs.db"),
        ("postgresql://a:b%40@host/db", {}, "postgresql+psycopg://a:b%40@host/db"),
        (
            "postgresql+asyncpg://host/db?ssl=require&command_timeout=3",
            {},
            "postgresql+psycopg://host/db?sslmode=require",
        ),
        (
            "postgresql+psycopg://host/db?sslmode=disable",
            {"sslmode": "require", "password": "secret", "connection_factory": object},
            "postgresql+psycopg://host/db?password=secret&sslmode=require",
        ),
    ],
)
def test_the_engine_has_the_address_of_the_database(
    url: str, arguments: dict[str, object], found: str
) -> None:
    database = Database(url, connect_args=arguments)
    assert find_url(database).render_as_string(hide_password=False) == found


async def test_a_claim_during_the_stop_is_no_error(
    hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread that has just claimed a delivery hands it over before its executor is gone."""
    claims, goes_on = threading.Event(), threading.Event()

    def hold(_: object, __: object, statement: str, *___: object) -> None:
        is_claim = threading.current_thread().name.startswith("queue-worker-mail")
        if is_claim and statement.startswith("UPDATE"):
            claims.set()
            goes_on.wait(20)

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", hold)
    try:
        await hands.put("a~1")
        async with hands.started("node"):
            await asyncio.to_thread(claims.wait, 20)
            asyncio.get_running_loop().call_later(0.3, goes_on.set)
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "after_cursor_execute", hold)
    assert claims.is_set()
    assert [record.getMessage() for record in caplog.records if record.name == "dbos"] == []
