"""A shop with five orders of two lines each, for the tests of pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel
from sqlalchemy import ForeignKey, Integer, TypeDecorator
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pronghorn import FastAPI
from pronghorn.sql import Cursor, Database, Page


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


class MoneyType(TypeDecorator[Money]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Money | None, dialect: Any) -> int | None:
        return None if value is None else value.cents

    def process_result_value(self, value: int | None, dialect: Any) -> Money | None:
        return None if value is None else Money(value)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Money] = mapped_column(MoneyType())
    lines: Mapped[list[Line]] = relationship()


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    note: Mapped[str | None]


class LineOut(BaseModel):
    id: int


class OrderOut(BaseModel):
    id: int
    name: str


class OrderWithLines(OrderOut):
    lines: list[LineOut]


async def fill(session: AsyncSession) -> None:
    await session.run_sync(lambda sync: Base.metadata.create_all(sync.connection()))
    for number, name in enumerate("abcde"):
        lines = [Line(id=10 * number), Line(id=10 * number + 1, note="gift")]
        session.add(Order(id=number, name=name, price=Money(number), lines=lines))


class Shop:
    """A program, to which a test adds lists and changes."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.app = FastAPI(lifespan=self.database.lifespan)
        self.change("/fill", fill)

    def add_list(self, path: str, page: Any, statement: Any, model: Any = OrderOut) -> None:
        async def read_page(session: Any, page: Any) -> Any:
            return await page.of(session, statement)

        read_page.__annotations__ = {
            "session": Annotated[AsyncSession, self.database.read_session],
            "page": Annotated[Cursor, page],
        }
        self.app.get(path, response_model=Page[model])(read_page)

    def change(self, path: str, work: Callable[[AsyncSession], Awaitable[Any]]) -> None:
        async def run(session: Any) -> None:
            await work(session)

        run.__annotations__ = {"session": Annotated[AsyncSession, self.database.session]}
        self.app.put(path)(run)
