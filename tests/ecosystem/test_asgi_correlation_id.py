"""asgi-correlation-id: middleware, a context variable in endpoints, an exception handler."""

from __future__ import annotations

import uuid

from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient


def make_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(CorrelationIdMiddleware)

    @app.get("/async")
    async def in_coroutine() -> str | None:
        return correlation_id.get()

    @app.get("/thread")
    def in_thread() -> str | None:
        return correlation_id.get()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    @app.exception_handler(Exception)
    async def unhandled(request: Request, error: Exception) -> JSONResponse:
        headers = {"X-Request-ID": correlation_id.get() or ""}
        return await http_exception_handler(request, HTTPException(500, str(error), headers))

    return app


def test_the_id_of_the_client_is_kept() -> None:
    client, given = TestClient(make_app()), uuid.uuid4().hex

    for path in ("/async", "/thread"):
        answer = client.get(path, headers={"X-Request-ID": given})
        assert answer.json() == given
        assert answer.headers["x-request-id"] == given


def test_every_request_gets_one() -> None:
    client = TestClient(make_app())

    assert client.get("/async").json() != client.get("/async").json()


def test_the_handler_of_unhandled_errors_knows_it() -> None:
    client = TestClient(make_app(), raise_server_exceptions=False)
    given = uuid.uuid4().hex

    answer = client.get("/broken", headers={"X-Request-ID": given})

    assert (answer.status_code, answer.json()) == (500, {"detail": "broken"})
    assert answer.headers["x-request-id"] == given
