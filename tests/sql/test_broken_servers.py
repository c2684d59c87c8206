"""A database that fails: no 2xx for what is not saved, and the service recovers."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from pronghorn.sql import postgresql as limits
from tests.sql.faults import FaultProxy
from tests.sql.program import running
from tests.sql.servers import fresh_database
from tools.postgresql import Server

pytestmark = pytest.mark.anyio

# `make campaign-sql` takes longer.
SILENT_SECONDS = float(os.environ.get("PRONGHORN_SQL_SILENCE", "1"))
RESTARTS = int(os.environ.get("PRONGHORN_SQL_RESTARTS", "1"))


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[FaultProxy]:
    """A proxy before an empty database."""
    with FaultProxy(postgresql_url) as proxy:
        yield proxy


def forward(_: bytes) -> str:
    return "forward"


@pytest.mark.parametrize(("decision", "notes"), [("cut", []), ("answer", [1])])
async def test_a_commit_without_an_answer(
    proxy: FaultProxy, decision: str, notes: list[int]
) -> None:
    async with running(proxy.url) as (_, client):
        proxy.decide = lambda part: decision if b"COMMIT" in part else "forward"
        answer = await client.post("/notes/1")
        assert answer.status_code == 503
        assert "outcome is unknown" in answer.json()["detail"]
        assert "Retry-After" in answer.headers
        proxy.decide = forward
        assert (await client.get("/notes")).json() == notes


async def test_a_commit_that_cannot_be_serialized(postgresql_url: str) -> None:
    async with running(postgresql_url) as (_, client):
        answers = await asyncio.gather(*(client.post(f"/transfer/{n}") for n in (1, 2)))
        assert sorted(answer.status_code for answer in answers) == [200, 503]
        assert len((await client.get("/notes")).json()) == 1


@pytest.mark.parametrize("decision", ["cut", "answer"])
async def test_a_request_whose_connection_is_cut_at_every_message(
    proxy: FaultProxy, decision: str
) -> None:
    async with running(proxy.url) as (_, client):
        number, left = 0, 0
        while left <= 0:
            number += 1
            count = left = number

            def decide(_: bytes) -> str:
                nonlocal left
                left -= 1
                return decision if left == 0 else "forward"

            proxy.decide = decide
            answer = await client.post(f"/notes/{number}")
            proxy.decide = forward
            check_outcome(answer, number, (await client.get("/notes")).json())
            assert count == number
        assert number > 3


def check_outcome(answer: httpx.Response, number: int, saved: list[int]) -> None:
    assert answer.status_code in (201, 503)
    if answer.status_code == 201:
        assert number in saved
    elif "unknown" not in answer.json()["detail"]:
        assert number not in saved


async def test_a_new_connection_whose_set_up_takes_too_long(postgresql_url: str) -> None:
    """SQLAlchemy lets errors of the driver through that are raised while it sets one up."""
    async with running(postgresql_url, statement_timeout=0.1) as (database, client):
        await database.engine.dispose()

        def wait(connection: Any, record: Any) -> None:
            connection.run_async(lambda driver: driver.execute("SELECT pg_sleep(5)"))

        event.listen(database.engine.sync_engine, "connect", wait)
        answer = await client.post("/notes/1")
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        event.remove(database.engine.sync_engine, "connect", wait)
        assert (await client.post("/notes/1")).status_code == 201


async def test_all_connections_in_use(database_url: str) -> None:
    async with running(database_url, pool_size=2, pool_timeout=0.2) as (_, client):
        answers = await asyncio.gather(*(client.get("/wait/1000") for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 503]
        refused = max(answers, key=lambda answer: answer.status_code)
        assert int(refused.headers["Retry-After"]) > 0
        assert (await client.get("/notes")).status_code == 200


async def load(client: httpx.AsyncClient, first: int, end: asyncio.Event) -> Counter[int]:
    """Add notes until the end, check each, and count the statuses."""
    counts: Counter[int] = Counter()
    number = first
    while not end.is_set():
        number += 1
        answer = await client.post(f"/notes/{number}")
        counts[answer.status_code] += 1
        assert answer.status_code in (201, 503), answer.text
        if answer.status_code == 503:
            await asyncio.sleep(0.02)
    return counts


async def under_load(client: httpx.AsyncClient, disturb: Any) -> Counter[int]:
    end = asyncio.Event()
    loads = [asyncio.ensure_future(load(client, 100_000 * n, end)) for n in range(1, 6)]
    await asyncio.sleep(0.1)
    await disturb()
    end.set()
    return sum(await asyncio.gather(*loads), Counter())


async def test_a_server_that_restarts_under_load(own_server: Server, driver: str) -> None:
    with fresh_database(own_server) as name:
        url = own_server.url(name, driver)
        async with running(url, pool_size=5) as (_, client):

            async def restart() -> None:
                for _ in range(RESTARTS):
                    await asyncio.to_thread(own_server.restart)
                    await asyncio.sleep(0.2)

            counts = await under_load(client, restart)
            assert counts[503] > 0
            saved = len((await client.get("/notes")).json())
            assert counts[201] <= saved <= counts[201] + counts[503]


async def test_a_server_that_is_silent_under_load(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are answered with 503 in the time limit, and with 201 when the server is back."""
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.1)
    options = {"statement_timeout": 0.3, "pool_timeout": 0.3, "connect_timeout": 0.3}
    async with running(proxy.url, pool_size=5, **options) as (_, client):

        async def silence() -> None:
            proxy.swallow()
            await asyncio.sleep(SILENT_SECONDS)
            proxy.release()
            await asyncio.sleep(0.7)

        counts = await under_load(client, silence)
        assert counts[503] > 0
        statuses = [(await client.post("/notes/1")).status_code]
        while statuses[-1] == 503 and len(statuses) < 50:
            await asyncio.sleep(0.1)  # The server still has what was held back.
            statuses.append((await client.post("/notes/1")).status_code)
        assert statuses[-1] == 201
