"""Stores and connections that are lost: no gap, no message twice, in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from pronghorn.channels import START, Channels, Event
from pronghorn.sql import Database
from tests.channels.stores import Message, RedisStore, Store, room, run, take
from tools.redis_server import RedisServer

# A pooled connection that is asked whether it lives looks the same, and is terminated as well.
END_LISTENERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE query LIKE 'LISTEN%' OR wait_event = 'ClientRead' AND query = 'SELECT 1'"""


async def follow(channels: Channels, last: str) -> list[Any]:
    """Return all messages up to one, each once and without a gap; a reset would be part of them."""
    found: list[Any] = []
    ids: list[int] = []
    async for event in channels.read(room(7), after=START):
        found.append(event.data.text if isinstance(event, Event) else "reset")
        ids.append(int(event.id))
        if found[-1] == last:
            break
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    # An attempt whose answer was lost may have succeeded: its publisher has published it twice.
    return list(dict.fromkeys(found))


async def publish_all(channels: Channels, number: int, now_and_then: Callable[[int], Any]) -> None:
    """Publish messages; one that was refused is published again."""
    for each in range(number):
        await asyncio.to_thread(now_and_then, each)
        await insist(channels, str(each))


async def insist(channels: Channels, text: str) -> None:
    """Publish a message, again until it succeeds."""
    while True:
        try:
            await channels.publish(room(7), Message(text=text))
        except Exception:  # noqa: BLE001 - the store is away
            await asyncio.sleep(0.05)
        else:
            return


def test_listeners_may_be_terminated(postgresql_url: str) -> None:
    """C1, the short form: subscribers of two processes, whose listeners are terminated."""
    url = postgresql_url.replace("+asyncpg", "").replace("+psycopg", "")
    killed = 0

    def terminate(each: int) -> None:
        nonlocal killed
        if each % 40 == 0:
            with psycopg.connect(url, autocommit=True) as connection:
                killed += connection.execute(END_LISTENERS).fetchone()[0]  # type: ignore[index]

    async def test() -> None:
        first, second = Store.on(Database(postgresql_url)), Store.on(Database(postgresql_url))
        async with first.running() as here, second.running() as there:
            readers = [
                asyncio.create_task(follow(channels, "199"))
                for channels in (here, there)
                for _ in range(5)
            ]
            await publish_all(here, 200, terminate)
            expected = [str(number) for number in range(200)]
            for found in await asyncio.gather(*readers):
                assert found == expected

    run(test)
    assert killed


def test_redis_may_be_stopped(tmp_path: Path) -> None:
    """C9, the short form."""
    with RedisServer() as server:

        def stop(each: int) -> None:
            if each == 20:
                server.halt()
                threading.Timer(1.0, server.start).start()

        async def test() -> None:
            store = RedisStore.on(server, Database(f"sqlite:///{tmp_path / 'test.db'}"))
            async with store.running() as channels:
                reader = asyncio.create_task(follow(channels, "59"))
                await publish_all(channels, 60, stop)
                assert await reader == [str(number) for number in range(60)]

        run(test)


def test_a_database_that_is_away_for_a_moment_loses_nothing(own_server: Any) -> None:
    async def test() -> None:
        store = Store.on(Database(own_server.url("postgres", "asyncpg")))
        async with store.running() as channels:
            reader = asyncio.create_task(follow(channels, "29"))
            for number in range(30):
                if number == 10:
                    await asyncio.to_thread(own_server.restart)
                await insist(channels, str(number))
            assert await reader == [str(number) for number in range(30)]

    run(test)


def test_many_entries_at_once_need_no_wake_up_for_each(postgresql_url: str) -> None:
    async def test() -> None:
        first, second = Store.on(Database(postgresql_url)), Store.on(Database(postgresql_url))
        async with first.running() as here, second.running() as there:
            reader = asyncio.create_task(take(there.read(room(7), after=START), 300))
            await asyncio.gather(
                *(here.publish(room(7), Message(text=str(number))) for number in range(300))
            )
            assert sorted(map(int, await reader)) == list(range(300))

    run(test)
