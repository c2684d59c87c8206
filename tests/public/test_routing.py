"""Routers: prefixes, inclusion, live additions, and the flat list of routes."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from starlette.routing import Mount, Route, Router

from pronghorn import APIRouter, Depends, FastAPI, Request, Response
from pronghorn.exceptions import SetupAssertionError, SetupError
from pronghorn.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient


def names(app: Any) -> list[str]:
    """The paths of an application's own operations."""
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


def router_with(path: str = "/item", **options: Any) -> APIRouter:
    router = APIRouter(**options)

    @router.get(path)
    async def read(request: Request) -> str:
        return str(request.url.path)

    return router


# --- inclusion -----------------------------------------------------------------------------------


def test_prefixes_add_up_through_all_levels() -> None:
    outer = APIRouter(prefix="/outer")
    outer.include_router(router_with(prefix="/inner"), prefix="/between")
    app = FastAPI()
    app.include_router(outer, prefix="/api")
    assert names(app) == ["/api/outer/between/inner/item"]
    assert TestClient(app).get("/api/outer/between/inner/item").status_code == 200


def test_a_router_may_be_included_twice_with_other_options() -> None:
    seen: list[str] = []

    def note(name: str) -> Callable[[], None]:
        return lambda: seen.append(name)

    router = router_with()
    app = FastAPI()
    app.include_router(router, prefix="/one", tags=["one"], dependencies=[Depends(note("one"))])
    app.include_router(router, prefix="/two", tags=["two"], deprecated=True)
    client = TestClient(app)
    assert client.get("/one/item").json() == "/one/item"
    assert client.get("/two/item").json() == "/two/item"
    assert seen == ["one"]
    first, second = (route for route in app.routes if isinstance(route, APIRoute))
    assert (first.tags, first.deprecated) == (["one"], None)
    assert (second.tags, second.deprecated) == (["two"], True)
    assert client.get("/item").status_code == 404


def test_dependencies_of_every_level_run_from_the_outside_in() -> None:
    order: list[str] = []

    def level(name: str) -> Any:
        async def dependency() -> None:
            order.append(name)

        return Depends(dependency)

    router = APIRouter(dependencies=[level("router")])

    @router.get("/", dependencies=[level("route")])
    async def read(one: Annotated[None, level("parameter")]) -> None:
        order.append("endpoint")

    app = FastAPI(dependencies=[level("app")])
    app.include_router(router, prefix="/x", dependencies=[level("inclusion")])
    TestClient(app).get("/x/")
    assert order == ["app", "inclusion", "router", "route", "parameter", "endpoint"]


def test_options_are_inherited_each_in_its_way() -> None:
    router = APIRouter(
        tags=["router"],
        responses={404: {"description": "router"}},
        default_response_class=HTMLResponse,
        include_in_schema=True,
    )

    @router.get("/html", tags=["route"], responses={400: {"description": "route"}})
    async def html() -> str:
        return "<p>"

    @router.get("/plain", response_class=PlainTextResponse)
    async def plain() -> str:
        return "plain"

    app = FastAPI()
    app.include_router(
        router,
        prefix="/x",
        tags=["inclusion"],
        responses={404: {"description": "inclusion"}, 500: {"description": "inclusion"}},
        default_response_class=JSONResponse,
        include_in_schema=False,
    )
    route: Any = next(route for route in app.routes if isinstance(route, APIRoute))
    assert route.tags == ["inclusion", "router", "route"]
    assert {status: found["description"] for status, found in route.responses.items()} == {
        404: "router",
        500: "inclusion",
        400: "route",
    }
    assert route.include_in_schema is False
    client = TestClient(app)
    assert client.get("/x/html").headers["content-type"].startswith("text/html")
    assert client.get("/x/plain").headers["content-type"].startswith("text/plain")
    assert app.openapi()["paths"] == {}


def test_a_plain_starlette_router_can_be_included() -> None:
    async def answer(request: Request) -> Response:
        return Response(request.path_params["word"])

    inner = Router([Route("/plain/{word}", answer), Mount("/m", routes=[Route("/{word}", answer)])])
    app = FastAPI()
    app.include_router(APIRouter(routes=inner.routes), prefix="/x")
    client = TestClient(app)
    assert client.get("/x/plain/a").text == "a"
    assert client.get("/x/m/b").text == "b"


def test_startup_handlers_and_lifespans_come_along() -> None:
    order: list[str] = []
    router = APIRouter()
    router.add_event_handler("startup", lambda: order.append("router up"))
    router.add_event_handler("shutdown", lambda: order.append("router down"))
    app = FastAPI()
    app.router.add_event_handler("startup", lambda: order.append("app up"))
    app.include_router(router, prefix="/x")
    with TestClient(app):
        order.append("running")
    assert order == ["app up", "router up", "running", "router down"]


# --- live ----------------------------------------------------------------------------------------


def test_what_is_added_after_the_inclusion_answers_too() -> None:
    inner, middle, app = APIRouter(), APIRouter(), FastAPI()
    middle.include_router(inner, prefix="/inner")
    app.include_router(middle, prefix="/middle")
    client = TestClient(app)
    assert client.get("/middle/inner/late").status_code == 404

    @inner.get("/late")
    async def late() -> str:
        return "late"

    assert client.get("/middle/inner/late").json() == "late"
    middle.include_router(router_with("/later"))
    assert client.get("/middle/later").status_code == 200
    assert "/middle/inner/late" in app.openapi()["paths"]


def test_a_changed_route_changes_where_it_is_included() -> None:
    router, app = router_with(), FastAPI()
    app.include_router(router, prefix="/x")
    client = TestClient(app)
    assert client.get("/x/item").status_code == 200
    route: Any = router.routes[0]
    route.status_code = 202
    assert client.get("/x/item").status_code == 202

    async def other() -> str:
        return "other"

    route.endpoint = other
    assert client.get("/x/item").json() == "other"


def test_routes_are_answered_in_the_order_of_declaration() -> None:
    app, router = FastAPI(), APIRouter()

    @app.get("/x/{word}")
    async def first(word: str) -> str:
        return "first"

    router.get("/fixed")(first)
    app.include_router(router, prefix="/x")
    assert names(app) == ["/x/{word}", "/x/fixed"]
    assert TestClient(app).get("/x/fixed").json() == "first"


# --- cycles and mistakes -------------------------------------------------------------------------


def test_a_router_cannot_contain_itself() -> None:
    router, other, third = APIRouter(), APIRouter(), APIRouter()
    with pytest.raises(SetupAssertionError, match="same APIRouter instance into itself"):
        router.include_router(router, prefix="/x")
    router.include_router(other, prefix="/other")
    other.include_router(third, prefix="/third")
    for inner in (router, other):
        with pytest.raises(SetupAssertionError, match="already includes this router"):
            third.include_router(inner, prefix="/again")


def test_an_empty_path_needs_a_prefix() -> None:
    router = router_with("")
    app = FastAPI()
    with pytest.raises(SetupError, match="Prefix and path cannot be both empty"):
        app.include_router(router)
    app.include_router(router, prefix="/x")
    assert TestClient(app).get("/x").json() == "/x"


# --- the list of routes --------------------------------------------------------------------------


def three_routes() -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(router_with("/one"))
    app.include_router(router_with("/two"), prefix="/x")

    @app.get("/three")
    async def three() -> str:
        return "three"

    return app


def test_the_list_is_flat_and_has_full_paths() -> None:
    app = three_routes()
    assert names(app) == ["/one", "/x/two", "/three"]
    assert app.routes == app.router.routes
    assert [route.path for route in app.routes] == names(app)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda routes: routes.pop(), ["/one", "/x/two"]),
        (lambda routes: routes.pop(0), ["/x/two", "/three"]),
        (lambda routes: routes.remove(routes[1]), ["/one", "/three"]),
        (lambda routes: routes.clear(), []),
        (lambda routes: routes.reverse(), ["/three", "/x/two", "/one"]),
        (lambda routes: routes.__delitem__(slice(0, 2)), ["/three"]),
        (lambda routes: routes.sort(key=lambda route: route.path), ["/one", "/three", "/x/two"]),
        (lambda routes: routes.insert(0, routes[2]), ["/three", "/one", "/x/two", "/three"]),
        (lambda routes: routes.__setitem__(0, routes[2]), ["/three", "/x/two", "/three"]),
        (lambda routes: routes.extend(routes[:1]), ["/one", "/x/two", "/three", "/one"]),
        (lambda routes: routes.append(routes[0]), ["/one", "/x/two", "/three", "/one"]),
    ],
)
def test_a_change_of_the_list_is_a_change_of_the_application(
    change: Callable[[Any], Any], left: list[str]
) -> None:
    app = three_routes()
    client = TestClient(app)
    assert client.get("/x/two").status_code == 200
    change(app.routes)
    assert names(app) == left
    for path in ("/one", "/x/two", "/three"):
        assert client.get(path).status_code == (200 if path in left else 404)


def test_the_list_can_be_replaced() -> None:
    app = three_routes()
    app.router.routes = [route for route in app.routes if route.path != "/three"]
    assert names(app) == ["/one", "/x/two"]
    app.router.routes += [Route("/plain", lambda request: Response("plain"))]
    client = TestClient(app)
    assert client.get("/plain").text == "plain"
    assert client.get("/three").status_code == 404
    assert client.get("/x/two").status_code == 200


# --- classes of routes ---------------------------------------------------------------------------


class Timed(APIRoute):
    """Adds a header to every response."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handler = super().get_route_handler()

        async def timed(request: Request) -> Response:
            response = await handler(request)
            response.headers["x-timed"] = self.path
            return response

        return timed


def test_a_class_of_routes_wraps_the_handler_where_it_is_included_too() -> None:
    router = APIRouter(route_class=Timed)

    @router.get("/{n}")
    async def read(n: int) -> int:
        return n

    app = FastAPI()
    app.include_router(router, prefix="/x")
    client = TestClient(app)
    assert client.get("/x/1").headers["x-timed"] == "/x/{n}"
    assert client.get("/x/1").json() == 1
    assert client.get("/x/a").status_code == 422


def test_routes_know_the_names_for_their_urls() -> None:
    router = APIRouter(prefix="/items")

    @router.get("/{item_id}", name="item")
    async def read(item_id: int, request: Request) -> str:
        return str(request.url_for("item", item_id=item_id))

    app = FastAPI()
    app.include_router(router, prefix="/api")
    assert app.url_path_for("item", item_id=3) == "/api/items/3"
    assert TestClient(app).get("/api/items/3").json() == "http://testserver/api/items/3"


def test_the_scope_tells_the_route_the_endpoint_and_the_router() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/{a}")
    async def read(a: str, request: Request) -> Any:
        scope = request.scope
        return [
            scope["route"].path,
            scope["endpoint"] is read,
            scope["router"] is app.router,
            scope["app"] is app,
            scope["path_params"],
        ]

    app.include_router(router, prefix="/x")
    assert TestClient(app).get("/x/1").json() == ["/x/{a}", True, True, True, {"a": "1"}]


def test_verbs_declare_their_method() -> None:
    app = FastAPI()
    for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):

        async def answer(request: Request) -> str:
            return request.method

        getattr(app, method)(f"/{method}")(answer)
        response = TestClient(app).request(method.upper(), f"/{method}")
        assert response.status_code == 200
        if method != "head":
            assert response.json() == method.upper()
