"""A compiled handler reports whether it has more to do after its response."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pronghorn import BackgroundTasks, Depends, FastAPI

pytestmark = pytest.mark.usefixtures("short_ways")


class Noted:
    """An exchange that notes by which method it was answered."""

    def __init__(self) -> None:
        self.scope = {"query_string": b""}
        self.query_string = b""
        self.method = ""

    def write_json(self, body: bytes, status: int) -> bool:
        self.method = "write_json"
        return True

    def write_last_json(self, body: bytes, status: int) -> bool:
        self.method = "write_last_json"
        return True


async def session() -> AsyncIterator[int]:
    yield 1


async def number() -> int:
    return 1


async def plain() -> int:
    return 1


async def with_value(value: int = Depends(number)) -> int:
    return value


async def with_session(value: int = Depends(session)) -> int:
    return value


async def with_tasks(tasks: BackgroundTasks) -> int:
    return 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("endpoint", "method"),
    [
        (plain, "write_last_json"),
        (with_value, "write_last_json"),
        (with_session, "write_json"),
        (with_tasks, "write_json"),
    ],
)
async def test_what_follows_an_answer(endpoint: Any, method: str) -> None:
    app = FastAPI()
    app.get("/")(endpoint)
    exchange: Any = Noted()
    await app.routes[-1]._compile_handler({})(exchange, {})  # type: ignore[attr-defined]  # ours
    assert exchange.method == method
