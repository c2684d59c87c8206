"""Routes whose `path` a program or a library assigns, as class-based views do."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import fastapi
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import compile_path
from starlette.websockets import WebSocketDisconnect

import pronghorn
from pronghorn.testclient import TestClient

Program = Callable[[ModuleType], Any]
PATHS = ["/", "/x", "/y", "/y/1", "/about", "/about/x", "/in", "/in/x", "/in/y", "/in/about/x"]
PATHS += ["/in/about", "/in/about/y", "/out/in/y", "/aboutx", "/y/1/z/2", "/in/y/1/z/2"]


def router_of(api: ModuleType, path: str = "/x", **options: Any) -> Any:
    """A router with an operation and a WebSocket route at one path."""
    router = api.APIRouter(**options)

    @router.get(path)
    def read() -> str:
        return "read"

    @router.websocket(path)
    async def talk(websocket: api.WebSocket) -> None:  # type: ignore[name-defined]
        await websocket.accept()
        await websocket.close()

    talk.__annotations__["websocket"] = api.WebSocket
    return router


def assign(router: Any, path: str, **attributes: Any) -> Any:
    for route in list(router.routes):
        route.path = path
        for name, value in attributes.items():
            setattr(route, name, value)
    return router


def app_with(api: ModuleType, router: Any, **options: Any) -> Any:
    app = api.FastAPI()
    app.include_router(router, **options)
    return app


def moved(router: Any, path: str, **options: Any) -> Any:
    """What `cbv` of fastapi-utils does: the routes go to a router inside, with other paths."""
    inner = pronghorn.APIRouter() if isinstance(router, pronghorn.APIRouter) else None
    inner = inner or fastapi.APIRouter()
    for route in list(router.routes):
        router.routes.remove(route)
        route.path = path
        inner.routes.append(route)
    router.include_router(inner, **options)
    return router


def included(path: str, prefix: str = "", **attributes: Any) -> Program:
    return lambda api: app_with(api, assign(router_of(api), path, **attributes), prefix=prefix)


def included_first(path: str, prefix: str = "") -> Program:
    def program(api: ModuleType) -> Any:
        router = router_of(api)
        app = app_with(api, router, prefix=prefix)
        assign(router, path)
        return app

    return program


def nested(when: str) -> Program:
    def program(api: ModuleType) -> Any:
        router, middle = router_of(api), api.APIRouter(prefix="/in")
        if when == "before":
            assign(router, "/y")
        middle.include_router(router)
        if when == "between":
            assign(router, "/y")
        app = app_with(api, middle, prefix="/out")
        return app if when != "after" else assign_and_return(router, app)

    return program


def assign_and_return(router: Any, app: Any) -> Any:
    assign(router, "/y")
    return app


def view(path: str, remainder: str, prefix: str = "", **options: Any) -> Program:
    return lambda api: app_with(
        api, moved(router_of(api, path, prefix="/about"), remainder, **options), prefix=prefix
    )


def with_parameters(prefix: str) -> Program:
    def program(api: ModuleType) -> Any:
        router = api.APIRouter()

        @router.get("/x/{number}")
        def read(number: int) -> int:
            return number

        return app_with(api, assign(router, "/y/{other}/z/{number:int}"), prefix=prefix)

    return program


def of_starlette(path: str, prefix: str = "", *, mount: bool = False) -> Program:
    def program(api: ModuleType) -> Any:
        router = api.APIRouter()
        if mount:
            router.mount("/x", PlainTextResponse("mounted"))
        else:
            router.add_route("/x", lambda request: PlainTextResponse("plain"))
        return app_with(api, assign(router, path), prefix=prefix)

    return program


def copied(api: ModuleType) -> Any:
    router = api.APIRouter()
    router.routes.extend(copy.copy(route) for route in assign(router_of(api), "/y").routes)
    return app_with(api, router)


def prefix_again(api: ModuleType) -> Any:
    """The remainder is empty, and the prefix comes from the inclusion alone."""
    inner = api.APIRouter()
    inner.routes.extend(assign(router_of(api, "", prefix="/about"), "").routes)
    return app_with(api, inner, prefix="/about")


def prefix_again_nested(api: ModuleType) -> Any:
    outer = api.APIRouter()
    inner = api.APIRouter()
    inner.routes.extend(assign(router_of(api, "", prefix="/about"), "").routes)
    outer.include_router(inner, prefix="/about")
    return app_with(api, outer)


def sub_application(api: ModuleType) -> Any:
    app = api.FastAPI()
    app.mount("/in", app_with(api, assign(router_of(api), "/y")))
    return app


def after_a_request(api: ModuleType) -> Any:
    app = api.FastAPI()
    TestClient(app).get("/nothing")
    app.include_router(moved(router_of(api, prefix="/about"), "/x"))
    return app


OTHER_PATTERN = {"path_regex": re.compile("^/other$")}
PROGRAMS: dict[str, tuple[Program, str]] = {
    "no prefix": (included("/y"), "/y"),
    "prefix": (included("/y", "/in"), "/in/y"),
    "no slash": (included("x", "/about"), "/aboutx"),
    "path_format too": (included("/y", path_format="/y"), "/y"),
    "path_format alone": (included("/x", path_format="/y"), "/x"),
    "path_regex too": (included("/y", "/in", path_regex=compile_path("/y")[0]), "/in/y"),
    "another path_regex": (included("/y", **OTHER_PATTERN), "/y"),
    "path_regex alone": (included("/x", **OTHER_PATTERN), "/x"),
    "after the inclusion": (included_first("/y"), "/y"),
    "after the inclusion, prefix": (included_first("/y", "/in"), "/in/y"),
    "empty after the inclusion": (included_first("", "/in"), "/in"),
    "nested, before": (nested("before"), "/out/in/y"),
    "nested, between": (nested("between"), "/out/in/y"),
    "nested, after": (nested("after"), "/out/in/y"),
    "class-based view": (view("/x", "/x"), "/about/x"),
    "class-based view, prefix": (view("/x", "/x", "/in"), "/in/about/x"),
    "class-based view, prefix inside": (view("/x", "/y", prefix="/in", tags=["t"]), "/in/about/y"),
    "empty remainder": (prefix_again, "/about"),
    "empty remainder, nested": (prefix_again_nested, "/about"),
    "after a request": (after_a_request, "/about/x"),
    "copies": (copied, "/y"),
    "sub-application": (sub_application, "/in/y"),
    "parameters": (with_parameters(""), "/y/1/z/2"),
    "parameters, prefix": (with_parameters("/in"), "/in/y/1/z/2"),
    "plain route": (of_starlette("/y"), "/y"),
    "plain route, prefix": (of_starlette("/y", "/in"), "/in/y"),
    "mount": (of_starlette("/y", mount=True), "/y"),
    "mount, prefix": (of_starlette("/y", "/in", mount=True), "/in/y"),
}


def answered(app: Any) -> tuple[set[str], set[str], list[str]]:
    """The paths that answer by HTTP and by WebSocket, and those of the document."""
    with TestClient(app) as client:
        by_http = {path for path in PATHS if client.get(path).status_code == 200}
        by_websocket = {path for path in PATHS if connects(client, path)}
    return by_http, by_websocket, sorted(app.openapi()["paths"])


def connects(client: TestClient, path: str) -> bool:
    try:
        with client.websocket_connect(path):
            return True
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_included_route_answers_where_its_path_says(name: str) -> None:
    program, path = PROGRAMS[name]
    ours = answered(program(pronghorn))
    assert path in ours[0]
    assert ours == answered(program(fastapi))


def test_a_route_that_is_not_included_goes_on_matching_what_it_was_declared_with() -> None:
    for api in (pronghorn, fastapi):
        app = api.FastAPI()

        @app.get("/x")
        def read() -> str:
            return "read"

        app.router.routes[-1].path = "/y"
        assert answered(app) == ({"/x"}, set(), ["/x"])


def test_a_path_that_is_assigned_after_a_request_counts_from_the_next_one() -> None:
    router = router_of(pronghorn)
    app = app_with(pronghorn, router, prefix="/in")
    assert answered(app) == ({"/in/x"}, {"/in/x"}, ["/in/x"])
    assign(router, "/y")
    assert answered(app) == ({"/in/y"}, {"/in/y"}, ["/in/y"])


def test_the_url_of_a_route_follows_its_path() -> None:
    app = app_with(pronghorn, assign(router_of(pronghorn), "/y/{number}"), prefix="/in")
    assert app.url_path_for("read", number=1) == "/in/y/1"


def test_an_empty_path_without_any_prefix_is_a_mistake() -> None:
    with pytest.raises(pronghorn.exceptions.SetupError, match="cannot be both empty"):
        view("", "")(pronghorn)
    with pytest.raises(fastapi.exceptions.FastAPIError, match="cannot be both empty"):
        view("", "")(fastapi)
