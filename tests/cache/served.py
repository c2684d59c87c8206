"""A program whose prices are kept, served by several processes."""

import asyncio
import os
import random

from sqlalchemy import Column, Integer, MetaData, Table, insert, select, update

from pronghorn import FastAPI, HTTPException, Response
from pronghorn.cache import Cache, Cached
from pronghorn.sql import Database

TABLES = MetaData()
PRICES = Table(
    "pronghorn_test_prices",
    TABLES,
    Column("item", Integer, primary_key=True),
    Column("value", Integer, nullable=False),
)

db = Database(os.environ["DATABASE_URL"])
db.add_own_tables(TABLES)
broadcast = db if os.environ["CACHE_URL"].startswith("mem:") else None
cache = Cache(os.environ["CACHE_URL"], broadcast=broadcast, every="20ms")
app = FastAPI(lifespan=db.lifespan, cache=Cached("1h", tags=["item:{item}"]))
#: One for each call of `read_slowly` in this process.
calls: list[int] = []


@app.get("/prices/{item}")
async def read_price(item: int) -> int:
    """Read, and take some time to answer: the price may change meanwhile."""
    async with db.transaction(read_only=True) as session:
        value = await session.scalar(select(PRICES.c.value).where(PRICES.c.item == item))
    await asyncio.sleep(random.choice((0, 0, 0.005)))
    return value or 0


@app.put("/prices/{item}/{value}")
async def set_price(item: int, value: int, session: db.Session, fails: bool = False) -> None:
    """Change a price, and then perhaps do not."""
    done = await session.execute(update(PRICES).where(PRICES.c.item == item).values(value=value))
    if not done.rowcount:  # type: ignore[attr-defined]  # of the cursor of an UPDATE
        await session.execute(insert(PRICES), {"item": item, "value": value})
    await cache.invalidate(f"item:{item}", session=session)
    if fails:
        raise HTTPException(409)


@app.get("/visits/{item}")
async def visit(item: int, response: Response) -> int:
    """Set a cookie, which is nobody else's."""
    response.set_cookie("visit", str(random.getrandbits(60)))
    return item


@app.get("/slow/{item}")
async def read_slowly(item: int) -> int:
    """Count the calls."""
    calls.append(item)
    await asyncio.sleep(0.1)
    return item


@app.get("/calls", cache=False)
async def count_calls() -> int:
    """Return the number of calls of this process."""
    return len(calls)
