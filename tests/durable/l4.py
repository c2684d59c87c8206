"""L4: a hundred reservations of tokens at once, on several processes. They never exceed the limit.

`python -m tests.durable.l4 --rounds 50` with a SQLite file, or with `--database URL`. The short
form is in tests/limits/test_processes.py.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.contract.servers import PATIENCE, Server
from tests.durable.l1 import HOSTS
from tests.durable.limit_clients import serving

LIMIT, RESERVED, USED = 1000, 70, 65


async def reserve(urls: list[str], client_name: str) -> Counter[int]:
    """Reserve tokens a hundred times at once; each request then uses most of them."""
    async with httpx.AsyncClient(timeout=PATIENCE, headers={"X-Client": client_name}) as client:
        calls = [
            client.get(f"{urls[number % len(urls)]}/tokens?tokens={RESERVED}&used={USED}")
            for number in range(100)
        ]
        return Counter(one.status_code for one in await asyncio.gather(*calls))


def run(servers: Sequence[Server], client_name: str = "one") -> Counter[int]:
    """Return the number of answers by their status.

    Raises:
        AssertionError: More was used than the limit allows, or less was reserved than fits.
    """
    found = asyncio.run(reserve([server.url for server in servers], client_name))
    assert set(found) == {200, 429}, found
    # What is given back may be reserved again; a reservation has to fit beside what was used.
    assert LIMIT // RESERVED <= found[200] <= (LIMIT - RESERVED) // USED + 1, found
    assert found[200] * USED <= LIMIT
    return found


def main() -> None:
    """Run the campaign: two hosts with two processes each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{Path(folder) / 'l4.db'}"
        with serving(url, *HOSTS, processes=2) as servers:
            found = [run(servers, f"client {number}")[200] for number in range(options.rounds)]
    print(f"L4: {min(found)} to {max(found)} of 100 reservations of {RESERVED} in {LIMIT}")


if __name__ == "__main__":
    main()
