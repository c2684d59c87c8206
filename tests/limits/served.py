"""A program for real servers: limits in a database or Redis, whatever the host's clock says."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import Annotated, Any

#: The clock of this "host" differs from that of the others by so many seconds.
SHIFT = float(os.environ.get("SHIFT", "0"))
if SHIFT:
    _time, _time_ns, _monotonic_ns = time.time, time.time_ns, time.monotonic_ns
    time.time = lambda: _time() + SHIFT
    time.time_ns = lambda: _time_ns() + int(SHIFT * 1e9)
    time.monotonic_ns = lambda: _monotonic_ns() + int((SHIFT + 100) * 1e9)

from starlette.requests import HTTPConnection  # noqa: E402 - the clock is changed first

from pronghorn import Depends, FastAPI, Header  # noqa: E402
from pronghorn.limits import Charged, Limits, RateLimit  # noqa: E402
from pronghorn.sql import Database  # noqa: E402

database = Database(os.environ["DATABASE_URL"])
store: Any = database
if "REDIS_URL" in os.environ:
    from redis.asyncio import Redis

    store = Redis.from_url(os.environ["REDIS_URL"])
limits = Limits(store, processes=4, patience=os.environ.get("PATIENCE", "100ms"))
app = FastAPI(lifespan=database.lifespan)


async def client(x_client: Annotated[str, Header()] = "all") -> str:
    return x_client


async def tokens(tokens: int) -> int:
    return tokens


hourly = RateLimit(os.environ.get("RULE", "100/hour"), by=client, on_store_error="closed")
llm = RateLimit("1000/hour;5000/day", by=client, cost=tokens, on_store_error="closed")
locally = RateLimit("8/hour", by=client)
openly = RateLimit("8/hour", by=client, on_store_error="open")


@app.get("/text")
async def text() -> str:
    return "ready"


@app.get("/hit", dependencies=[hourly])
async def hit() -> int:
    return os.getpid()


@app.get("/locally", dependencies=[locally])
async def local() -> int:
    return os.getpid()


@app.get("/openly", dependencies=[openly])
async def opened() -> int:
    return os.getpid()


@app.get("/tokens")
async def answer(connection: HTTPConnection, used: int, charged: Annotated[Charged, llm]) -> int:
    charged.used = used
    return charged.cost


@app.get("/full", dependencies=[Depends(client)])
def fill() -> int:
    """Let no file of this process grow from now on, as on a full disk."""
    path = Path(database.engine.url.database or "")
    size = max(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return size
