"""slowapi: decorated endpoints, an exception handler, middleware that walks `app.routes`."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.testclient import TestClient
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIASGIMiddleware, SlowAPIMiddleware
from slowapi.util import get_remote_address


def make_app(middleware: type) -> FastAPI:
    limiter = Limiter(key_func=get_remote_address, default_limits=["3/minute"])
    app = FastAPI()
    app.state.limiter = limiter
    app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
    app.add_middleware(middleware)
    router = APIRouter()

    @app.get("/decorated")
    @limiter.limit("1/minute")
    async def decorated(request: Request) -> str:
        return "ok"

    @router.get("/default/{name}")
    def default(name: str) -> str:
        return name

    @router.get("/free")
    @limiter.exempt
    def free() -> str:
        return "free"

    app.include_router(router, prefix="/api")
    return app


@pytest.fixture(params=[SlowAPIMiddleware, SlowAPIASGIMiddleware])
def client(request: pytest.FixtureRequest) -> TestClient:
    return TestClient(make_app(request.param))


def test_a_limit_of_its_own(client: TestClient) -> None:
    assert client.get("/decorated").json() == "ok"

    refused = client.get("/decorated")
    assert refused.status_code == 429
    assert refused.json() == {"error": "Rate limit exceeded: 1 per 1 minute"}


def test_the_default_limit_in_an_included_router(client: TestClient) -> None:
    answers = [client.get("/api/default/a").status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]


def test_an_exempt_route(client: TestClient) -> None:
    assert {client.get("/api/free").status_code for _ in range(5)} == {200}
