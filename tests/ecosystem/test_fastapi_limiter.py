"""fastapi-limiter: a dependency that looks itself up in `request.app.routes`."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from fastapi_limiter.depends import RateLimiter, WebSocketRateLimiter
from pyrate_limiter import Duration, Limiter, Rate
from starlette.exceptions import HTTPException


def limit(times: int) -> Limiter:
    return Limiter(Rate(times, Duration.MINUTE))


def make_app() -> FastAPI:
    app = FastAPI()
    router = APIRouter(dependencies=[Depends(RateLimiter(limiter=limit(2)))])

    @router.get("/items")
    async def items() -> str:
        return "ok"

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        limiter = WebSocketRateLimiter(limiter=limit(1))
        try:
            for _ in range(2):
                await limiter(websocket)
                await websocket.send_text("ok")
        except HTTPException:
            await websocket.send_text("too many")
        await websocket.close()

    app.include_router(router, prefix="/api")
    return app


def test_two_requests_pass() -> None:
    with TestClient(make_app()) as client:
        answers = [client.get("/api/items") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"detail": "Too Many Requests"}


def test_a_websocket() -> None:
    with TestClient(make_app()) as client, client.websocket_connect("/ws") as websocket:
        assert [websocket.receive_text() for _ in range(2)] == ["ok", "too many"]


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_other_routes_are_not_limited(path: str) -> None:
    with TestClient(make_app()) as client:
        assert {client.get(path).status_code for _ in range(4)} == {200}
