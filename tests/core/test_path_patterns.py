"""Patterns of paths are compiled on first use, and equal those of Starlette."""

import re
from typing import Any

import pytest
from starlette.convertors import CONVERTOR_TYPES, StringConvertor
from starlette.responses import PlainTextResponse
from starlette.routing import Route, compile_path

from pronghorn import APIRouter, FastAPI, WebSocket
from pronghorn.core.path_patterns import path_format_of
from pronghorn.testclient import TestClient

PATHS = ["/", "/a.b/c", "/{x}", "/a/{x:int}/b/{y:path}", "/{x}-{y:uuid}.{z:float}", "/{x:str}/"]


@pytest.mark.parametrize("path", PATHS)
def test_format_and_convertors_are_starlettes(path: str) -> None:
    _, path_format, convertors = compile_path(path)
    assert path_format_of(path) == (path_format, convertors)


@pytest.mark.parametrize("path", ["", "host", "/{x}/{x}", "/{x:unknown}"])
def test_what_could_fail_or_means_something_else_is_left_to_starlette(path: str) -> None:
    assert path_format_of(path) is None


def test_convertors_of_the_program_are_checked_when_they_are_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Odd(StringConvertor):
        regex = "("

    monkeypatch.setitem(CONVERTOR_TYPES, "odd", Odd())
    with pytest.raises(re.error):
        FastAPI().get("/{x:odd}")(lambda x: x)


@pytest.mark.parametrize("path", PATHS)
def test_a_route_has_its_pattern_when_somebody_asks(path: str) -> None:
    router = APIRouter()
    router.get(path)(lambda: None)
    route: Any = router.routes[0]
    assert "path_regex" not in vars(route)
    assert route.path_regex == compile_path(path)[0]
    assert route.path_regex is route.path_regex


def test_assigning_the_path_alone_does_not_change_what_matches() -> None:
    app = FastAPI(openapi_url=None)
    app.get("/old/{x}")(lambda x: x)
    route: Any = app.routes[0]
    route.path = "/new/{x}"
    assert route.path_regex == compile_path("/old/{x}")[0]
    route.path_regex = re.compile("^/other$")
    assert route.path_regex.pattern == "^/other$"


def read(x: str = "") -> str:
    return x


def test_a_route_whose_path_alone_was_assigned_is_found_as_before() -> None:
    app = FastAPI(openapi_url=None)
    app.get("/old")(read)
    app.get("/old/{x}")(read)
    for route in app.routes:
        route.path = "/new"  # type: ignore[attr-defined]
    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/old", "/old/1", "/new")] == [200, 200, 404]


@pytest.mark.parametrize("after_first_request", [False, True])
def test_the_pattern_of_the_program_decides(after_first_request: bool) -> None:
    app = FastAPI(openapi_url=None)
    app.get("/fixed")(read)
    app.get("/items/{x}/part")(read)
    app.websocket("/socket")(greet)
    client = TestClient(app)
    if after_first_request:
        assert client.get("/fixed").status_code == 200
    for route in app.routes:
        pattern: re.Pattern[str] = route.path_regex  # type: ignore[attr-defined]
        route.path_regex = re.compile(pattern.pattern, re.IGNORECASE)  # type: ignore[attr-defined]
    paths = ("/Fixed", "/fixed", "/Items/1/PART", "/items/1/part", "/items/1")
    assert [client.get(path).status_code for path in paths] == [200, 200, 200, 200, 404]
    assert client.get("/Items/A/Part").json() == "A"
    assert client.post("/FIXED").status_code == 405
    with client.websocket_connect("/Socket") as connection:
        assert connection.receive_text() == "hello"


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")


def test_the_pattern_of_a_plain_route_decides() -> None:
    app = FastAPI(openapi_url=None)
    plain: Any = Route("/plain", lambda request: PlainTextResponse("plain"))
    plain.path_regex = re.compile("^/PLAIN$")
    app.router.routes.append(plain)
    client = TestClient(app)
    assert [client.get(path).status_code for path in ("/plain", "/PLAIN")] == [404, 200]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_an_included_route_matches_the_path_that_it_has_then(prefix: str) -> None:
    router = APIRouter()
    router.get("/old")(read)
    router.websocket("/old-socket")(greet)
    http, socket = router.routes
    http.path, socket.path = "/new", "/socket"  # type: ignore[attr-defined]
    app = FastAPI(openapi_url=None)
    app.include_router(router, prefix=prefix)
    client = TestClient(app)
    found = [client.get(prefix + path).status_code for path in ("/old", "/new")]
    assert found == [404, 200]
    with client.websocket_connect(f"{prefix}/socket") as connection:
        assert connection.receive_text() == "hello"
