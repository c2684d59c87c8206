"""The shop that runs on the hosts: orders with a job each, news for browsers, a load to measure.

`pronghorn run` and `pronghorn jobs run` start it with `DATABASE_URL`, `HOST_NAME`, and the version
as `TAG`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable
from typing import Annotated

from pydantic import BaseModel
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, insert, select

from pronghorn import FastAPI, HTTPException, WebSocket
from pronghorn.channels import Channel, Channels, Feed, Subscribe
from pronghorn.idempotency import Idempotent
from pronghorn.jobs import Job, Jobs
from pronghorn.responses import EventSourceResponse
from pronghorn.sql import Database

HOST = os.environ.get("HOST_NAME", "")
TAG = os.environ.get("TAG", "")

TABLES = MetaData()
ORDERS = Table(
    "pronghorn_test_orders",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Integer),
    Column("name", String(40)),
    Column("price", Float),
    Column("host", String(40)),
)
#: What the job of an order does in `job.transaction()`; nothing else keeps a row from coming twice.
SHIPMENTS = Table(
    "pronghorn_test_shipments",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("order_id", Integer),
    Column("host", String(40)),
)
#: Each begin of a job, in a transaction of its own.
BEGINS = Table(
    "pronghorn_test_begins",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("order_id", Integer),
    Column("host", String(40)),
)

db = Database(
    os.environ["DATABASE_URL"],
    pool_size=int(os.environ.get("POOL_SIZE", "5")),
    # The server must not keep the locks of a host that has lost its power for longer.
    idle_in_transaction_timeout=10,
)
db.add_own_tables(TABLES)
jobs = Jobs(db, retries=20, backoff="100ms..2s")
channels = Channels(db)
app = FastAPI(lifespan=db.lifespan, jobs=jobs)
app.health(ready=[db.check])
once = Idempotent(db, by=None, required=True)


class NewOrder(BaseModel):
    """An order; its job takes so many seconds."""

    number: int
    seconds: float = 0.0


class Order(BaseModel):
    """An order that is stored, and who has answered."""

    id: int
    number: int
    host: str
    tag: str


class Sale(BaseModel):
    """The body of the load generator."""

    name: str
    price: float
    tags: list[str] = []


class News(BaseModel):
    """A message of the channel."""

    number: int


news = Channel("news", News, keep=None)


@jobs.task
async def ship(order_id: int, seconds: float, job: Job) -> None:
    """Take a while, and have an effect."""
    async with db.transaction() as session:
        await session.execute(insert(BEGINS).values(order_id=order_id, host=HOST))
    await asyncio.sleep(seconds)
    async with job.transaction() as session:
        await session.execute(insert(SHIPMENTS).values(order_id=order_id, host=HOST))


@jobs.task
async def nothing() -> None:
    """Do nothing: the queue itself is measured."""


@app.get("/version")
async def version() -> dict[str, str]:
    """Return who answers."""
    return {"host": HOST, "tag": TAG}


@app.post("/orders", status_code=201, dependencies=[once])
async def create_order(new: NewOrder, session: db.Session) -> Order:
    """Store an order and its job in one transaction; with the same key, once."""
    statement = insert(ORDERS).values(number=new.number, host=HOST).returning(ORDERS.c.id)
    order_id = (await session.execute(statement)).scalar_one()
    await jobs.enqueue(ship, order_id, new.seconds, session=session)
    return Order(id=order_id, number=new.number, host=HOST, tag=TAG)


@app.get("/orders/{order_id}")
async def read_order(order_id: int, session: db.Session) -> Order:
    """Return an order."""
    statement = select(ORDERS.c.number).where(ORDERS.c.id == order_id)
    number = (await session.execute(statement)).scalar_one_or_none()
    if number is None:
        raise HTTPException(404)
    return Order(id=order_id, number=number, host=HOST, tag=TAG)


@app.post("/items", status_code=201)
async def sell(sale: Sale, session: db.Session) -> dict[str, int]:
    """Store what the load generator sends, in one transaction."""
    statement = insert(ORDERS).values(number=0, name=sale.name, price=sale.price, host=HOST)
    order_id = (await session.execute(statement.returning(ORDERS.c.id))).scalar_one()
    return {"id": order_id}


@app.post("/work", status_code=202)
async def work(count: int, session: db.Session) -> None:
    """Enqueue jobs that do nothing."""
    for _ in range(count):
        await jobs.enqueue(nothing, session=session)


@app.post("/news", status_code=201)
async def publish(message: News) -> str | None:
    """Publish a message."""
    return await channels.publish(news, message)


@app.get("/news", response_class=EventSourceResponse)
async def follow(feed: Annotated[Feed[News], Subscribe(channels, news)]) -> AsyncIterable[News]:
    """Stream the messages."""
    async for message in feed:
        yield message


@app.websocket("/news")
async def watch(websocket: WebSocket, after: str | None = None) -> None:
    """Send the messages with their ids, from the one after an id."""
    async with channels.join(websocket, news, after=after, ids=True) as here:
        async for _ in here.receive():
            pass
