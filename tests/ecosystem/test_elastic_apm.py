"""elastic-apm: middleware that walks the routes for the name of a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from elasticapm.contrib.starlette import ElasticAPM, make_apm_client
from elasticapm.transport.base import Transport
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

kept: list[tuple[str, dict[str, Any]]] = []


class KeptEvents(Transport):
    """Keeps what would be sent."""

    def queue(self, event_type: str, data: Any, flush: bool = False) -> None:
        kept.append((event_type, data))

    def start_thread(self, pid: int | None = None) -> None: ...


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    apm = make_apm_client(
        {
            "SERVICE_NAME": "shop",
            "TRANSPORT_CLASS": f"{__name__}.KeptEvents",
            "CENTRAL_CONFIG": False,
            "CLOUD_PROVIDER": False,
            "METRICS_INTERVAL": "0ms",
        }
    )
    app = FastAPI()
    app.add_middleware(ElasticAPM, client=apm)
    router = APIRouter()

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("broken")

    app.include_router(router, prefix="/api")
    yield TestClient(app, raise_server_exceptions=False)
    apm.close()


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept.clear()


def test_transactions_are_named_after_routes(client: TestClient) -> None:
    assert client.get("/api/items/3").json() == 3

    [(kind, transaction)] = kept
    assert kind == "transaction"
    assert transaction["name"] == "GET /api/items/{item_id}"
    assert transaction["context"]["response"]["status_code"] == 200


def test_an_unhandled_exception(client: TestClient) -> None:
    assert client.get("/broken").status_code == 500

    errors = [data for kind, data in kept if kind == "error"]
    assert [error["exception"]["message"] for error in errors] == ["RuntimeError: broken"]
