"""What looks like a mistake and works on FastAPI works here too, with the same result."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from enum import Enum, IntEnum, StrEnum
from http import HTTPMethod, HTTPStatus
from types import ModuleType
from typing import Annotated, Any

import fastapi
import fastapi.responses
import pytest
from fastapi.testclient import TestClient as FastAPIClient
from starlette.responses import JSONResponse, PlainTextResponse

import pronghorn
from pronghorn.testclient import TestClient


class Tag(StrEnum):
    ITEMS = "items"


class Plain(Enum):
    ITEMS = "items"


class Code(IntEnum):
    CREATED = 201


def clock() -> int:
    return 12


class Missing:
    """A class that stands for an absent value."""


class Duck:
    """Not a `Response`, but used like one."""

    media_type = "text/plain"

    def __new__(cls, content: Any, **options: Any) -> Any:
        return PlainTextResponse(str(content), **options)


def returns_json(content: Any, **options: Any) -> JSONResponse:
    return JSONResponse(content, **options)


async def read() -> int:
    return 1


OPTIONS: dict[str, dict[str, Any]] = {
    "status as HTTPStatus": {"status_code": HTTPStatus.CREATED},
    "status as IntEnum": {"status_code": Code.CREATED},
    "no status": {"status_code": None},
    "an unusual status": {"status_code": 299},
    "tags as enums": {"tags": [Tag.ITEMS, Plain.ITEMS]},
    "tags as a tuple": {"tags": ("items",)},
    "tags as a set": {"tags": {"items"}},
    "tags as a class of enums": {"tags": Tag},
    "no tags": {"tags": ""},
    "a tag that is a number": {"tags": [1]},
    "ranges of responses": {
        "responses": {"4xx": {"description": "a"}, "default": {"description": "b"}, 418: {}}
    },
    "responses by HTTPStatus": {"responses": {HTTPStatus.NOT_FOUND: {"description": "none"}}},
    "responses by text": {"responses": {"404": {"description": "none"}}},
    "a class like a response": {"response_class": Duck, "include_in_schema": False},
    "no model": {"response_model": None},
    "a false model": {"response_model": False},
    "one letter excluded": {"response_model_exclude": "a"},
    "a list of exclusions": {"response_model_exclude": ["a"]},
    "deprecated by a text": {"deprecated": "since 2.0"},
    "dependencies as a tuple": {"dependencies": ()},
}


def test_a_function_as_a_response_class() -> None:
    def answer(api: ModuleType, client: Any) -> Any:
        app = api.FastAPI(openapi_url=None)
        app.get("/items", response_class=returns_json)(read)
        return client(app).get("/items").text

    assert answer(pronghorn, TestClient) == answer(fastapi, FastAPIClient) == "1"


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_of_a_route(options: dict[str, Any]) -> None:
    def answers(api: ModuleType, client: Any) -> Any:
        app = api.FastAPI()
        app.get("/items", **options)(read)
        found = client(app).get("/items")
        return found.status_code, found.text, client(app).get("/openapi.json").json()

    assert answers(pronghorn, TestClient) == answers(fastapi, FastAPIClient)


def with_any(clock: Any = clock) -> int:
    return int(clock())


def with_object(clock: object = clock) -> str:
    return str(callable(clock))


def with_callable(clock: Callable[[], int] = clock) -> int:
    return clock()


def with_lambda(clock=lambda: 12) -> int:  # type: ignore[no-untyped-def]
    return int(clock())


def with_partial(clock=functools.partial(clock)) -> int:  # type: ignore[no-untyped-def]
    return int(clock())


def with_builtin(size=len) -> int:  # type: ignore[no-untyped-def]
    return int(size("12"))


def with_class(kind=Missing) -> str:  # type: ignore[no-untyped-def]
    return str(kind.__name__)


def with_sentinel(q: str = Missing) -> str:  # type: ignore[assignment]
    return str(q is Missing)


def with_type(kind: type[Missing] = Missing) -> str:
    return kind.__name__


FUNCTIONS = [
    value for name, value in sorted(vars(sys.modules[__name__]).items()) if name[:5] == "with_"
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("as_dependency", [False, True])
def test_defaults_that_can_be_called(function: Any, as_dependency: bool) -> None:
    def answers(api: ModuleType, client: Any) -> Any:
        app = api.FastAPI(openapi_url=None)
        marker = api.Depends(function)

        def depends(value=marker) -> Any:  # type: ignore[no-untyped-def]
            return value

        app.get("/items")(depends if as_dependency else function)
        found = client(app).get("/items")
        return found.status_code, found.text

    assert answers(pronghorn, TestClient) == answers(fastapi, FastAPIClient)
    assert answers(pronghorn, TestClient)[0] == 200


def test_a_marker_without_parentheses_where_it_changes_nothing() -> None:
    def answers(api: ModuleType, client: Any) -> Any:
        app = api.FastAPI()

        async def read(
            item_id: Annotated[int, api.Path], q: Annotated[str, api.Query] = "a"
        ) -> list[Any]:
            return [item_id, q]

        read.__annotations__ = {
            "item_id": Annotated[int, api.Path],
            "q": Annotated[str, api.Query],
        }
        app.get("/items/{item_id}")(read)
        return client(app).get("/items/3?q=b").json(), client(app).get("/openapi.json").json()

    assert answers(pronghorn, TestClient) == answers(fastapi, FastAPIClient)


def test_paths_methods_and_handlers() -> None:
    def answers(api: ModuleType, client: Any) -> Any:
        app = api.FastAPI()

        @app.api_route("/items", methods=(HTTPMethod.GET, "post"))
        def items() -> int:
            return 1

        @app.get("{rest:path}")
        def rest(rest: str) -> str:
            return rest

        inner = api.APIRouter()

        @inner.get("tail")
        def tail() -> str:
            return "tail"

        app.include_router(inner, prefix="/with")

        class Handler:
            def __call__(self, request: Any, error: Exception, *others: Any) -> JSONResponse:
                return JSONResponse({"error": str(error)}, 418)

        app.add_exception_handler(KeyError, Handler())
        app.add_exception_handler(OSError, None)

        @app.middleware("http")
        def passes(request: Any, call_next: Any) -> Any:
            return call_next(request)

        with client(app) as running:
            asked = [running.get(path) for path in ("/items", "/other/place", "/withtail")]
            asked.append(running.post("/items"))
        return [(found.status_code, found.text) for found in asked]

    assert answers(pronghorn, TestClient) == answers(fastapi, FastAPIClient)
