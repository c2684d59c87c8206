"""Requests to an application in the same event loop, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx


@asynccontextmanager
async def client_of(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that calls an application."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        yield client


async def wait_for(ask: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Ask until the answer is the one that is wanted."""
    with anyio.fail_after(20):
        while True:
            if await ask() == wanted:
                return
            await asyncio.sleep(0.01)
