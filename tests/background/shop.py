"""Orders, and the tasks that belong to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.jobs import Jobs
from pronghorn.sql import Database


class Base(DeclarativeBase):
    """The tables of the shop."""


class Customer(Base):
    """Somebody who orders."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Base):
    """An order; that its customer exists is checked at the commit."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    customer: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id", deferrable=True, initially="DEFERRED")
    )


#: What tasks have done in this process.
DONE: list[Any] = []


async def send_receipt(item: str) -> None:
    """Send a receipt."""
    DONE.append(item)


def note(text: str, times: int = 1) -> None:
    """Write a note."""
    DONE.extend([text] * times)


class Shop:
    """Applications on a database that keep their tasks.

    Args:
        db: The database.
    """

    def __init__(self, db: Database) -> None:
        self.db = db
        self.jobs = Jobs(db)

    async def create_tables(self) -> None:
        """Create the tables of the shop and of the jobs."""
        async with self.db.transaction() as session:
            await session.run_sync(lambda inner: Base.metadata.create_all(inner.connection()))
        await self.jobs.prepare()
        await self.db.dispose()

    def make_app(self, **options: Any) -> FastAPI:
        """Return an application that keeps its tasks."""
        given = {"lifespan": self.db.lifespan, "jobs": self.jobs, "background_tasks": "durable"}
        return FastAPI(**{**given, **options})

    async def list_orders(self) -> list[str]:
        """Return the items of all orders."""
        async with self.db.transaction(read_only=True) as session:
            return list(await session.scalars(select(Order.item).order_by(Order.id)))

    async def list_tasks(self) -> list[Any]:
        """Return the first argument of all tasks that were kept, the oldest first."""
        found = await self.jobs.list()
        return [next(iter(job.arguments.values())) for job in reversed(found)]

    def read(self) -> tuple[list[str], list[Any]]:
        """Return the orders and the tasks."""

        async def read() -> tuple[list[str], list[Any]]:
            try:
                return await self.list_orders(), sorted(await self.list_tasks())
            finally:
                await self.db.dispose()

        return asyncio.run(read())


@asynccontextmanager
async def nothing(app: Any) -> AsyncIterator[None]:
    """A lifespan that opens nothing."""
    yield
