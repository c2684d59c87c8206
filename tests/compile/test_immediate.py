"""Which handlers never wait: nobody has to be able to cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from pronghorn import BackgroundTasks, Depends, FastAPI, Response
from pronghorn.compile.immediate import is_immediate

pytestmark = pytest.mark.usefixtures("short_ways")


async def plain(number: int = 1) -> int:
    return number


async def awaits() -> None:
    await asyncio.sleep(0)


async def enters() -> None:
    async with asyncio.timeout(1):
        pass


async def iterates() -> None:
    async for _ in yields():
        pass


async def yields() -> AsyncIterator[int]:
    yield 1


def in_thread() -> None:
    """A worker thread is waited for."""


async def depends_on_plain(number: int = Depends(plain)) -> int:
    return number


async def depends_on_what_awaits(nothing: None = Depends(awaits)) -> None:
    return nothing


async def depends_on_what_yields(number: int = Depends(yields)) -> int:
    return number


async def adds_tasks(background: BackgroundTasks) -> None:
    """They run after the answer."""


async def with_response(response: Response) -> None:
    """Its headers go another way."""


async def with_body(item: dict[str, int]) -> None:
    """The body may be on its way."""


IMMEDIATE = (plain, depends_on_plain)
WAITING = (awaits, enters, iterates, yields, in_thread, partial(plain, number=2), with_response)
WAITING += (depends_on_what_awaits, depends_on_what_yields, adds_tasks, with_body)


@pytest.mark.parametrize("endpoint", IMMEDIATE + WAITING)
def test_what_never_waits(endpoint: Any) -> None:
    app = FastAPI()
    app.add_api_route("/", endpoint, methods=["POST"])
    handler = app.routes[-1].compile_handler({})  # type: ignore[attr-defined]  # ours has it
    assert is_immediate(handler) is (endpoint in IMMEDIATE)
