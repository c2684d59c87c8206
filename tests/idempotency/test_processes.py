"""Several processes, and one that is killed between the commit and the response."""

import pytest

from pronghorn.sql import Database
from tests.durable import l5, l6
from tests.idempotency.payments import count

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database_url", ["sqlite", "psycopg"], indirect=True)
def test_many_requests_with_one_key_run_once(database_url: str) -> None:
    found = l5.run(database_url, requests=30, processes=2)
    assert found["ran"] == 1
    assert found["ran"] + found["refused"] + found["replayed"] == 30


@pytest.mark.parametrize("database_url", ["sqlite", "asyncpg"], indirect=True)
async def test_the_retry_after_a_kill_gets_the_response(database_url: str) -> None:
    l6.check(l6.run(database_url, "key"), "key")
    database = Database(database_url)
    assert await count(database) == 1
    await database.dispose()
