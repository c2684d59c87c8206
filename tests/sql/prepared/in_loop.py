"""What the tests about reads on the event loop have in common."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from sqlalchemy import bindparam, column, select, text

from pronghorn.sql import Database
from pronghorn.sql.prepared.read import PreparedRead
from tests.sql.prepared.shop import Item

QUICK = "pronghorn.sql.prepared.quick"
ITEMS = select(Item).where(Item.owner_id == bindparam("owner")).order_by(Item.id)
#: Counts as far as it is told, which takes some steps for each number.
COUNTING = """
    WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT :far)
    SELECT count(*) AS number FROM numbers
"""


def count(database: Database) -> PreparedRead[int]:
    return database.prepare(text(COUNTING).columns(column("number")), int)


async def waits(reading: Awaitable[Any]) -> bool:
    """Return whether other tasks had a turn during a read."""
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)
    await reading
    return bool(turns)
