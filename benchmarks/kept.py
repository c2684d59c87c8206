"""Measure a response that is kept beside the endpoint that makes it.

    python -m benchmarks.kept        on uvloop where it is installed

Prints microseconds of the processor for a request over ASGI, the least of many rounds: other
programs only add to them. The endpoints return a constant, 20 rows of a database of SQLite in
memory, and a constant to the tenant whose name a dependency reads.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from benchmarks.drive import ignore, new_event_loop, receiver
from benchmarks.middleware import least, scope_of
from pronghorn import Depends, FastAPI, Header
from pronghorn.cache import Cache, Cached
from pronghorn.sql import Database

TABLES = MetaData()
PRICES = Table(
    "pronghorn_prices", TABLES, Column("id", Integer, primary_key=True), Column("item", String)
)
HEADERS = [
    (b"host", b"shop.example"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json"),
    (b"accept-language", b"en"),
    (b"accept-encoding", b"gzip, deflate, br, zstd"),
    (b"x-tenant", b"7"),
]


class Price(BaseModel):
    """A row."""

    id: int
    item: str


async def tenant_id(x_tenant: Annotated[int, Header()]) -> int:
    """Return the tenant of a request."""
    return x_tenant


def build(db: Database) -> FastAPI:
    """Make the application: each endpoint without a cache, and with one."""
    Cache("mem://")
    app = FastAPI(lifespan=db.lifespan)

    async def constant() -> dict[str, int]:
        return {"a": 1}

    async def rows(session: Any = db.read_session) -> list[Price]:
        found = await session.execute(select(PRICES).limit(20))
        return [Price(id=row.id, item=row.item) for row in found]

    async def tenant(tenant: int = Depends(tenant_id)) -> dict[str, int]:
        return {"a": tenant}

    for endpoint, vary in ((constant, None), (rows, None), (tenant, tenant_id)):
        app.get(f"/{endpoint.__name__}")(endpoint)
        kept = Cached("1h", tags=["prices"], vary=vary)
        app.get(f"/{endpoint.__name__}/kept", cache=kept)(endpoint)
    return app


async def send(app: FastAPI, path: str) -> None:
    """Send one request."""
    await app({**scope_of(path), "headers": HEADERS}, receiver(b""), ignore)


async def measure() -> None:
    """Measure all, and print a line for each endpoint."""
    db = Database("sqlite://")
    db.add_own_tables(TABLES)
    app = build(db)
    async with db.lifespan():
        async with db.transaction() as session:
            await session.execute(insert(PRICES), [{"item": f"item {at}"} for at in range(20)])
        names = ("/constant", "/tenant", "/rows")
        paths = [path for name in names for path in (name, f"{name}/kept")]
        found = await least({path: partial(send, app, path) for path in paths})
    for name in names:
        print(f"{name[1:]:10} {found[name]:8.1f} µs   kept {found[f'{name}/kept']:6.1f} µs")


def main() -> None:
    """Run on the fastest event loop that is installed."""
    loop, name = new_event_loop()
    asyncio.set_event_loop(loop)
    print(f"On {name}:")
    loop.run_until_complete(measure())
    loop.close()


if __name__ == "__main__":
    main()
