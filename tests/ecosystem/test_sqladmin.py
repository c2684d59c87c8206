"""sqladmin: a Starlette application with sessions, templates and forms, mounted on ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqladmin import Admin, ModelView
from sqladmin.authentication import AuthenticationBackend
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class ItemAdmin(ModelView, model=Item):
    column_list = [Item.id, Item.name]


class Password(AuthenticationBackend):
    async def login(self, request: Request) -> bool:
        form = await request.form()
        if form["password"] != "sesame":
            return False
        request.session["user"] = form["username"]
        return True

    async def logout(self, request: Request) -> bool:
        request.session.clear()
        return True

    async def authenticate(self, request: Request) -> bool:
        return "user" in request.session


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    engine = create_engine(f"sqlite:///{tmp_path / 'items.db'}")
    Base.metadata.create_all(engine)
    app = FastAPI()
    admin = Admin(app, engine, authentication_backend=Password("only for this test"))
    admin.add_view(ItemAdmin)

    @app.get("/items")
    def items() -> list[str]:
        with Session(engine) as session:
            return list(session.scalars(select(Item.name)))

    with TestClient(app) as client:
        yield client
    engine.dispose()


def test_strangers_are_sent_to_the_login(client: TestClient) -> None:
    answer = client.get("/admin/item/list", follow_redirects=False)

    assert answer.status_code == 302
    assert answer.headers["location"].endswith("/admin/login")


def test_a_row_made_in_the_admin_is_served_by_the_api(client: TestClient) -> None:
    login = {"username": "arthur", "password": "sesame"}
    assert client.post("/admin/login", data=login).status_code == 200

    created = client.post("/admin/item/create", data={"name": "spade"}, follow_redirects=False)
    assert created.status_code == 302, created.text
    assert "spade" in client.get("/admin/item/list").text
    assert client.get("/items").json() == ["spade"]


def test_its_static_files_are_found(client: TestClient) -> None:
    assert client.get("/admin/statics/css/main.css").status_code == 200
