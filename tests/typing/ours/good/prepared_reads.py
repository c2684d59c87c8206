"""Prepared reads: the type of a row is that of the second argument."""

from pydantic import BaseModel
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn.sql import Database


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class ItemOut(BaseModel):
    title: str


db = Database("sqlite://")
find = db.prepare(select(Item).where(Item.id == bindparam("number")), ItemOut)
count = db.prepare(select(func.count()), int)
pairs = db.prepare(select(Item.id, Item.title), tuple[int, str])


async def read(session: AsyncSession) -> list[ItemOut]:
    one: ItemOut = await find.one(number=1)
    maybe: ItemOut | None = await find.one_or_none(session, number=1)
    first: int | None = await count.first()
    both: list[tuple[int, str]] = await pairs()
    print(one.title, maybe and maybe.title, first, both)
    return await find(session, number=1) + await find(await session.connection(), number=2)
