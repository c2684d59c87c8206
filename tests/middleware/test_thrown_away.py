"""An endpoint that raises `GeneratorExit` ends its request, as any other error does."""

from __future__ import annotations

import asyncio

import pytest

import pronghorn
from pronghorn import Request, Response
from tests.middleware.client import Client


@pytest.mark.anyio
@pytest.mark.parametrize("waits", [False, True])
async def test_generator_exit_inside_middleware(waits: bool) -> None:
    app = pronghorn.FastAPI()

    @app.middleware("http")
    async def pass_on(request: Request, call_next: object) -> Response:
        return await call_next(request)  # type: ignore[operator,no-any-return]

    @app.get("/")
    async def leave() -> None:
        if waits:
            await asyncio.sleep(0)
        raise GeneratorExit

    request = asyncio.ensure_future(Client(app).run())
    done, _ = await asyncio.wait([request], timeout=5)
    assert done
    assert isinstance(request.exception(), GeneratorExit)
