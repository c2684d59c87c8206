"""`iter_route_contexts`: each route with the attributes that it has where it is included."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import fastapi
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Match, Mount, Route, Router

import pronghorn
from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.openapi.utils import get_openapi
from pronghorn.routing import APIRoute, RouteContext, iter_route_contexts
from pronghorn.testclient import TestClient


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


def test_a_host_keeps_the_prefix() -> None:
    hosted = Router([Route("/{name}", plain, name="plain")])
    router = APIRouter(routes=[Host("a.example", hosted, name="hosted")])
    app = FastAPI()
    app.include_router(router, prefix="/api")
    client = TestClient(app, base_url="http://a.example")

    assert client.get("/api/x").text == "plain"
    assert client.get("/x").status_code == 404
    assert app.url_path_for("hosted:plain", name="x") == "/api/x"


def test_what_a_route_class_remembers_is_found_on_the_original() -> None:
    class Counting(APIRoute):
        calls = 0

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            self.calls += 1
            await super().handle(scope, receive, send)

    router = APIRouter(route_class=Counting)

    @router.get("/")
    def read() -> None: ...

    app = FastAPI()
    app.include_router(router, prefix="/api")
    client = TestClient(app)
    for _ in range(3):
        assert client.get("/api/").status_code == 200

    [original] = router.routes
    assert isinstance(original, Counting)
    assert original.calls == 3


def test_a_router_class_that_wants_to_be_asked() -> None:
    class Versioned(APIRouter):
        handled = 0

        def matches(self, scope: Any) -> Any:
            if (b"x-version", b"2") not in scope["headers"]:
                return Match.NONE, {}
            return super().matches(scope)

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            self.handled += 1
            await super().handle(scope, receive, send)

    second, first = Versioned(), APIRouter()

    @second.get("/items/{item_id}")
    def in_second(item_id: int) -> str:
        return f"second {item_id}"

    @first.get("/items/{item_id}")
    def in_first(item_id: int) -> str:
        return f"first {item_id}"

    app, nested = FastAPI(), APIRouter()
    nested.include_router(second, prefix="/nested")
    nested.include_router(first, prefix="/nested")
    app.include_router(nested, prefix="/api")
    client = TestClient(app)

    assert client.get("/api/nested/items/1").json() == "first 1"
    headers = {"x-version": "2"}
    assert client.get("/api/nested/items/1", headers=headers).json() == "second 1"
    assert client.get("/api/nested/items/a", headers=headers).status_code == 422
    assert second.handled == 2
    assert all(isinstance(route, APIRoute) for route in nested.routes)


def test_routers_that_want_to_be_asked_are_asked_from_the_outside() -> None:
    asked: list[str] = []

    class Asked(APIRouter):
        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            asked.append(str(self.tags[0]))
            await super().handle(scope, receive, send)

    outer, inner = Asked(tags=["outer"]), Asked(tags=["inner"])
    inner.get("/items")(lambda: "items")
    inner.add_route("/plain", plain)
    middle, app = APIRouter(), FastAPI()
    middle.include_router(inner, prefix="/inner")
    outer.include_router(middle)
    app.include_router(outer, prefix="/api")
    client = TestClient(app)

    assert client.get("/api/inner/items").json() == "items"
    assert client.get("/api/inner/plain").status_code == 200
    assert client.get("/api/plain").status_code == 404
    assert asked == ["outer", "inner"] * 2
    assert {type(route) for route in outer.routes} == {APIRoute, Route}


def test_included_routers_stay_live_when_another_route_is_removed() -> None:
    app, router, empty = FastAPI(), APIRouter(), APIRouter()

    @router.get("/early")
    def early() -> str:
        return "early"

    app.include_router(router, prefix="/a")
    app.include_router(empty, prefix="/b")
    docs = next(route for route in app.routes if getattr(route, "path", "") == "/docs")

    app.routes.remove(docs)
    for included in (router, empty):
        included.add_api_route("/later", early)

    client = TestClient(app)
    assert client.get("/docs").status_code == 404
    for path in ("/a/early", "/a/later", "/b/later"):
        assert client.get(path).json() == "early"


def test_one_route_of_an_included_router_can_be_removed() -> None:
    app, router = FastAPI(openapi_url=None), APIRouter()
    for name in ("one", "two"):
        router.add_api_route(f"/{name}", lambda: "ok")
    app.include_router(router, prefix="/a")

    app.router.routes = [route for route in app.routes if getattr(route, "path", "") != "/a/one"]

    client = TestClient(app)
    assert [client.get(f"/a/{name}").status_code for name in ("one", "two")] == [404, 200]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copied_router_is_another_router(duplicate: Callable[[APIRouter], APIRouter]) -> None:
    inner, router = APIRouter(), APIRouter(prefix="/a", on_startup=[lambda: started.append("a")])
    started: list[str] = []

    @router.get("/own")
    def own() -> str:
        return "own"

    @inner.get("/inner")
    def read_inner() -> str:
        return "inner"

    router.include_router(inner)
    made = duplicate(router)

    @made.get("/later")
    def later() -> str:
        return "later"

    app = FastAPI()
    app.include_router(made, prefix="/api")
    with TestClient(app) as client:
        found = [client.get(f"/api/a/{name}").json() for name in ("own", "inner", "later")]
    assert found == ["own", "inner", "later"]
    assert started == ["a"]
    assert [route.path for route in router.routes] == ["/a/own", "/a/inner"]  # type: ignore[attr-defined]
    client = TestClient(made)
    assert client.get("/a/later").json() == "later"


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


# --- who is asked by instrumentation, which runs before all middleware ---------------------------


def instrumented(api: Any, where: str) -> Any:
    """A program whose route classes rely on what its middleware put into the scope."""

    def relying(kind: Any) -> Any:
        def matches(self: Any, scope: Any) -> Any:
            assert scope["tenant"] == "a"
            return kind.matches(self, scope)

        return type("Relying", (kind,), {"matches": matches})

    class SetTenant:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope, "tenant": "a"}, receive, send)

    async def talk(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    talk.__annotations__["websocket"] = api.WebSocket
    app, router = api.FastAPI(openapi_url=None), relying(api.APIRouter)()
    routes = [relying(api.routing.APIRoute)("/api/{number}", lambda: "api", name="api")]
    routes += [relying(api.routing.APIWebSocketRoute)("/talk", talk)]
    routes += [relying(Route)("/plain", plain)]
    target = app.router if where == "not included" else router
    target.routes.extend(routes)
    if where == "included":
        app.include_router(router, prefix="/in")
    elif where == "nested":
        middle = api.APIRouter(prefix="/middle")
        middle.include_router(router)
        app.include_router(middle, prefix="/in")
    app.add_middleware(SetTenant)
    return app


def asked_from_outside(api: Any, app: Any, path: str, kind: str) -> list[Any]:
    scope: dict[str, Any] = {"type": kind, "path": path, "method": "GET", "headers": []}
    found = []
    for context in api.routing.iter_route_contexts(app.routes):
        try:
            found.append((context.path, context.matches(dict(scope))[0].name))
        except KeyError:
            found.append((context.path, "relies on the middleware"))
    return found


@pytest.mark.parametrize("where", ["not included", "included", "nested"])
@pytest.mark.parametrize(
    ("path", "kind"), [("/api/1", "http"), ("/talk", "websocket"), ("/plain", "http")]
)
def test_a_context_asks_an_included_route_by_its_path_alone(
    where: str, path: str, kind: str
) -> None:
    prefix = {"included": "/in", "nested": "/in/middle"}.get(where, "")
    asked = [
        asked_from_outside(api, instrumented(api, where), prefix + path, kind)
        for api in (pronghorn, fastapi)
    ]
    assert asked[0] == asked[1]
    assert ("relies on the middleware" in dict(asked[0]).values()) == (where == "not included")
    with TestClient(instrumented(pronghorn, where)) as client:
        if kind == "http":
            assert client.get(prefix + path).status_code == 200
        else:
            with client.websocket_connect(prefix + path):
                pass


def test_a_match_names_its_route_as_on_fastapi() -> None:
    for api in (pronghorn, fastapi):
        app: Any = api.FastAPI(openapi_url=None)
        app.get("/items")(lambda: "items")
        scope = {"type": "http", "path": "/items", "method": "GET", "headers": []}
        match, child = app.routes[-1].matches(scope)
        assert match is Match.FULL
        assert child["route"] is app.routes[-1]
        assert app.routes[-1].matches({**scope, "method": "PUT"})[1]["route"] is app.routes[-1]
        assert app.routes[-1].matches({**scope, "path": "/"})[1] == {}


def test_made_by_a_library() -> None:
    from pronghorn.routing import _EffectiveRouteContext

    app = FastAPI(openapi_url=None)

    @app.get("/items")
    async def items() -> None: ...

    route = app.routes[0]
    made = _EffectiveRouteContext(original_route=route)
    assert (made.path, made.route, made.starlette_route) == ("/items", route, None)
    assert RouteContext(route=route).path == "/items"
    assert RouteContext(route, made).path == "/items"
    assert not isinstance(next(iter_route_contexts(app.routes)), _EffectiveRouteContext)
