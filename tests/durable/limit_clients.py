"""Clients that ask servers with limits as often as they can."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import httpx

from tests.contract.servers import PATIENCE, Server

PROGRAM = "tests.limits.served:app"


@contextmanager
def serving(url: str, *hosts: dict[str, str], processes: int = 1) -> Iterator[list[Server]]:
    """Start servers on one database.

    Args:
        url: The URL of the database, or of Redis.
        *hosts: Variables of the environment, for each host.
        processes: How many servers each host has.
    """
    with ExitStack() as stack:
        servers = []
        for host in hosts:
            for _ in range(processes):
                environment = {**os.environ, **variables_of(url), **host}
                servers.append(Server("uvicorn", PROGRAM, environment))
                stack.callback(servers[-1].stop)
        yield servers


def variables_of(url: str) -> dict[str, str]:
    """Return the variables that name a store to the program."""
    if url.startswith("redis:"):
        return {"REDIS_URL": url, "DATABASE_URL": "sqlite://"}
    return {"DATABASE_URL": url}


async def hammer(urls: Sequence[str], seconds: float, clients: int, most: int = 0) -> Counter[int]:
    """Return how often each status was answered.

    Args:
        urls: What the clients ask for, in turn.
        seconds: How long; 0 to stop after `most` requests.
        clients: How many ask at a time.
        most: How many requests; 0 for no limit.
    """
    found: Counter[int] = Counter()
    end = time.monotonic() + seconds if seconds else float("inf")

    async def ask(client: httpx.AsyncClient, number: int) -> None:
        while time.monotonic() < end and (not most or found.total() < most):
            response = await client.get(urls[number % len(urls)])
            found[response.status_code] += 1
            number += 1

    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        await asyncio.gather(*(ask(client, number) for number in range(clients)))
    return found
