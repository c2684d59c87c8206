"""Durable background tasks on routes with `Idempotent`: of one database, or refused at startup."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.idempotency import Idempotent
from pronghorn.jobs import Jobs
from pronghorn.sql import Database
from pronghorn.testclient import TestClient

KEY = {"Idempotency-Key": "one"}


def note(text: str) -> None:
    """A task."""


def add(tasks: BackgroundTasks) -> None:
    """A dependency that adds a task."""
    tasks.add_task(note, "paid")


def in_endpoint(app: FastAPI, key: Idempotent) -> None:
    @app.post("/pay", dependencies=[key])
    async def pay(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "paid")


def in_plain_endpoint(app: FastAPI, key: Idempotent) -> None:
    @app.post("/pay", dependencies=[key])
    def pay(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "paid")


def in_dependency(app: FastAPI, key: Idempotent) -> None:
    router = APIRouter(dependencies=[key])

    @router.post("/pay")
    async def pay(added: Annotated[None, Depends(add)]) -> None: ...

    outer = APIRouter()
    outer.include_router(router)
    app.include_router(outer)


def with_the_key_of_the_application(app: FastAPI, key: Idempotent) -> None:
    app.router.dependencies.append(key)

    @app.post("/pay")
    async def pay(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "paid")


FORMS = [in_endpoint, in_plain_endpoint, in_dependency, with_the_key_of_the_application]


def make(
    declare: Callable[[FastAPI, Idempotent], None], key: Database, jobs: Database, **options: Any
) -> FastAPI:
    options = {"background_tasks": "durable", "lifespan": jobs.lifespan, **options}
    app = FastAPI(jobs=Jobs(jobs), **options)
    declare(app, Idempotent(key, by=None))
    return app


@pytest.fixture
def other(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'other.db'}")


@pytest.mark.parametrize("declare", FORMS)
def test_tasks_of_another_database_are_refused_at_startup(
    sqlite_url: str, other: Database, declare: Callable[[FastAPI, Idempotent], None]
) -> None:
    app = make(declare, Database(sqlite_url), other)
    with pytest.raises(SetupError, match="jobs in another") as caught, TestClient(app):
        pass
    assert "POST /pay" in str(caught.value)
    assert "add_local" in str(caught.value)


@pytest.mark.parametrize("declare", FORMS)
def test_tasks_of_another_database_are_refused_without_a_startup(
    sqlite_url: str, other: Database, declare: Callable[[FastAPI, Idempotent], None]
) -> None:
    client = TestClient(make(declare, Database(sqlite_url), other))
    with pytest.raises(SetupError, match="jobs in another"):
        client.post("/pay", headers=KEY)


def test_a_mounted_application_is_refused_too(sqlite_url: str, other: Database) -> None:
    app = FastAPI()
    app.mount("/inner", make(in_endpoint, Database(sqlite_url), other))
    with pytest.raises(SetupError, match="jobs in another"), TestClient(app):
        pass


@pytest.mark.parametrize("declare", FORMS)
def test_tasks_of_the_same_database_are_stored_with_the_key(
    sqlite_url: str, declare: Callable[[FastAPI, Idempotent], None]
) -> None:
    db = Database(sqlite_url)
    app = make(declare, db, db)
    with TestClient(app) as client:
        first = client.post("/pay", headers=KEY)
        again = client.post("/pay", headers=KEY)
    assert first.status_code == again.status_code == 200
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("declare", FORMS)
def test_tasks_of_the_process_are_not_refused(
    sqlite_url: str, other: Database, declare: Callable[[FastAPI, Idempotent], None]
) -> None:
    db = Database(sqlite_url)

    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncIterator[None]:
        async with db.lifespan(), other.lifespan():
            yield

    app = make(declare, db, other, background_tasks="process", lifespan=both)
    with TestClient(app) as client:
        assert client.post("/pay", headers=KEY).status_code == 200


def test_a_route_without_a_key_is_not_refused(sqlite_url: str, other: Database) -> None:
    app = FastAPI(lifespan=other.lifespan, jobs=Jobs(other), background_tasks="durable")
    key = Idempotent(Database(sqlite_url), by=None)

    @app.post("/pay")
    async def pay(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "paid")

    @app.get("/read", dependencies=[key])
    async def read(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "read")

    with TestClient(app) as client:
        assert client.post("/pay").status_code == 200
