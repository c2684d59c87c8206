"""What passes a function with `@app.middleware("http")` here, and not on FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

import fastapi
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

import pronghorn

pytestmark = pytest.mark.anyio

Seen = list[Any]


class OwnError(BaseException):
    """Not an `Exception`, such as those that end a program."""


def build(framework: ModuleType, seen: Seen) -> Any:
    app = framework.FastAPI()

    @app.middleware("http")
    async def look(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            response = await call_next(request)
            seen.append(await request.body())
        except BaseException as error:
            seen.append(type(error))
            if isinstance(error, OwnError) or str(error) == "No response returned.":
                raise
        return response

    @app.post("/streamed")
    async def stream(request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            async for part in request.stream():
                yield part

        return StreamingResponse(parts())

    @app.post("/own")
    async def fail() -> None:
        raise OwnError

    return app


async def ask(framework: ModuleType, path: str) -> tuple[Seen, Any]:
    seen: Seen = []
    transport = httpx.ASGITransport(build(framework, seen))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        try:
            answer: Any = (await client.post(path, content=b"abc")).text
        except (OwnError, BaseExceptionGroup) as error:
            answer = type(error)
    return seen, answer


async def test_a_response_streams_the_body_that_the_middleware_asked_for() -> None:
    assert await ask(pronghorn, "/streamed") == ([b""], "abc")
    assert await ask(fastapi, "/streamed") == ([RuntimeError], "")


async def test_an_error_that_is_no_exception_passes_as_it_is() -> None:
    assert await ask(pronghorn, "/own") == ([OwnError], OwnError)
    assert await ask(fastapi, "/own") == ([RuntimeError], BaseExceptionGroup)
