"""prometheus-fastapi-instrumentator: middleware that asks routes for the template of a path."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator


def make_client() -> TestClient:
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    app.include_router(router, prefix="/api")
    instrumentator = Instrumentator(registry=CollectorRegistry(), should_group_status_codes=False)
    instrumentator.instrument(app).expose(app)
    return TestClient(app)


def test_requests_are_counted_by_template() -> None:
    client = make_client()
    for item_id in range(3):
        client.get(f"/api/items/{item_id}")
    client.get("/api/items/none")

    text = client.get("/metrics").text
    labels = 'handler="/api/items/{item_id}",method="GET"'
    assert f'http_requests_total{{{labels},status="200"}} 3.0' in text
    assert f'http_requests_total{{{labels},status="422"}} 1.0' in text


def test_unknown_paths_are_not_templates() -> None:
    client = make_client()
    client.get("/api/nothing")

    text = client.get("/metrics").text
    assert "/api/nothing" not in text
    assert 'handler="none",method="GET",status="404"' in text
