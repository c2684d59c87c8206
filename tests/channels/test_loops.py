"""Several event loops in a process, and processes that are forked."""

from __future__ import annotations

import asyncio
import os
import threading

from pronghorn.channels import START, Channels
from pronghorn.sql import Database
from tests.channels.stores import Message, Store, room, run, take


def test_readers_on_other_event_loops_get_messages(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    channels = Channels(database)

    async def prepare() -> None:
        async with database.lifespan():
            pass

    run(prepare)
    found: dict[int, list[str]] = {}

    def read(number: int) -> None:
        async def test() -> None:
            async with database.lifespan():
                found[number] = await take(channels.read(room(7), after=START), 20)

        run(test)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()

    async def publish() -> None:
        async with database.lifespan():
            for number in range(20):
                await channels.publish(room(7), Message(text=str(number)))

    run(publish)
    for thread in threads:
        thread.join()
    expected = [str(number) for number in range(20)]
    assert found == {0: expected, 1: expected, 2: expected}


def test_event_loops_share_the_memory() -> None:
    channels = Channels.memory()
    begun = threading.Event()
    found: list[str] = []

    def read() -> None:
        async def test() -> None:
            async for event in channels.read(room(7), after=START):
                begun.set()
                found.append(event.data.text)  # type: ignore[union-attr]  # there is no reset
                if len(found) == 3:
                    break

        run(test)

    async def publish() -> None:
        await channels.publish(room(7), Message(text="a"))
        thread.start()
        await asyncio.to_thread(begun.wait)
        await channels.publish(room(7), Message(text="b"))
        await channels.publish(room(7), Message(text="c"))
        await asyncio.to_thread(thread.join)

    thread = threading.Thread(target=read)
    run(publish)
    assert found == ["a", "b", "c"]


def test_a_forked_process_publishes_and_reads(sqlite_url: str) -> None:
    store = Store.on(Database(sqlite_url))

    async def publish(text: str) -> list[str]:
        async with store.running() as channels:
            await channels.publish(room(7), Message(text=text))
            return await take(channels.read(room(7), after=START), 1)

    assert run(lambda: publish("parent")) == ["parent"]
    child = os.fork()
    if not child:
        try:
            status = int(asyncio.run(publish("child")) != ["parent"])
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0

    async def read() -> list[str]:
        async with store.running() as channels:
            return await take(channels.read(room(7), after=START), 2)

    assert run(read) == ["parent", "child"]
