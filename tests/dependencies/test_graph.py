"""`route.dependant` may be changed in place, and the change takes effect at the next request."""

import copy
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from starlette.responses import PlainTextResponse

from pronghorn import APIRouter, Body, Depends, FastAPI, Query, Security, WebSocket
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.utils import get_dependant, get_parameterless_sub_dependant
from pronghorn.routing import APIRoute, request_response
from pronghorn.security import SecurityScopes
from pronghorn.testclient import TestClient
from pronghorn.utils import create_model_field

calls: list[str] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def note(name: str) -> Callable[[], str]:
    """A dependency that notes that it was called."""

    def dependency() -> str:
        calls.append(name)
        return name

    return dependency


def appended(route: APIRoute, dependency: Any) -> None:
    graph = get_parameterless_sub_dependant(depends=Depends(dependency), path=route.path_format)
    route.dependant.dependencies.append(graph)


def made_app() -> tuple[FastAPI, APIRoute, TestClient]:
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, own: Annotated[str, Depends(note("own"))]) -> int:
        return item_id

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    return app, route, TestClient(app)


def test_the_view_shows_the_graph() -> None:
    _, route, _ = made_app()
    graph = route.dependant

    assert graph is route.dependant
    assert graph.call is route.endpoint
    assert [field.name for field in graph.path_params] == ["item_id"]
    assert [item.name for item in graph.dependencies] == ["own"]


@pytest.mark.parametrize("requests_before", [0, 1])
def test_an_appended_dependency_runs(requests_before: int) -> None:
    _, route, client = made_app()
    for _ in range(requests_before):
        client.get("/items/1")
    calls.clear()

    appended(route, note("appended"))

    assert client.get("/items/1").json() == 1
    assert calls == ["own", "appended"]


def test_a_dependency_put_first_runs_first() -> None:
    _, route, client = made_app()
    graph = get_parameterless_sub_dependant(depends=Depends(note("first")), path=route.path)

    route.dependant.dependencies.insert(0, graph)

    client.get("/items/1")
    assert calls == ["first", "own"]


def test_a_removed_dependency_does_not_run() -> None:
    _, route, client = made_app()
    route.endpoint = lambda: "constant"

    assert client.get("/items/1").json() == "constant"
    appended(route, note("appended"))
    client.get("/items/1")
    route.dependant.dependencies.clear()
    client.get("/items/1")

    assert calls == ["appended"]


def test_a_replaced_call_answers() -> None:
    _, route, client = made_app()
    original = route.dependant.call
    assert original is not None

    async def wrapped(**values: Any) -> Any:
        return -(await original(**values))

    client.get("/items/1")
    route.dependant.call = wrapped

    assert client.get("/items/2").json() == -2
    assert client.get("/items/two").status_code == 422


def test_what_was_appended_may_be_changed_later() -> None:
    _, route, client = made_app()
    appended(route, note("appended"))
    client.get("/items/1")
    calls.clear()

    route.dependant.dependencies[-1].call = note("changed")

    client.get("/items/1")
    assert calls == ["own", "changed"]


def test_parameters_of_an_appended_dependency_are_checked_and_documented() -> None:
    app, route, client = made_app()

    def limited(limit: Annotated[int, Query(le=10)], text: Annotated[str, Body()] = "") -> None:
        calls.append(text)

    appended(route, limited)

    assert client.get("/items/1").status_code == 422
    assert client.request("GET", "/items/1?limit=3", json="said").status_code == 200
    assert calls[-1] == "said"
    operation = app.openapi()["paths"]["/items/{item_id}"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["item_id", "limit"]
    assert "requestBody" in operation


def test_overrides_apply_to_a_changed_graph() -> None:
    app, route, client = made_app()
    dependency = note("appended")
    appended(route, dependency)

    app.dependency_overrides[dependency] = note("instead")
    client.get("/items/1")
    app.dependency_overrides.clear()
    client.get("/items/1")

    assert calls == ["own", "instead", "own", "appended"]


def test_an_appended_dependency_shares_results() -> None:
    app = FastAPI()
    shared = note("shared")

    @app.get("/")
    def read(value: Annotated[str, Depends(shared)]) -> str:
        return value

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    appended(route, shared)

    TestClient(app).get("/")
    assert calls == ["shared"]


def test_a_graph_made_by_hand() -> None:
    _, route, client = made_app()
    graph = get_dependant(path="/", call=note("by hand"), name="own")

    route.dependant.dependencies[:] = [graph, Dependant(call=note("bare"))]

    assert client.get("/items/5").json() == 5
    assert calls == ["by hand", "bare"]


def test_a_graph_put_in_place_of_another() -> None:
    _, route, client = made_app()

    route.dependant = get_dependant(path=route.path, call=lambda item_id: f"1{item_id}")

    assert client.get("/items/1").json() == 11
    assert calls == []


def test_scopes_of_a_graph_made_by_hand() -> None:
    app = FastAPI()

    def scopes(scopes: SecurityScopes) -> str:
        return scopes.scope_str

    @app.get("/")
    def read(found: Annotated[str, Security(scopes, scopes=["a"])]) -> str:
        return found

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    [graph] = route.dependant.dependencies
    assert graph.oauth_scopes == ["a"]
    graph.own_oauth_scopes = ["b", "c"]

    assert TestClient(app).get("/").json() == "b c"


def test_routes_of_included_routers_have_graphs_of_their_own() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/")
    def read() -> str:
        return "ok"

    app.include_router(router, prefix="/a")
    app.include_router(router, prefix="/b")
    client = TestClient(app)
    in_a = next(route for route in app.routes if getattr(route, "path", "") == "/a/")
    assert isinstance(in_a, APIRoute)
    appended(in_a, note("a"))

    client.get("/b/")
    assert calls == []
    client.get("/a/")
    assert calls == ["a"]


def test_copies_have_graphs_of_their_own() -> None:
    _, route, client = made_app()
    appended(route, note("before"))
    for number, made in enumerate((copy.copy(route), copy.deepcopy(route))):
        made.path = f"/copy/{number}"
        made.path_regex = copy.copy(APIRoute(made.path, made.endpoint).path_regex)
        made.param_convertors = {}
        assert made.dependant is not route.dependant
        appended(made, note("copy"))

    client.get("/items/1")
    assert calls == ["own", "before"]


def test_websockets_too() -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    route: Any = app.routes[-1]
    client = TestClient(app)
    with client.websocket_connect("/ws"):
        pass
    route.dependant.dependencies.append(
        get_parameterless_sub_dependant(depends=Depends(note("ws")), path="/ws")
    )
    with client.websocket_connect("/ws"):
        pass
    assert calls == ["ws"]


def test_a_replaced_response_field() -> None:
    _, route, client = made_app()

    route.response_field = create_model_field("response", str)

    with pytest.raises(Exception, match="string"):
        client.get("/items/1")


def test_a_replaced_response_model_and_body_field() -> None:
    app = FastAPI()

    @app.post("/")
    def create(text: Annotated[str, Body()]) -> Any:
        return text

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    route.response_model = int
    client = TestClient(app)
    assert client.post("/", json="3").json() == 3

    assert route.body_field is not None
    route.body_field = create_model_field("whole", str)
    assert route.body_field.name == "whole"
    assert client.post("/", json="4").json() == 4


def test_an_application_around_a_route() -> None:
    _, route, client = made_app()
    inner = route.app

    async def around(scope: Any, receive: Any, send: Any) -> None:
        calls.append("around")
        await inner(scope, receive, send)

    route.app = around
    assert client.get("/items/1").json() == 1
    assert client.get("/items/one").status_code == 422
    assert calls == ["around", "own", "around", "own"]

    route.app = request_response(route.get_route_handler())
    calls.clear()
    assert client.get("/items/1").json() == 1
    assert calls == ["own"]


def test_a_function_in_place_of_a_route() -> None:
    _, route, client = made_app()

    route.app = request_response(lambda request: PlainTextResponse(request.url.path))

    assert client.get("/items/1").text == "/items/1"


def test_attributes_of_the_program_are_no_declaration() -> None:
    _, route, client = made_app()
    plan = route.plan

    route.my_mark = "mine"  # type: ignore[attr-defined]

    assert route.plan is plan
    assert client.get("/items/1").status_code == 200
