"""A request leaves no cycles for the garbage collector, even if it fails.

The traceback of an error keeps its frames alive, and with them the request, its body and the
local variables of the endpoint.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import pytest
from starlette.responses import StreamingResponse

from pronghorn import Depends, FastAPI, HTTPException, Request

LAYERS = (0, 1, 2)
PATHS = ("/answered", "/asked", "/refused", "/failed", "/broken-off", "/opened", "/stuck")


def build(layers: int) -> FastAPI:
    app = FastAPI()

    @app.get("/answered")
    async def answered() -> int:
        return 1

    @app.get("/asked")
    async def asked(request: Request) -> bool:
        return await request.is_disconnected()

    @app.get("/refused")
    async def refused() -> None:
        raise HTTPException(404)

    @app.get("/failed")
    async def failed() -> None:
        raise RuntimeError

    @app.get("/broken-off")
    async def broken_off() -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begin"
            raise RuntimeError

        return StreamingResponse(chunks())

    async def opened() -> AsyncIterator[int]:
        yield 1

    async def stuck(before: Annotated[int, Depends(opened)]) -> AsyncIterator[int]:
        yield before
        raise RuntimeError

    @app.get("/opened")
    async def read_opened(value: Annotated[int, Depends(opened)]) -> int:
        return value

    @app.get("/stuck")
    async def read_stuck(value: Annotated[int, Depends(stuck)]) -> int:
        return value

    async def through(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    for _ in range(layers):
        app.middleware("http")(through)
    return app


async def get(app: FastAPI, path: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        """The client reads everything."""

    with suppress(RuntimeError):
        await app(scope, receive, send)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("layers", LAYERS)
async def test_nothing_is_left_for_the_collector(layers: int, path: str) -> None:
    app = build(layers)
    await get(app, path)  # The first request of a route compiles it.
    gc.collect()
    gc.disable()
    try:
        await get(app, path)
        assert gc.collect() == 0
    finally:
        gc.enable()
