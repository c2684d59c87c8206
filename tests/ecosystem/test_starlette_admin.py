"""starlette-admin: mounts itself, finds its routes by name, and reads `request.app`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette_admin.contrib.sqla import Admin, ModelView


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    engine = create_engine(f"sqlite:///{tmp_path / 'items.db'}")
    Base.metadata.create_all(engine)
    app = FastAPI()
    admin = Admin(engine, title="Shop")
    admin.add_view(ModelView(Item))
    admin.mount_to(app)

    with TestClient(app) as client:
        yield client
    engine.dispose()


def test_a_row_is_made_and_listed(client: TestClient) -> None:
    assert client.get("/admin/").status_code == 200

    page = client.get("/admin/item/create").text
    [token] = re.findall(r'name="csrftoken" value="([^"]+)"', page)
    form = {"name": "spade", "csrftoken": token}
    created = client.post("/admin/item/create", data=form, follow_redirects=False)
    assert created.status_code == 303, created.text
    assert "spade" in client.get("/admin/item/list").text


def test_a_form_without_its_token_is_refused(client: TestClient) -> None:
    assert client.post("/admin/item/create", data={"name": "spade"}).status_code == 403


def test_the_names_of_its_routes(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    assert app.url_path_for("admin:list", key="item") == "/admin/item/list"
