"""C1: the listeners of PostgreSQL are terminated each second; `python -m tests.durable.c1`.

Each subscriber, of several processes, gets every message once and in order.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import time
from multiprocessing.queues import Queue

import psycopg

from pronghorn.channels import START, Channel, Channels, Event
from pronghorn.sql import Database
from tools.postgresql import Server, prepare_programs

numbers = Channel("numbers", int, keep=None)
END_LISTENERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE query LIKE 'LISTEN%' OR (state = 'idle' AND query = 'SELECT 1')"""
#: Each process says it once, so that nothing is published before all listen.
READY = -1


def subscribe(url: str, subscribers: int, messages: int, said: Queue[int]) -> None:
    """Run one process, and put the number of its subscribers that got something else."""
    asyncio.run(_subscribe(url, subscribers, messages, said))


async def _subscribe(url: str, subscribers: int, messages: int, said: Queue[int]) -> None:
    db = Database(url)
    channels = Channels(db)
    async with db.lifespan():
        tasks = [asyncio.create_task(_read(channels, messages)) for _ in range(subscribers)]
        said.put(READY)
        expected = list(range(messages))
        wrong = [found for found in await asyncio.gather(*tasks) if found != expected]
        for found in wrong[:1]:
            at = next(at for at, number in enumerate(found) if number != at)
            print(f"instead of {at}: {found[at : at + 5]}", file=sys.stderr)
        said.put(len(wrong))


async def _read(channels: Channels, messages: int) -> list[int]:
    found: list[int] = []
    async for event in channels.read(numbers, after=START):
        found.append(event.data if isinstance(event, Event) else READY)
        if found[-1] == messages - 1:
            break
    return found


async def publish(url: str, messages: int, rate: float) -> int:
    """Publish the messages, terminate the listeners each second, and return how many there were."""
    db = Database(url)
    channels = Channels(db)
    ended = 0
    begin = cut = time.monotonic()
    plain = url.replace("+asyncpg", "").replace("+psycopg", "")
    async with (
        db.lifespan(),
        await psycopg.AsyncConnection.connect(plain, autocommit=True) as other,
    ):
        for number in range(messages):
            await channels.publish(numbers, number)
            await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
            if time.monotonic() > cut + 1:
                cut = time.monotonic()
                row = await (await other.execute(END_LISTENERS)).fetchone()
                ended += row[0] if row else 0
    return ended


def run(server: Server, driver: str, *, messages: int, rate: float, subscribers: int) -> str:
    """Run the campaign; return what was done, or raise if a subscriber saw something else.

    Args:
        server: The server of PostgreSQL, with an empty database.
        driver: `asyncpg` or `psycopg`.
        messages: The number of messages.
        rate: How many are published in a second.
        subscribers: The number of subscribers of each of three processes.
    """
    url = server.url("postgres", driver)
    context = multiprocessing.get_context("spawn")
    said: Queue[int] = context.Queue()
    asyncio.run(_prepare(url))
    arguments = (url, subscribers, messages, said)
    processes = [context.Process(target=subscribe, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    try:
        for _ in processes:
            said.get(timeout=60)
        ended = asyncio.run(publish(url, messages, rate))
        wrong = sum(said.get(timeout=120) for _ in processes)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    if wrong or not ended:
        raise SystemExit(f"C1 failed: {wrong} subscribers are wrong, {ended} listeners were ended")
    return f"{messages} messages, {3 * subscribers} subscribers, {ended} listeners terminated"


async def _prepare(url: str) -> None:
    db = Database(url)
    Channels(db)
    await db.create_own_tables()
    await db.dispose()


def main(arguments: list[str] | None = None) -> None:
    """Run the campaign with both drivers, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--subscribers", type=int, default=20)
    parser.add_argument("--drivers", nargs="+", default=["asyncpg", "psycopg"])
    options = vars(parser.parse_args(arguments))
    prepare_programs()
    for driver in options.pop("drivers"):
        with Server() as server:
            print("C1 ok", driver, run(server, driver, **options), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
