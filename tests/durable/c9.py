"""C9: Redis is stopped for ten seconds, again and again; `python -m tests.durable.c9`.

Each subscriber gets every message, in order. A message whose answer was lost is published again, so
it may come twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from itertools import pairwise
from typing import Any

from redis.asyncio import Redis

from pronghorn.channels import START, Channel, Channels, Event
from tools.redis_server import RedisServer

numbers = Channel("numbers", int, keep=None)


async def _read(channels: Channels, messages: int) -> list[int]:
    found: list[int] = []
    async for event in channels.read(numbers, after=START):
        found.append(event.data if isinstance(event, Event) else -1)
        if found[-1] == messages - 1:
            break
    return found


async def _publish(channels: Channels, messages: int, pause: float) -> int:
    """Publish the messages, and return how many attempts were refused."""
    refused = 0
    for number in range(messages):
        while True:
            try:
                await channels.publish(numbers, number)
                break
            except Exception:  # noqa: BLE001 - the server is away, and the client says how
                refused += 1
                await asyncio.sleep(0.1)
        await asyncio.sleep(pause)
    return refused


async def _stop(server: RedisServer, times: int, seconds: float) -> None:
    for _ in range(times):
        await asyncio.sleep(1)
        await asyncio.to_thread(server.halt)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.start)


async def attack(server: RedisServer, **given: Any) -> str:
    """Stop the server while messages are published; return what was done.

    Args:
        server: The server.
        **given: `subscribers`, `messages`, `pause` between two of them, `times` that the server is
            stopped, and `seconds` for which it is.
    """
    clients = [Redis.from_url(server.url), Redis.from_url(server.url)]
    writer, reader = map(Channels, clients)
    total = given["messages"]
    tasks = [asyncio.create_task(_read(reader, total)) for _ in range(given["subscribers"])]
    stops = asyncio.create_task(_stop(server, given["times"], given["seconds"]))
    refused = await _publish(writer, total, given["pause"])
    found = await asyncio.gather(*tasks)
    await stops
    for channels, client in zip((writer, reader), clients, strict=True):
        await channels.close()
        await client.aclose()
    wrong = sum(not _is_complete(each, total) for each in found)
    if wrong or not refused:
        raise SystemExit(f"C9 failed: {wrong} subscribers are wrong, {refused} were refused")
    return f"{total} messages, {len(found)} subscribers, {refused} attempts refused"


def _is_complete(found: list[int], total: int) -> bool:
    in_order = all(later - earlier in (0, 1) for earlier, later in pairwise(found))
    return in_order and found[0] == 0 and found[-1] == total - 1


def main(arguments: list[str] | None = None) -> None:
    """Run the campaign, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--subscribers", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.01)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args(arguments)
    with RedisServer() as server:
        print("C9 ok", asyncio.run(attack(server, **vars(options))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
