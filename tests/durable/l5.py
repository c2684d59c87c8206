"""L5: many requests with one key at once, to several processes. The endpoint runs once.

`python -m tests.durable.l5 --requests 50` with a SQLite file; the short form is in
tests/idempotency/test_processes.py, where it runs on PostgreSQL, too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path

import httpx

from tests.contract.servers import PATIENCE, Server

PROGRAM = "tests.idempotency.served:app"


async def send_at_once(urls: list[str], requests: int) -> list[httpx.Response]:
    """Return the responses to requests with one key, sent at once to all servers in turn."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        calls = [
            client.post(
                f"{urls[number % len(urls)]}/payments",
                json={"name": "one"},
                headers={"Idempotency-Key": "the same"},
            )
            for number in range(requests)
        ]
        return await asyncio.gather(*calls)


def check(responses: list[httpx.Response]) -> Counter[str]:
    """Return how many requests ran, were refused, and were answered by a replay.

    Raises:
        AssertionError: There was another answer, or not one run.
    """
    found: Counter[str] = Counter()
    made = {one.content for one in responses if one.status_code == 201}
    for one in responses:
        assert one.status_code in {201, 409}, (one.status_code, one.text)
        replayed = "idempotency-replayed" in one.headers
        found["refused" if one.status_code == 409 else "replayed" if replayed else "ran"] += 1
    assert (found["ran"], len(made)) == (1, 1), found
    return found


def run(url: str, requests: int, processes: int) -> Counter[str]:
    """Start servers and send; see `check`."""
    environment = {**os.environ, "DATABASE_URL": url}
    servers = [Server("uvicorn", PROGRAM, environment) for _ in range(processes)]
    try:
        responses = asyncio.run(send_at_once([one.url for one in servers], requests))
        late = asyncio.run(send_at_once([one.url for one in servers], 1))
        assert "idempotency-replayed" in late[0].headers
        return check(responses)
    finally:
        for server in servers:
            server.stop()


def main() -> None:
    """Run the campaign on a SQLite file, or on the database of an option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'l5.db'}"
        print(f"L5: {dict(run(url, options.requests, options.processes))}")


if __name__ == "__main__":
    main()
