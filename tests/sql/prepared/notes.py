"""Mapped classes, models and statements for the tests of prepared writes: notes of authors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, ForeignKey, String, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.sql import Database

_numbers = count(1)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


def make_slug(context: Any) -> str:
    """Return the default of a column that is made of the others."""
    return str(context.get_current_parameters()["headline"]).lower()


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (CheckConstraint("stars >= 0", name="notes_stars_check"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("headline", String(20), unique=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    slug: Mapped[str] = mapped_column(default=make_slug)
    stars: Mapped[int] = mapped_column(default=3)
    number: Mapped[int] = mapped_column(default=lambda: next(_numbers))
    made: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default=text("'new'"))
    changed: Mapped[int | None] = mapped_column(onupdate=lambda: next(_numbers))
    body: Mapped[str | None] = mapped_column(deferred=True)


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    author_id: int
    slug: str
    stars: int
    number: int
    made: datetime
    state: str
    changed: int | None


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[None]:
    """Create the tables and an author, and close the database at the end."""
    async with database.lifespan():
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with database.transaction() as session:
            if await session.get(Author, 1) is None:
                session.add(Author(id=1, name="Ada"))
        yield


def make_app(database: Database) -> FastAPI:
    """Return an application that creates the tables and the author when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(database):
            yield

    return FastAPI(lifespan=lifespan)
