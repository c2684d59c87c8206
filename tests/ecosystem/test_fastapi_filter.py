"""fastapi-filter: a dependency made from a model whose fields are query parameters."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastapi_filter import FilterDepends
from fastapi_filter.contrib.sqlalchemy import Filter
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


class ItemFilter(Filter):
    name__ilike: str | None = None
    price__gte: int | None = None
    name__in: list[str] | None = None
    order_by: list[str] = ["name"]

    class Constants(Filter.Constants):
        model = Item


def test_queries(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'items.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            Item(name=name, price=price) for name, price in (("b", 2), ("a", 1), ("c", 3))
        )
        session.commit()
    app = FastAPI()

    @app.get("/items")
    def items(chosen: ItemFilter = FilterDepends(ItemFilter)) -> list[str]:
        with Session(engine) as session:
            found = chosen.sort(chosen.filter(select(Item)))
            return [item.name for item in session.scalars(found)]

    client = TestClient(app)
    assert client.get("/items").json() == ["a", "b", "c"]
    assert client.get("/items", params={"price__gte": 2, "order_by": "-name"}).json() == ["c", "b"]
    assert client.get("/items", params={"name__in": "a,c"}).json() == ["a", "c"]
    assert client.get("/items", params={"price__gte": "much"}).status_code == 422
    engine.dispose()
