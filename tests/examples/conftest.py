"""The shop, started for each test; what a test writes is rolled back after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

import pytest

from pronghorn import FastAPI
from pronghorn.testclient import TestClient

SECRET_KEY = "a key for the tests only, 32 characters or more"
PASSWORD = "correct horse battery"
FOLDER = TemporaryDirectory()

with pytest.MonkeyPatch.context() as environment:
    environment.setenv("SHOP_ENVIRONMENT", "test")
    environment.setenv("SHOP_DATABASE_URL", f"sqlite:///{FOLDER.name}/shop.db")
    environment.setenv("SHOP_SECRET_KEY", SECRET_KEY)
    environment.setenv("SHOP_CORS_ORIGINS", '["https://shop.example.com"]')
    environment.setenv("SHOP_PASSWORD_ROUNDS", "1")
    environment.setenv("SHOP_PASSWORD_MEMORY_KIB", "64")
    from shop.core.database import db
    from shop.main import app as shop
    from shop.main import metrics
    from shop.models import Base

# Metrics count the requests of all applications of a process, and others have tests of their own.
metrics.detach()

Headers = dict[str, str]
LogIn = Callable[[str], Headers]


async def create_tables() -> None:
    async with db.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await db.dispose()


@pytest.fixture(scope="session")
def tables() -> None:
    """The tables of the shop."""
    asyncio.run(create_tables())


@pytest.fixture
def app() -> Iterator[FastAPI]:
    """The application."""
    yield shop
    shop.dependency_overrides.clear()


@pytest.fixture
def client(app: FastAPI, tables: None) -> Iterator[TestClient]:
    """A client of the started application. An error inside it would surface in the test."""
    with TestClient(app) as client:
        assert client.portal
        with client.portal.wrap_async_context_manager(db.rollback_everything()):
            yield client


@pytest.fixture
def log_in(client: TestClient) -> LogIn:
    """A function that registers a user and returns the headers of a logged-in request."""

    def register_and_log_in(email: str) -> Headers:
        form = {"email": email, "name": "Somebody", "password": PASSWORD}
        assert client.post("/users", json=form).status_code == 201
        answer = client.post("/token", data={"username": email, "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return register_and_log_in


@pytest.fixture
def ann(log_in: LogIn) -> Headers:
    """The headers of the first user."""
    return log_in("ann@example.com")


@pytest.fixture
def bob(log_in: LogIn) -> Headers:
    """The headers of the second user."""
    return log_in("bob@example.com")
