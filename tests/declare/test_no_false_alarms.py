"""Unusual programs that FastAPI runs are not mistaken for mistakes: both answer the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import asynccontextmanager
from enum import Enum
from types import ModuleType
from typing import Annotated, Any
from unittest.mock import AsyncMock, MagicMock

import fastapi
import fastapi.security
import pytest
from fastapi.testclient import TestClient as FastAPIClient
from pydantic import AfterValidator, BaseModel, PlainValidator
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

import pronghorn
import pronghorn.security
from pronghorn.testclient import TestClient


def clock() -> int:
    return 12


def with_argument(function: Any) -> Any:
    """Call a function with one argument more than the wrapper receives, as injectors do."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        return function(*args, "injected")

    return call


class Note(BaseModel):
    text: str


class Number(int, Enum):
    MISSING = 404


class Text(str, Enum):
    MISSING = "404"


def agree(program: Callable[[ModuleType], Any], path: str = "/items") -> Any:
    """Assert that a program has the same response and document on both; return the response."""

    def answers(api: ModuleType, client: Any) -> Any:
        app = program(api)
        with client(app) as running:
            found, document = running.get(path), running.get("/openapi.json")
            return (found.status_code, found.text), document.text

    ours, of_fastapi = answers(pronghorn, TestClient), answers(fastapi, FastAPIClient)
    assert ours == of_fastapi
    return ours[0]


def endpoint_with(annotation: Any, default: Any) -> Callable[[ModuleType], Any]:
    """Return a program with one parameter, from what returns its annotation and its default."""

    def program(api: ModuleType) -> Any:
        def read(value):  # type: ignore[no-untyped-def]
            return value

        made = annotation(api)
        read.__annotations__ = {} if made is None else {"value": made}
        read.__defaults__ = tuple(item(api) for item in [default] if item is not None)
        app = api.FastAPI()
        app.get("/items")(read)
        return app

    return program


PARAMETERS: dict[str, tuple[Any, Any]] = {
    "the function as the type": (lambda api: clock, lambda api: api.Depends(clock)),
    "the function as the type alone": (lambda api: clock, lambda api: api.Depends()),
    "the function in Annotated": (lambda api: Annotated[clock, api.Depends()], None),
    "a lambda as the type": (lambda api: lambda: 12, lambda api: api.Depends()),
    "the marker as the type": (lambda api: api.Depends(clock), lambda api: api.Depends(clock)),
    "Depends as the type": (lambda api: api.Depends, lambda api: api.Depends(clock)),
}


@pytest.mark.parametrize(("annotation", "default"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_dependency_may_have_any_annotation(annotation: Any, default: Any) -> None:
    assert agree(endpoint_with(annotation, default)) == (200, "12")


@pytest.mark.parametrize(
    "annotation",
    [
        lambda api: Annotated[int, AfterValidator(str), api.Query(min_length=1)],
        lambda api: Annotated[str, AfterValidator(int), api.Query(ge=1)],
        lambda api: Annotated[int, PlainValidator(str), api.Query(max_length=3)],
    ],
)
def test_a_validator_may_change_the_type_before_a_constraint(annotation: Any) -> None:
    assert agree(endpoint_with(annotation, None), "/items?value=12")[0] == 200


@pytest.mark.parametrize("annotation", [None, Any, object])
def test_a_default_that_answers_every_question_is_no_security_scheme(annotation: Any) -> None:
    def program(api: ModuleType) -> Any:
        def read(value=MagicMock()) -> int:  # type: ignore[no-untyped-def]
            return 1

        if annotation is not None:
            read.__annotations__["value"] = annotation
        app = api.FastAPI(openapi_url=None)
        app.get("/items")(read)
        return app

    assert agree(program) == (200, "1")


def test_the_type_of_everything_is_a_value_of_itself() -> None:
    def program(api: ModuleType) -> Any:
        def read(value: object = object) -> int:
            return 1

        read.__annotations__["value"] = object
        app = api.FastAPI(openapi_url=None)
        app.get("/items")(read)
        return app

    assert agree(program) == (200, "1")


def test_a_scheme_that_reads_the_request_when_it_is_made() -> None:
    def program(api: ModuleType) -> Any:
        class Bearer(getattr(api, "security").HTTPBearer):  # type: ignore[misc]  # noqa: B009
            def __init__(self, request: Request) -> None:
                self.user = request.headers.get("x-user", "nobody")

        Bearer.__init__.__annotations__["request"] = api.Request
        app = api.FastAPI(openapi_url=None)

        def read(found=api.Depends(Bearer)) -> Any:  # type: ignore[no-untyped-def]
            return found.user

        app.get("/items")(read)
        return app

    assert agree(program) == (200, '"nobody"')


def test_functions_whose_decorators_add_arguments() -> None:
    def program(api: ModuleType) -> Any:
        @with_argument
        def started(resource: str) -> None: ...

        @with_argument
        @asynccontextmanager
        async def lifespan(app: Any, resource: str) -> Any:
            yield

        @with_argument
        def handles(request: Any, error: Exception, resource: str) -> Response:
            return PlainTextResponse(resource, 418)

        @with_argument
        async def passes(request: Any, call_next: Any, resource: str) -> Any:
            return await call_next(request)

        app = api.FastAPI(lifespan=lifespan)
        app.add_exception_handler(KeyError, handles)
        app.middleware("http")(passes)
        app.get("/items")(fails)
        app.router.add_event_handler("startup", started)
        return app

    def fails() -> None:
        raise KeyError

    assert agree(program) == (418, "injected")


def test_mocks_in_place_of_functions() -> None:
    def program(api: ModuleType) -> Any:
        app = api.FastAPI(on_startup=[MagicMock(), AsyncMock()], openapi_url=None)

        def read(value=api.Depends(MagicMock(return_value=1))) -> Any:  # type: ignore[no-untyped-def]
            raise KeyError

        app.get("/items")(read)
        app.add_exception_handler(KeyError, AsyncMock(return_value=PlainTextResponse("mock")))
        app.add_middleware(MagicMock(side_effect=lambda inside: inside))
        app.mount("/mounted", MagicMock())
        return app

    assert agree(program, "/items?args=1&kwargs=1") == (200, "mock")


def test_a_lifespan_that_is_a_method() -> None:
    class Resources:
        @asynccontextmanager
        async def open(self, app: Any) -> Any:
            yield {"resource": self}

    def program(api: ModuleType) -> Any:
        app = api.FastAPI(lifespan=Resources().open)
        app.get("/items")(clock)
        return app

    assert agree(program) == (200, "12")


def test_methods_from_a_generator() -> None:
    def program(api: ModuleType) -> Any:
        app = api.FastAPI()
        app.add_api_route("/items", clock, methods=(name for name in ["GET"]))
        return app

    assert agree(program) == (200, "12")


class Name(str, Enum):
    Q = "q-of-enum"


@pytest.mark.parametrize("marker", ["Query", "Header", "Cookie"])
def test_an_alias_that_is_a_member_of_an_enum(marker: str) -> None:
    def program(api: ModuleType) -> Any:
        make = getattr(api, marker)
        app = api.FastAPI()

        def read(one=make("-", alias=Name.Q), many=make(["-"], alias=Name.Q)) -> Any:  # type: ignore[no-untyped-def]
            return [one, many]

        read.__annotations__ = {"one": str, "many": list[str]}
        app.get("/items")(read)
        return app

    assert agree(program, "/items?q-of-enum=a")[0] == 200


class Moves:
    """Sends all requests to another path; its signature is not one."""

    __signature__ = "not a signature"

    def __init__(self, app: ASGIApp, to: str) -> None:
        self.app, self.to = app, to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/items":
            scope["path"] = self.to
        await self.app(scope, receive, send)


class Renamed(BaseHTTPMiddleware):
    """Has an option with a name that its base gives another meaning."""

    def __init__(self, app: ASGIApp, dispatch: Any) -> None:
        super().__init__(app)
        self.of_ours = dispatch

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        return await call_next(request)


def test_middleware_from_a_generator() -> None:
    def program(api: ModuleType) -> Any:
        app = api.FastAPI(middleware=(Middleware(Moves, to=path) for path in ["/other"]))
        app.get("/other")(clock)
        return app

    assert agree(program) == (200, "12")


def test_middleware_with_an_option_called_dispatch() -> None:
    def program(api: ModuleType) -> Any:
        app = api.FastAPI()
        app.add_middleware(Moves, to="/other")
        app.add_middleware(Renamed, dispatch=clock)
        app.get("/other")(clock)
        return app

    assert agree(program) == (200, "12")


def test_exception_handlers_as_pairs() -> None:
    def program(api: ModuleType) -> Any:
        def handles(request: Any, error: Exception) -> Response:
            return PlainTextResponse("handled", 418)

        return api.FastAPI(exception_handlers=[(404, handles)])

    assert agree(program) == (418, "handled")


def test_a_route_class_that_finds_its_requests_without_the_path() -> None:
    def program(api: ModuleType) -> Any:
        class ByName(api.routing.APIRoute):  # type: ignore[misc,name-defined]
            def matches(self, scope: Scope) -> Any:
                if scope.get("path") != "/items":
                    return Match.NONE, {}
                return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}

        router = api.APIRouter(route_class=ByName)
        router.get("items.read")(clock)
        app = api.FastAPI(openapi_url=None)
        app.include_router(router)
        return app

    assert agree(program) == (200, "12")


OPTIONS: dict[str, dict[str, Any]] = {
    "no responses as a list": {"responses": []},
    "no responses as a text": {"responses": ""},
    "no additions as a list": {"openapi_extra": []},
    "no model as a dict": {"response_model": {}},
    "no model as a text": {"response_model": ""},
    "a type of Python in quotes": {"response_model": "int"},
    "a text beside a schema": {
        "responses": {404: {"content": {"text/csv": {"model": "note-1", "schema": {}}}}}
    },
    "one field as a text": {"response_model_exclude": "secret"},
    "an empty description": {"description": 0},
    "a name that is no text": {"name": 5, "include_in_schema": False},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_of_a_route(options: dict[str, Any]) -> None:
    def program(api: ModuleType) -> Any:
        app = api.FastAPI()
        app.get("/items", **options)(clock)
        return app

    assert agree(program) == (200, "12")


@pytest.mark.parametrize("key", [Number.MISSING, Text.MISSING])
@pytest.mark.parametrize("response", [{"model": Note}, {"description": "Nothing here"}])
def test_responses_by_members_of_enums(key: Any, response: dict[str, Any]) -> None:
    """FastAPI writes the name of the member into the document, which OpenAPI does not allow."""

    def document(api: ModuleType) -> Any:
        app = api.FastAPI()
        app.get("/items", responses={key: response})(clock)
        return app.openapi()["paths"]["/items"]["get"]["responses"]

    ours, of_fastapi = document(pronghorn), document(fastapi)
    assert ours["404"] == of_fastapi[str(key).upper()]


def test_a_response_class_without_media_type() -> None:
    class Sends:
        def __init__(self, content: Any, **options: Any) -> None:
            self.inside = PlainTextResponse(str(content))
            self.background, self.status_code = None, 200

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.inside(scope, receive, send)

        @property
        def raw_headers(self) -> Any:
            return self.inside.raw_headers

        headers: Any = property(lambda self: self.inside.headers)

    def program(api: ModuleType) -> Any:
        app = api.FastAPI(openapi_url=None)
        app.get("/items", response_class=Sends)(clock)
        return app

    assert agree(program) == (200, "12")
