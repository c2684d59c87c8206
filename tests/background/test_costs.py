"""A request pays for kept tasks only if it asks for some."""

import asyncio
from typing import Any

import pytest

from pronghorn import BackgroundTasks, FastAPI
from tests.background.shop import Shop
from tests.guards.test_calls import called

pytestmark = pytest.mark.usefixtures("short_ways")
SCOPE = {"type": "http", "method": "GET", "query_string": b"", "headers": [], "http_version": "1.1"}


async def list_calls(app: FastAPI, path: str) -> list[str]:
    """Return the names of the functions that the third request calls."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    for _ in range(2):
        await app({**SCOPE, "path": path}, receive, send)
    with called() as found:
        await app({**SCOPE, "path": path}, receive, send)
    return found.names()


def list_calls_of(app: FastAPI, path: str) -> list[str]:
    @app.get("/without")
    async def read_without() -> int:
        return 1

    @app.get("/with")
    async def read_with(tasks: BackgroundTasks) -> int:
        return 1

    return asyncio.run(list_calls(app, path))


def test_a_route_without_tasks_pays_nothing(small_shop: Shop) -> None:
    plain = list_calls_of(FastAPI(), "/without")
    assert len(plain) > 5
    assert list_calls_of(small_shop.make_app(), "/without") == plain


def test_an_application_that_keeps_no_tasks_pays_nothing(small_shop: Shop) -> None:
    plain = list_calls_of(FastAPI(), "/with")
    assert list_calls_of(small_shop.make_app(background_tasks="process"), "/with") == plain


def test_a_route_with_tasks_of_which_none_is_added_pays_little(small_shop: Shop) -> None:
    plain = list_calls_of(FastAPI(), "/with")
    assert len(list_calls_of(small_shop.make_app(), "/with")) <= len(plain) + 27
