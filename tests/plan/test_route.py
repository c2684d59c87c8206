"""Routes are planned from their declaration, and every error names the route."""

from typing import Annotated, Any

import pytest
from pydantic_core import SchemaError

from pronghorn import Depends, FastAPI, Query
from pronghorn.core.kinds import BodyKind, StreamKind
from pronghorn.exceptions import DependencyScopeError, SetupTypeError
from pronghorn.routing import APIRoute, APIWebSocketRoute


def plan_of(endpoint: Any, path: str = "/", **options: Any) -> Any:
    return APIRoute(path, endpoint, **options).plan


async def read_item(item_id: int, q: str = "") -> dict[str, int]:
    return {"item": item_id}


def test_a_plan_has_all_that_is_known_about_the_route() -> None:
    plan = plan_of(read_item, "/items/{item_id:int}", methods=["get", "HEAD"], name="item")
    assert (plan.path, plan.path_format) == ("/items/{item_id:int}", "/items/{item_id}")
    assert plan.methods == {"GET", "HEAD"}
    assert (plan.name, plan.endpoint) == ("item", read_item)
    assert plan.path_names == {"item_id"}
    assert plan.body is None
    assert plan.response.model == dict[str, int]
    assert plan.where["function"] == "read_item"
    assert plan.where["file"].endswith("test_route.py")


def test_the_body_and_the_stream_are_part_of_it() -> None:
    async def take(value: dict[str, int]) -> Any:
        yield value

    plan = plan_of(take, methods=["POST"])
    assert plan.body.kind is BodyKind.JSON
    assert plan.response.stream is StreamKind.JSON_LINES


def test_a_route_is_planned_once_until_it_changes() -> None:
    route = APIRoute("/", read_item)
    first = route.plan
    assert route.plan is first
    route.status_code = 201
    assert route.plan is not first
    assert route.plan.response.status_code == 201


def test_an_included_route_has_a_plan_of_its_own() -> None:
    route = APIRoute("/{item_id}", read_item)
    inside = route._copy_for_inclusion({"prefix": "/x/{tenant}"}, None)
    assert inside.plan.path == "/x/{tenant}/{item_id}"
    assert inside.plan.path_names == {"tenant", "item_id"}
    assert route.plan.path == "/{item_id}"


@pytest.mark.parametrize("pattern", ["[", "(?P<x"])
def test_an_error_of_pydantic_gets_the_route_as_a_note(pattern: str) -> None:
    async def read(q: Annotated[str, Query(pattern=pattern)]) -> None: ...

    with pytest.raises(SchemaError) as caught:
        APIRoute("/items", read, methods=["GET", "POST"])
    (parameter, route) = caught.value.__notes__
    assert "parameter 'q' of" in parameter
    assert "GET,POST /items" in route
    assert "test_route.py:" in route


def test_a_note_names_the_websocket_too() -> None:
    def inner() -> Any:
        yield

    def outer(one: Annotated[None, Depends(inner, scope="function")]) -> Any:
        yield

    async def serve(one: Annotated[None, Depends(outer)]) -> None: ...

    with pytest.raises(DependencyScopeError) as caught:
        APIWebSocketRoute("/socket", serve)
    assert "WebSocket /socket" in caught.value.__notes__[0]


def test_a_wrong_override_names_the_route_it_was_found_in() -> None:
    async def read(item_id: Annotated[dict[str, int], Depends(read_item)]) -> None: ...

    app = FastAPI()
    app.get("/items")(read)
    route: Any = app.routes[-1]
    with pytest.raises(SetupTypeError, match=r"GET /items, .*read \(") as caught:
        route._compile_handler({read_item: 5})
    assert str(caught.value).startswith("dependency_overrides[read_item] must be a callable, not 5")
