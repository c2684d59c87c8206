"""The shop as a whole: documentation, CORS, settings, and one run as a real process."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from pronghorn.settings import SettingsError
from pronghorn.testclient import TestClient
from shop.core.config import Settings

from .conftest import SECRET_KEY
from .servers import stop
from .shop_server import ANN, log_in, running_shop


class TestDocumentation:
    @pytest.mark.parametrize("path", ["/docs", "/redoc"])
    def test_has_pages(self, client: TestClient, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/html")
        assert "/openapi.json" in response.text

    def test_describes_every_operation(self, client: TestClient) -> None:
        document = client.get("/openapi.json").json()
        operations = {path: sorted(methods) for path, methods in document["paths"].items()}
        assert operations == {
            "/users": ["post"],
            "/users/me": ["get"],
            "/token": ["post"],
            "/items": ["get", "post"],
            "/items/{item_id}": ["delete", "get", "patch"],
            "/orders": ["post"],
            "/orders/{order_id}": ["get", "patch"],
            "/orders/{order_id}/events": ["get"],
        }
        assert "password" not in document["components"]["schemas"]["UserPublic"]["properties"]


class TestCors:
    def test_answers_a_preflight_of_a_known_origin(self, client: TestClient) -> None:
        origin = "https://shop.example.com"
        headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        response = client.options("/items/1", headers=headers)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "PATCH" in response.headers["Access-Control-Allow-Methods"]

    def test_lets_only_known_origins_read(self, client: TestClient) -> None:
        known = client.get("/items", headers={"Origin": "https://shop.example.com"})
        other = client.get("/items", headers={"Origin": "https://evil.example.com"})
        assert known.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"
        assert "Access-Control-Allow-Origin" not in other.headers


class TestSettings:
    def test_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_SECRET_KEY", SECRET_KEY)
        monkeypatch.setenv("SHOP_CORS_ORIGINS", '["https://a.example.com"]')
        settings = Settings()
        assert settings.secret_key.get_secret_value() == SECRET_KEY
        assert SECRET_KEY not in repr(settings)
        assert settings.cors_origins == ["https://a.example.com"]

    def test_need_a_key_in_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_ENVIRONMENT", "production")
        with pytest.raises(SettingsError, match="SHOP_SECRET_KEY"):
            Settings()
        assert Settings(secret_key=SecretStr(SECRET_KEY))


def test_runs_as_a_process_and_keeps_its_data(tmp_path: Path) -> None:
    with running_shop(tmp_path) as (process, client):
        assert client.post("/users", json=ANN).status_code == 201
        headers = log_in(client)
        lamp = {"name": "Lamp", "price": "19.90"}
        assert client.post("/items", json=lamp, headers=headers).status_code == 201
        assert client.get("/items/1", headers=headers).json()["price"] == "19.90"
        assert client.get("/items/1").status_code == 401
        assert client.get(f"/items/{2**80}", headers=headers).status_code == 422
        assert client.get("/docs").status_code == 200
        assert client.get("/ready").status_code == 200
        assert 'http_route="/items/{item_id}"' in client.get("/metrics").text
        stop(process)
    assert not (tmp_path / "shop.db-wal").exists()  # Every connection was closed.

    with running_shop(tmp_path) as (process, client):
        assert client.get("/items/1", headers=headers).json()["name"] == "Lamp"
        assert client.delete("/items/1", headers=log_in(client)).status_code == 204
        stop(process)


def test_simultaneous_requests_do_not_break_it(tmp_path: Path) -> None:
    with running_shop(tmp_path) as (process, client), ThreadPoolExecutor(10) as threads:
        answers = threads.map(lambda _: client.post("/users", json=ANN), range(10))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}

        headers = log_in(client)
        lamp = {"name": "Lamp", "price": "1"}
        for _ in range(20):
            client.post("/items", json=lamp, headers=headers)

        def change_or_delete(number: int) -> int:
            path = f"/items/{number // 2 + 1}"
            if number % 2:
                return client.delete(path, headers=headers).status_code
            return client.patch(path, json={"price": "2"}, headers=headers).status_code

        codes = Counter(threads.map(change_or_delete, range(40)))
        assert codes[204] == 20
        assert codes[200] + codes[404] == 20  # Changed before it was deleted, or too late.
        stop(process)
