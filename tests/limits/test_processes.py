"""L1, L3 and L4 with real servers: hosts whose clocks differ share one limit, to the number."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx

from tests.contract.servers import PATIENCE
from tests.durable import l1
from tests.durable.limit_clients import serving


def test_hosts_share_a_limit_whatever_their_clocks_say(database_url: str) -> None:
    found = l1.run(database_url, seconds=0, processes=1, clients=8, most=260)
    assert found[200] == l1.LIMIT


async def reserve(urls: list[str]) -> Counter[int]:
    """Reserve tokens a hundred times at once; each request then uses most of them."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        calls = [
            client.get(f"{urls[number % len(urls)]}/tokens?tokens=70&used=65")
            for number in range(100)
        ]
        return Counter(one.status_code for one in await asyncio.gather(*calls))


def test_reservations_never_exceed_the_limit(database_url: str) -> None:
    patient = {"PATIENCE": "30s"}
    with serving(database_url, patient, patient) as servers:
        found = asyncio.run(reserve([server.url for server in servers]))
    # 14 if none is settled before the last is refused, and never more than 65 tokens fit often.
    assert set(found) == {200, 429}
    assert 14 <= found[200] <= 15
