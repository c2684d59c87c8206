"""`pronghorn.hooks`: extensions see compiled routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.hooks import CompiledRoute, Handler, mount, unmount
from pronghorn.routing import APIRoute
from pronghorn.run.exchange import Exchange
from pronghorn.testclient import TestClient


@pytest.fixture
def app() -> FastAPI:
    class Custom(APIRoute):
        def get_route_handler(self) -> Any:
            return super().get_route_handler()

    app = FastAPI()
    router = APIRouter(route_class=Custom)

    @app.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    @router.get("/custom")
    async def read_custom() -> str:
        return "custom"

    app.include_router(router)
    return app


@pytest.fixture
def calls() -> Iterator[list[str]]:
    """The paths that were answered through a hook, which is mounted meanwhile."""
    found: list[str] = []

    def note(route: CompiledRoute) -> Handler | None:
        if route.plan.path == "/items/{item_id}":
            handler = route.handler

            async def noted(exchange: Exchange, path: Mapping[str, Any]) -> None:
                found.append(exchange.scope["path"])
                await handler(exchange, path)

            return noted
        found.append(f"saw {route.plan.path}")
        return None

    mount(note)
    mount(note)
    yield found
    unmount(note)


def test_a_hook_stands_in_front_of_the_routes_that_it_chooses(
    app: FastAPI, calls: list[str]
) -> None:
    client = TestClient(app)
    assert client.get("/items/1").json() == 1
    assert client.get("/items/2").json() == 2
    assert client.get("/custom").json() == "custom"
    assert client.get("/custom").json() == "custom"
    assert calls == ["/items/1", "/items/2", "saw /custom"]


def test_hooks_come_and_go_while_an_application_runs(app: FastAPI) -> None:
    seen: list[str] = []

    def watch(route: CompiledRoute) -> None:
        seen.append(route.plan.path)

    client = TestClient(app)
    assert client.get("/items/1").json() == 1
    assert seen == []
    mount(watch)
    assert client.get("/items/1").json() == 1
    assert client.get("/items/1").json() == 1
    assert seen == ["/items/{item_id}"]
    unmount(watch)
    assert client.get("/items/1").json() == 1
    assert seen == ["/items/{item_id}"]


def test_later_hooks_see_the_handlers_of_earlier_ones(app: FastAPI) -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        def hook(route: CompiledRoute) -> Handler:
            async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
                order.append(name)
                await route.handler(exchange, path)

            return handler

        return hook

    inner, outer = named("inner"), named("outer")
    mount(inner)
    mount(outer)
    try:
        assert TestClient(app).get("/items/1").json() == 1
    finally:
        unmount(inner)
        unmount(outer)
    assert order == ["outer", "inner"]
