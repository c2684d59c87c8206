"""`iter_route_contexts`: each route with the attributes that it has where it is included."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Match, Mount, Route

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.openapi.utils import get_openapi
from pronghorn.routing import RouteContext, iter_route_contexts


def outer() -> None: ...


def inner() -> None: ...


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain")


def made() -> tuple[FastAPI, APIRouter]:
    router = APIRouter(
        tags=["router"],
        dependencies=[Depends(inner)],
        routes=[Route("/plain", plain), Mount("/files", app=plain), Host("a.example", plain)],
    )

    @router.get("/items/{item_id:int}", tags=["route"])
    def read_item(item_id: int) -> int:
        return item_id

    @router.websocket("/ws")
    async def ws(websocket: WebSocket) -> None: ...

    app = FastAPI(openapi_url=None)
    for prefix in ("/v1", "/v2"):
        app.include_router(router, prefix=prefix, tags=[prefix], dependencies=[Depends(outer)])
    return app, router


def contexts(app: FastAPI) -> dict[str | None, RouteContext]:
    return {context.path: context for context in iter_route_contexts(app.routes)}


def test_every_inclusion_is_one_context() -> None:
    app, router = made()
    original = next(route for route in router.routes if getattr(route, "name", "") == "read_item")
    found = contexts(app)

    for prefix in ("/v1", "/v2"):
        context = found[f"{prefix}/items/{{item_id:int}}"]
        assert context.original_route is original
        assert context.path_format == f"{prefix}/items/{{item_id}}"
        assert context.methods == {"GET"}
        assert context.tags == [prefix, "router", "route"]
        assert [marker.dependency for marker in context.dependencies] == [outer, inner]


def test_other_kinds_of_routes() -> None:
    app, _ = made()
    found = contexts(app)

    assert found["/v1/plain"].methods == {"GET", "HEAD"}
    assert found["/v1/ws"].methods is None
    assert found["/v1/files"].endpoint is None
    host = found[None]
    assert (host.path_format, host.endpoint, host.host) == (None, None, "a.example")


def test_a_context_matches_as_its_route_does() -> None:
    app, _ = made()
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/v1/items/3"}

    full = [context.path for context in iter_route_contexts(app.routes) if matches(context, scope)]

    assert full == ["/v1/items/{item_id:int}"]


def matches(context: RouteContext, scope: dict[str, Any]) -> bool:
    if "path" not in scope or context.path is None:
        return False
    return bool(context.matches({**scope, "headers": []})[0] is Match.FULL)


def test_a_filtered_list_is_walked_again_and_documented() -> None:
    app, _ = made()
    chosen = [
        context for context in iter_route_contexts(app.routes) if "/v2" in (context.path or "")
    ]

    assert list(iter_route_contexts(chosen)) == chosen
    document = get_openapi(title="Second", version="2", routes=chosen)
    assert list(document["paths"]) == ["/v2/items/{item_id}"]
