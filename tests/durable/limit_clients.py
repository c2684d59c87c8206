"""Clients that ask servers with limits as often as they can."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import httpx

from tests.contract.servers import PATIENCE, Server
from tests.durable.hosts import command_in

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


@contextmanager
def serving_on_hosts(
    name: str, url: str, hosts: Sequence[dict[str, str]], processes: int
) -> Iterator[list[str]]:
    """Start servers in the namespaces of hosts.

    Args:
        name: The part that the names of the namespaces begin with.
        url: The URL of the database.
        hosts: Variables of the environment, for each host.
        processes: How many servers each host has.

    Yields:
        The addresses of the servers.
    """
    started, urls = [], []
    try:
        for number, host in enumerate(hosts, 1):
            for port in range(8000, 8000 + processes):
                address = f"10.77.0.{number + 1}"
                command = ("-m", "uvicorn", PROGRAM, "--host", address, "--port", str(port))
                started.append(
                    subprocess.Popen(
                        command_in(f"{name}-{number}", sys.executable, *command),
                        env={**os.environ, **variables_of(url), **host},
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )
                urls.append(f"http://{address}:{port}")
        for each in urls:
            _wait_for(each)
        yield urls
    finally:
        for process in started:
            process.kill()
            process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/text")
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


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
