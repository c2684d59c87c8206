"""What is known of how handlers end: what follows their answer, and whether they wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from pronghorn import BackgroundTasks, Depends, FastAPI, Response
from pronghorn.compile.endings import Ending, ending_of

pytestmark = pytest.mark.usefixtures("short_ways")


async def plain(number: int = 1) -> int:
    return number


async def awaits() -> None:
    await asyncio.sleep(0)


async def enters() -> None:
    async with asyncio.timeout(1):
        await awaits()


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


async def with_list() -> list[int]:
    """An annotation, as any plain endpoint has it."""
    return []


IMMEDIATE = (plain, depends_on_plain, with_list)
ANSWER = (awaits, enters, iterates, in_thread, partial(plain, number=2), with_response)
ANSWER += (depends_on_what_awaits, with_body)
OPEN = (yields, depends_on_what_yields, adds_tasks)


@pytest.mark.parametrize("endpoint", IMMEDIATE + ANSWER + OPEN)
def test_ending(endpoint: Any) -> None:
    expected = Ending.IMMEDIATE if endpoint in IMMEDIATE else Ending.ANSWER
    if endpoint in OPEN:
        expected = Ending.OPEN
    app = FastAPI()
    app.add_api_route("/", endpoint, methods=["POST"])
    handler = app.routes[-1].compile_handler({})  # type: ignore[attr-defined]  # ours has it
    assert ending_of(handler) is expected
