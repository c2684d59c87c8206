"""Mapped classes, models and helpers for the tests of prepared reads: owners and their items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, Numeric, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    composite,
    mapped_column,
    relationship,
    synonym,
)

from pronghorn import FastAPI
from pronghorn.sql import Database

T = TypeVar("T")


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("owner_name")
    items: Mapped[list[Item]] = relationship(back_populates="owner", lazy="joined")


class Size:
    def __init__(self, width: int | None, height: int | None) -> None:
        self.width, self.height = width, height

    def __composite_values__(self) -> tuple[Any, ...]:
        return self.width, self.height


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="item")
    title: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    secret: Mapped[str] = mapped_column(default="s3cret", deferred=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    owner: Mapped[Owner] = relationship(back_populates="items")
    heading = synonym("title")
    size: Mapped[Size] = composite("width", "height")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "item"}

    @hybrid_property
    def upper_title(self) -> Any:
        return self.title.upper()

    @upper_title.inplace.expression
    @classmethod
    def _upper_title(cls) -> Any:
        return func.upper(cls.title)

    @property
    def shown(self) -> str:
        return f"{self.title}!"


class Gift(Item):
    wrapping: Mapped[str | None]

    __mapper_args__ = {"polymorphic_identity": "gift"}


class Crate(Item):
    __tablename__ = "crates"

    id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    weight: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "crate"}


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    price: Decimal


def run(database: Database, work: Callable[[], Awaitable[T]]) -> T:
    """Create the tables and the rows, and run a function while the database is open."""

    async def all_of_it() -> T:
        async with opened(database):
            return await work()

    return asyncio.run(all_of_it())


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[None]:
    async with database.lifespan():
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with database.transaction() as session:
            filled = await session.scalar(select(func.count()).select_from(Owner))
            for row in [] if filled else make_rows():
                session.add(row)
                await session.flush()
        yield


def make_rows() -> list[Base]:
    return [
        Owner(id=1, name="Ada"),
        Owner(id=2, name="Bob"),
        Item(id=1, title="lamp", price=Decimal("19.90"), owner_id=1, width=3, height=4),
        Item(id=2, title="chair", price=Decimal("5.00"), owner_id=1),
        Gift(id=3, title="vase", price=Decimal("7.50"), owner_id=2, wrapping="paper"),
        Crate(id=4, title="apples", price=Decimal("1.25"), owner_id=2, weight=9),
    ]


def make_app(database: Database) -> FastAPI:
    """Return an application that creates the tables and the rows when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(database):
            yield

    return FastAPI(lifespan=lifespan)
