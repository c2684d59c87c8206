"""A connection goes to the task that has waited for the longest time, on whichever event loop."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import exc, text
from sqlalchemy.util.queue import Empty

from pronghorn.sql import Database
from pronghorn.sql.fair import FairQueue

CREATE = text("CREATE TABLE notes (number INTEGER)")
INSERT = text("INSERT INTO notes VALUES (1)")


async def write(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(INSERT)


async def count(database: Database) -> int:
    async with database.transaction(read_only=True) as session:
        return int(await session.scalar(text("SELECT count(*) FROM notes")) or 0)


async def create(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(CREATE)


async def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the time is over")


def test_a_task_that_writes_again_and_again_does_not_pass_the_others(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    order: list[str] = []

    async def write_as(name: str, times: int) -> None:
        for _ in range(times):
            await write(database)
            order.append(name)

    async def work() -> None:
        await create(database)
        names = ["greedy", "one", "two", "three"]
        await asyncio.gather(*[write_as(name, 20 if name == "greedy" else 1) for name in names])
        assert order[:4] == names
        await database.dispose()

    asyncio.run(work())


def run_in_threads(work: Callable[[], Awaitable[None]], threads: int) -> list[BaseException]:
    """Run work in several threads with an event loop each, and return what they raise."""
    raised: list[BaseException] = []

    async def run() -> None:
        await work()

    def target() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001  # The caller looks at it.
            raised.append(error)

    running = [threading.Thread(target=target) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return raised


def test_event_loops_in_several_threads_wait_for_one_writer(sqlite_url: str) -> None:
    database = Database(sqlite_url, pool_size=1)
    asyncio.run(create(database))

    async def write_often() -> None:
        await asyncio.gather(*[write(database) for _ in range(20)])
        assert all(await asyncio.gather(*[count(database) for _ in range(20)]))

    assert run_in_threads(write_often, 3) == []

    async def check() -> None:
        assert await count(database) == 60
        await database.dispose()

    asyncio.run(check())


def test_a_later_event_loop_waits_as_well(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    asyncio.run(create(database))
    for _ in range(2):

        async def work() -> None:
            await asyncio.gather(*[write(database) for _ in range(3)])

        asyncio.run(work())
    asyncio.run(database.dispose())


def test_a_task_that_is_cancelled_leaves_its_turn(sqlite_url: str) -> None:
    """Before it was given the connection, and after that."""
    database = Database(sqlite_url, pool_timeout=0.05)

    async def work() -> None:
        await create(database)
        async with database.transaction() as session:
            await session.execute(INSERT)
            with pytest.raises(exc.TimeoutError, match="QueuePool limit"):
                await write(database)
            early, late, last = [asyncio.create_task(write(database)) for _ in range(3)]
            await asyncio.sleep(0.01)
            early.cancel()
        late.cancel()
        results = await asyncio.gather(early, late, last, return_exceptions=True)
        assert [type(result) for result in results[:2]] == [asyncio.CancelledError] * 2
        assert results[2] is None
        assert database._primary.write.pool.checkedout() == 0  # type: ignore[attr-defined]
        await database.dispose()

    asyncio.run(work())


def test_a_closed_event_loop_loses_no_connection() -> None:
    queue = FairQueue(2)
    lost = asyncio.new_event_loop()
    waiting = lost.create_task(queue.wait())
    lost.run_until_complete(asyncio.sleep(0))
    lost.close()

    async def work() -> None:
        with pytest.raises(Empty):
            await queue.wait(0.001)
        queue.put_nowait("connection")
        assert queue.qsize() == 1
        assert await queue.wait() == "connection"

    asyncio.run(work())
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_a_pool_says_nothing_that_was_not_asked_for(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def use() -> list[str]:
        caplog.clear()
        async with Database(sqlite_url).lifespan():
            pass
        return [record.name for record in caplog.records if "Pool" in record.getMessage()]

    with caplog.at_level(logging.INFO), caplog.at_level(logging.INFO, logger="pronghorn"):
        assert await use() == []
    with caplog.at_level(logging.INFO, logger="sqlalchemy.pool"):
        assert set(await use()) == {"sqlalchemy.pool.impl.FairPool"}
