"""A program with a database, for the tests of sessions: authors and their books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pronghorn import FastAPI
from pronghorn.sql import Database
from pronghorn.testclient import TestClient


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "books"
    __table_args__ = (CheckConstraint("price > 0", name="books_price_check"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[int] = mapped_column(
        ForeignKey("authors.id", deferrable=True, initially="IMMEDIATE")
    )
    author: Mapped[Author] = relationship(back_populates="books")


async def create_tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


def make_app(database: Database, **options: Any) -> FastAPI:
    """Return an application whose tables are created when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        async with database.lifespan(app):
            await create_tables(database)
            yield

    return FastAPI(lifespan=lifespan, **options)


@contextmanager
def serve(app: FastAPI) -> Iterator[TestClient]:
    """Open a client that gets a 500 as a response."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


async def count_authors(database: Database) -> int:
    async with database.transaction(read_only=True) as session:
        return await session.scalar(select(func.count()).select_from(Author)) or 0
