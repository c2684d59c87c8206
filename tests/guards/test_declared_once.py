"""A declaration is checked once, however many methods it passes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.routing import APIRoute, APIWebSocketRoute
from tests.guards.test_calls import called

KEYWORDS = "pronghorn.core.typed_kwargs.call_checked"
PATH = "pronghorn.core.path_patterns.check_path"
OPTIONS = "pronghorn.declare.option_inheritance.clean_options"
COMBINED = "pronghorn.declare.option_inheritance.combine_chain"

OPERATION = {KEYWORDS: 1, PATH: 1, OPTIONS: 1, COMBINED: 1}
#: A WebSocket route has no option but its dependencies: there is nothing to combine.
WEBSOCKET = {KEYWORDS: 1, PATH: 1, OPTIONS: 0, COMBINED: 0}


async def read(item_id: int) -> int:
    return item_id


async def talk() -> None: ...


DECLARATIONS: dict[str, tuple[Callable[[Any], Any], dict[str, int]]] = {
    "get": (lambda on: on.get("/{item_id}", tags=["a"])(read), OPERATION),
    "patch": (lambda on: on.patch("/{item_id}", status_code=202)(read), OPERATION),
    "api_route": (lambda on: on.api_route("/{item_id}", methods=["PUT"])(read), OPERATION),
    "add_api_route": (lambda on: on.add_api_route("/{item_id}", read), OPERATION),
    "websocket": (lambda on: on.websocket("/")(talk), WEBSOCKET),
    "add_api_websocket_route": (lambda on: on.add_api_websocket_route("/", talk), WEBSOCKET),
}


def counted(declare: Callable[[], Any], names: dict[str, int]) -> dict[str, int]:
    with called() as found:
        declare()
    counts = Counter(found.names())
    return {name: counts[name] for name in names}


@pytest.mark.parametrize("owner", [FastAPI, APIRouter])
@pytest.mark.parametrize("name", DECLARATIONS)
def test_keywords_options_and_path_are_checked_once(owner: type[Any], name: str) -> None:
    declare, expected = DECLARATIONS[name]
    on = owner()
    before = len(on.routes)
    assert counted(lambda: declare(on), expected) == expected
    assert len(on.routes) == before + 1


@pytest.mark.parametrize(
    ("make", "options"),
    [(lambda: APIRoute("/{item_id}", read), 1), (lambda: APIWebSocketRoute("/", talk), 0)],
    ids=["APIRoute", "APIWebSocketRoute"],
)
def test_a_route_that_a_program_makes_itself_is_checked_once(make: Any, options: int) -> None:
    expected = {KEYWORDS: 1, PATH: 1, OPTIONS: options, COMBINED: 0}
    assert counted(make, expected) == expected


def test_a_route_class_without_a_constructor_of_its_own_may_stand_in_between() -> None:
    class Own(APIRoute):
        def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
            made.append(keywords)
            return super().__new__(cls)

    made: list[dict[str, Any]] = []
    router = APIRouter(route_class=Own)
    router.get("/{item_id}", status_code=201)(read)
    assert [made[0]["status_code"], type(router.routes[0])] == [201, Own]
