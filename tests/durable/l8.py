"""L8: kept responses in several processes, while prices change and transactions are rolled back.

`python -m tests.durable.l8 --seconds 60`, with `--cache redis://localhost/0` for a shared store.
What must hold: of 500 misses at once, one runs the endpoint (in each process, or in all that share
a store); a response is never older than the last commit that its process has answered, nor than
one that it has sent before; a price that was rolled back is never seen; a cookie is never sent
twice.

The short form is in tests/cache/test_processes.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path

import httpx

from tests.cache.asking import wait_for
from tests.contract.servers import PATIENCE, Server

PROGRAM = "tests.cache.served:app"
ITEMS = range(3)
#: Requests at once for a response that is not there.
CROWD = 500


class World:
    """What the clients know: what they have written, and what they have seen."""

    def __init__(self, urls: list[str], *, is_shared: bool) -> None:
        self.urls = urls
        self.is_shared = is_shared
        self.next_value = dict.fromkeys(ITEMS, 1)
        self.rolled_back: dict[int, set[int]] = defaultdict(set)
        #: (process, item) -> the oldest value that a request may get that begins now.
        self.floor: dict[tuple[str, int], int] = defaultdict(int)
        self.counts: Counter[str] = Counter()

    def note(self, url: str, item: int, value: int, *, is_commit: bool) -> None:
        """Keep what a process has answered; a commit counts for all that share a store."""
        for one in self.urls if is_commit and self.is_shared else [url]:
            self.floor[one, item] = max(self.floor[one, item], value)


async def write(world: World, client: httpx.AsyncClient, item: int, end: float) -> None:
    """Change one price again and again; some changes are rolled back."""
    while time.monotonic() < end:
        value, url = world.next_value[item], random.choice(world.urls)
        world.next_value[item] += 1
        fails = random.random() < 0.3
        if fails:
            world.rolled_back[item].add(value)
        params = {"fails": str(fails).lower()}
        response = await client.put(f"{url}/prices/{item}/{value}", params=params)
        assert response.status_code == (409 if fails else 200), response.text
        if not fails:
            world.note(url, item, value, is_commit=True)
        world.counts["rolled back" if fails else "changes"] += 1
        await asyncio.sleep(random.random() * 0.05)


async def read(world: World, client: httpx.AsyncClient, end: float) -> None:
    """Read prices, and compare with what is known."""
    while time.monotonic() < end:
        item, url = random.choice(ITEMS), random.choice(world.urls)
        floor = world.floor[url, item]
        response = await client.get(f"{url}/prices/{item}")
        value = response.json()
        assert floor <= value < world.next_value[item], (url, item, floor, value)
        assert value not in world.rolled_back[item], (item, value)
        world.note(url, item, value, is_commit=False)
        world.counts["hits" if "age" in response.headers else "misses"] += 1


async def visit(world: World, client: httpx.AsyncClient, end: float) -> None:
    """Ask for cookies: each is a new one."""
    seen: set[str] = set()
    while time.monotonic() < end:
        response = await client.get(f"{random.choice(world.urls)}/visits/1")
        cookie = response.headers["set-cookie"]
        client.cookies.clear()
        assert cookie not in seen
        seen.add(cookie)
        await asyncio.sleep(0.01)
    world.counts["cookies"] = len(seen)


async def settle(world: World, client: httpx.AsyncClient) -> None:
    """Wait until every process has the last price."""
    for item in ITEMS:
        last = max(world.floor[url, item] for url in world.urls)

        async def ask(url: str, item: int = item) -> int:
            return int((await client.get(f"{url}/prices/{item}")).json())

        for url in world.urls:
            await wait_for(partial(ask, url), last)


async def ask_alone(url: str) -> bytes:
    """Return the response to a request on a connection of its own."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /slow/1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
    response = await reader.read()
    writer.close()
    return response


async def crowd(world: World, client: httpx.AsyncClient) -> None:
    """Send many requests at once for a response that is not there."""
    urls = [world.urls[number % len(world.urls)] for number in range(CROWD)]
    async with asyncio.timeout(PATIENCE):
        responses = await asyncio.gather(*map(ask_alone, urls))
    assert all(one.startswith(b"HTTP/1.1 200") for one in responses)
    found = [(await client.get(f"{url}/calls")).json() for url in world.urls]
    assert sum(found) == (1 if world.is_shared else len(found)), found


async def run_clients(world: World, seconds: float) -> None:
    """Send all requests; an assertion fails if something does not hold."""
    limits = httpx.Limits(max_connections=100)
    # The host is part of a key, and behind a proxy it is the same for all processes.
    headers = {"host": "shop.example"}
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits, headers=headers) as client:
        await crowd(world, client)
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for item in ITEMS:
                tasks.create_task(write(world, client, item, end))
            for _ in range(8):
                tasks.create_task(read(world, client, end))
            tasks.create_task(visit(world, client, end))
        await settle(world, client)


def run(database: str, cache: str, seconds: float, processes: int = 2) -> Counter[str]:
    """Start servers, and send requests; return how many of each kind.

    Args:
        database: The URL of the database.
        cache: The URL of the cache.
        seconds: For how long prices change.
        processes: The number of servers.
    """
    environment = {**os.environ, "DATABASE_URL": database, "CACHE_URL": cache}
    servers = [Server("protocol", PROGRAM, environment) for _ in range(processes)]
    try:
        world = World([one.url for one in servers], is_shared=not cache.startswith("mem:"))
        asyncio.run(run_clients(world, seconds))
        return world.counts
    finally:
        for server in servers:
            server.stop()


def main() -> None:
    """Run the campaign on a SQLite file, or on the database of an option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--database", default="")
    parser.add_argument("--cache", default="mem://")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or f"sqlite:///{Path(folder) / 'l8.db'}"
        counts = run(database, options.cache, options.seconds, options.processes)
    print(f"L8: {dict(counts)}")


if __name__ == "__main__":
    main()
