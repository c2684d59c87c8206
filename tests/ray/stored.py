"""A program whose replicas share a database: orders, jobs and a channel."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Annotated

import ray
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.channels import Channel, Channels, Feed, Subscribe
from pronghorn.jobs import Jobs
from pronghorn.responses import EventSourceResponse
from pronghorn.sql import Database

db = Database(f"sqlite:///{os.environ['STORED']}")
jobs = Jobs(db)
channels = Channels(db)
app = FastAPI(lifespan=db.lifespan, jobs=jobs)

#: The items of the orders whose job has run in this process.
sent: list[str] = []


class Base(DeclarativeBase):
    """The tables of the program."""


class Order(Base):
    """An order."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]


class Placed(BaseModel):
    """What readers learn of an order."""

    item: str


placed = Channel("placed", Placed)


@jobs.task
def send(item: str) -> None:
    """Note what was sent."""
    sent.append(item)


@app.post("/orders", status_code=201)
async def create(order: Placed, session: db.Session) -> str:
    """Store an order and its job, tell the readers, and return the node."""
    session.add(Order(item=order.item))
    await jobs.enqueue(send, order.item, session=session)
    await channels.publish(placed(), order, session=session)
    return str(ray.get_runtime_context().get_node_id())


@app.get("/orders")
async def read(session: db.ReadSession) -> list[str]:
    """Return the items of all orders."""
    return list(await session.scalars(select(Order.item).order_by(Order.id)))


@app.get("/events", response_class=EventSourceResponse)
async def events(
    feed: Annotated[Feed[Placed], Subscribe(channels, placed)],
) -> AsyncIterator[Placed]:
    """Stream the orders."""
    async for message in feed:
        yield message
