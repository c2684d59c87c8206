"""The tables, as SQLAlchemy maps them, for FastAPI and pronghorn; `seed.py` creates them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcText(TypeDecorator[datetime]):
    """A moment on SQLite, which keeps no offset: it is UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Moment = DateTime(timezone=True).with_variant(UtcText(), "sqlite")


def utc_now() -> datetime:
    """Return the current moment."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The base of the tables."""


class User(Base):
    """An account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)


class Item(Base):
    """Something that its owner offers."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(1000))
    price_cents: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now)
