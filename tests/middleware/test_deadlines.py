"""Deadlines and task groups of the application never cancel the middleware around it."""

from __future__ import annotations

import asyncio
from typing import Any

import fastapi
import pytest

import pronghorn
from tests.middleware.client import Client
from tests.middleware.held import HOLDERS, PLACES, Held


async def found(framework: Any, holder: str, place: str) -> dict[str, Any]:
    """What a program does, and what a client sees of it but the body."""
    program = Held(framework, HOLDERS[holder], place)
    client, error = Client(program.app), None
    try:
        await asyncio.wait_for(client.run(), 5)
    except Exception as raised:  # noqa: BLE001 - compared
        error = type(raised).__name__  # the text of some is our own
    statuses = [message["status"] for message in client.messages if "status" in message]
    return {"events": program.events, "error": error, "statuses": statuses}


@pytest.mark.anyio
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("holder", HOLDERS)
async def test_middleware_goes_on_as_in_the_reference(holder: str, place: str) -> None:
    assert await found(pronghorn, holder, place) == await found(fastapi, holder, place)


@pytest.mark.anyio
@pytest.mark.parametrize("holder", HOLDERS)
async def test_stream_that_is_held(holder: str) -> None:
    """The middleware is through before the stream is broken off."""
    program = Held(pronghorn, HOLDERS[holder], "stream")
    client = Client(program.app)
    await asyncio.wait([asyncio.create_task(client.run())], timeout=5)
    assert program.events[-1] == ("audited",)
    assert client.messages[-1]["more_body"]
