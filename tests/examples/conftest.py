"""A fresh shop application on a fresh database file for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pronghorn import FastAPI
from pronghorn.testclient import TestClient
from shop.core.config import Settings
from shop.main import create_app

SECRET_KEY = "a key for the tests only, 32 characters or more"
PASSWORD = "correct horse battery"

Headers = dict[str, str]
LogIn = Callable[[str], Headers]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data directory of this test, and a cheap Argon2."""
    return Settings(
        data_dir=tmp_path,
        secret_key=SECRET_KEY,
        cors_origins=["https://shop.example.com"],
        password_rounds=1,
        password_memory_kib=64,
    )


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the started application. An error inside it would surface in the test."""
    with TestClient(app) as client:
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
