"""A route that a tool watches answers as it does without the tool, and stays compiled."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    routing,
)
from pronghorn.devtools import tools
from pronghorn.devtools.explained import explain_route
from pronghorn.devtools.inventory import list_routes
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient
from tests.compile.counting import count_calls

STEPS = ("solve_dependencies", "run_endpoint_function", "serialize_response")
effects: list[str] = []


class Item(BaseModel):
    name: str
    price: float = 1.5


async def session(q: str = "none") -> AsyncIterator[str]:
    effects.append(f"open {q}")
    yield q
    effects.append("close")


def in_thread() -> Iterator[int]:
    yield 7
    effects.append("thread closed")


def set_header(response: Response, tasks: BackgroundTasks) -> None:
    response.headers["x-dependency"] = "yes"
    tasks.add_task(effects.append, "task")


Session = Annotated[str, Depends(session)]


def program() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @router.get("/items/{number}")
    async def read(
        number: int,
        agent: Annotated[str, Header(alias="x-agent")] = "nobody",
        many: Annotated[list[int], Query()] = [],  # noqa: B006 - a default of FastAPI
        token: Annotated[str | None, Cookie()] = None,
    ) -> dict[str, Any]:
        return {"number": number, "agent": agent, "many": many, "token": token}

    @router.post("/items", status_code=201)
    def create(item: Item, q: Session) -> Item:
        effects.append(f"create {item.name}")
        return item

    @router.get("/closing")
    async def closing(q: Session, number: Annotated[int, Depends(in_thread)]) -> str:
        effects.append("endpoint")
        return f"{q} {number}"

    @router.get("/header", dependencies=[Depends(set_header)])
    async def header(request: Request) -> Any:
        return {"path": request.url.path}

    @router.post("/form")
    async def form(name: Annotated[str, Form()], age: Annotated[int, Form()]) -> Any:
        return [name, age]

    @router.get("/refused")
    async def refused(q: Session) -> None:
        raise HTTPException(409, q)

    @router.get("/lines")
    async def lines() -> AsyncIterator[int]:
        yield 1
        yield 2

    @router.get("/made")
    def made() -> Response:
        return Response("made", headers={"x-made": "1"})

    app.include_router(router, prefix="/api")
    return app


#: method, path, options, and whether the request is valid.
REQUESTS: list[tuple[str, str, dict[str, Any], bool]] = [
    ("GET", "/items/3?many=1&many=2", {"headers": {"x-agent": "a", "cookie": "token=t"}}, True),
    ("GET", "/items/three", {}, False),
    ("POST", "/items?q=b", {"json": {"name": "spade"}}, True),
    ("POST", "/items", {"json": {"name": 1}}, False),
    ("POST", "/items", {"content": "{", "headers": {"content-type": "application/json"}}, False),
    ("GET", "/closing?q=c", {}, True),
    ("GET", "/header", {}, True),
    ("POST", "/form", {"data": {"name": "n", "age": "4"}}, True),
    ("POST", "/form", {"data": {"name": "n", "age": "old"}}, False),
    ("GET", "/refused?q=d", {}, True),
    ("GET", "/lines", {}, True),
    ("GET", "/made", {}, True),
]


def ask(app: FastAPI, method: str, path: str, options: dict[str, Any]) -> tuple[Any, ...]:
    effects.clear()
    answer = TestClient(app).request(method, f"/api{path}", **options)
    return answer.status_code, sorted(answer.headers.items()), answer.text, list(effects)


def surround(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do as an error tracker: wrap what `get_request_handler` returns."""
    original = routing.get_request_handler

    def replacement(*args: Any, **kwargs: Any) -> Any:
        inner = original(*args, **kwargs)

        async def around(*args: Any, **kwargs: Any) -> Any:
            return await inner(*args, **kwargs)

        return around

    monkeypatch.setattr(routing, "get_request_handler", replacement)


def replace_steps(*names: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Do as a tracer: put coroutine functions around steps."""

    def replace(monkeypatch: pytest.MonkeyPatch) -> None:
        for name in names:
            monkeypatch.setattr(routing, name, around(getattr(routing, name)))

    return replace


def around(original: Any) -> Any:
    async def replacement(**kwargs: Any) -> Any:
        return await original(**kwargs)

    return replacement


TOOLS = {
    "handler": surround,
    "solve": replace_steps("solve_dependencies"),
    "run": replace_steps("run_endpoint_function"),
    "serialize": replace_steps("serialize_response"),
    "steps": replace_steps(*STEPS),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_answers_and_effects_are_those_without_the_tool(
    monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    plain, seen = program(), program()
    expected = [ask(plain, *request[:3]) for request in REQUESTS]

    TOOLS[tool](monkeypatch)

    assert [ask(seen, *request[:3]) for request in REQUESTS] == expected


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("tool", TOOLS)
def test_valid_requests_are_never_interpreted(monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    TOOLS[tool](monkeypatch)
    app = program()
    for request in REQUESTS:
        ask(app, *request[:3])

    with count_calls() as calls:
        for request in REQUESTS:
            if request[3]:
                ask(app, *request[:3])

    assert calls.of("pronghorn.run.exact", "solve") == 0
    assert calls.into("pronghorn.compile.writer", "pronghorn.compile.staged") <= {
        ("pronghorn.compile.staged", name)
        for name in (
            "compile_solve.<locals>.solve_stage",
            "is_untouched",
            *(f"RequestView.{one}" for one in ("__init__", "query_string", "first_headers")),
            *(f"RequestView.{one}" for one in ("header_values", "cookies")),
        )
    }


@pytest.mark.usefixtures("short_ways")
def test_the_stage_of_the_dependencies_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_steps("run_endpoint_function")(monkeypatch)
    app = FastAPI()

    @app.get("/")
    async def read(session: Session) -> str:
        return session

    client = TestClient(app)
    with count_calls() as calls:
        assert client.get("/").json() == "none"
    assert calls.of("pronghorn.compile.staged", "compile_solve") == 1


def test_a_wrapper_may_change_the_response(monkeypatch: pytest.MonkeyPatch) -> None:
    original = routing.get_request_handler

    def replacement(*args: Any, **kwargs: Any) -> Any:
        inner = original(*args, **kwargs)

        async def changed(request: Request) -> Response:
            response = await inner(request)
            response.headers["x-status"] = str(response.status_code)
            response.status_code = 202
            return response

        return changed

    monkeypatch.setattr(routing, "get_request_handler", replacement)
    answer = TestClient(program()).post("/api/items", json={"name": "spade"})

    assert (answer.status_code, answer.headers["x-status"]) == (202, "201")


def test_the_request_of_a_wrapper_is_the_one_that_is_read() -> None:
    class Shouting(Request):
        @property
        def query_params(self) -> Any:
            return {"q": "LOUD"}

        async def json(self) -> Any:
            return {"name": "OTHER"}

    class Route(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                return await inner(Shouting(request.scope, request.receive))

            return handle

    app = FastAPI()
    app.router.route_class = Route

    @app.post("/")
    async def read(item: Item, q: str = "quiet") -> list[str]:
        return [item.name, q]

    assert TestClient(app).post("/", json={"name": "same"}).json() == ["OTHER", "LOUD"]


def test_a_query_that_a_wrapper_has_changed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Route(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                request.query_params._dict["q"] = "changed"
                return await inner(request)

            return handle

    app = FastAPI()
    app.router.route_class = Route
    app.get("/")(lambda q: q)

    assert TestClient(app).get("/?q=sent").json() == "changed"


def test_overrides_reach_the_handler_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    surround(monkeypatch)
    app = program()
    client = TestClient(app)
    assert client.get("/api/closing").json() == "none 7"

    def instead() -> Iterator[str]:
        yield "other"
        effects.append("other closed")

    app.dependency_overrides[session] = instead
    effects.clear()
    assert client.get("/api/closing").json() == "other 7"
    assert effects == ["endpoint", "thread closed", "other closed"]
    app.dependency_overrides.clear()
    assert client.get("/api/closing").json() == "none 7"


def test_a_library_finds_the_stacks_and_they_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = routing.get_request_handler

    def replacement(*args: Any, **kwargs: Any) -> Any:
        inner = original(*args, **kwargs)

        async def keeping(request: Request) -> Response:
            for key in ("fastapi_inner_astack", "fastapi_function_astack"):
                request.scope[key].callback(effects.append, f"closed {key}")
            return await inner(request)

        return keeping

    monkeypatch.setattr(routing, "get_request_handler", replacement)
    *_, found = ask(program(), "GET", "/header", {})

    assert found == ["closed fastapi_function_astack", "task", "closed fastapi_inner_astack"]


@pytest.mark.usefixtures("short_ways")
def test_the_explanation_names_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    surround(monkeypatch)
    replace_steps("serialize_response")(monkeypatch)
    address = "https://example.com/docs/index.md"
    monkeypatch.setattr(tools, "project_documentation", lambda: address)
    listed = next(one for one in list_routes(program()) if "closing" in one.route.path_format)
    found = explain_route(listed, "GET /api/closing")

    assert found is not None
    assert found.detours == []
    assert any(note.startswith("tests surrounds the request handler") for note in found.notes)
    assert any(note.startswith("tests has replaced serialize_response") for note in found.notes)
    # Whoever installs a wheel has no `docs` folder.
    costs = "https://example.com/docs/performance.md#watched-programs"
    assert found.notes[-1] == f"what each tool adds to a request: {costs}"


def test_the_explanation_says_what_a_tool_was_measured_to_add() -> None:
    class Instrumentator:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

    Instrumentator.__module__ = "prometheus_fastapi_instrumentator.middleware"
    app = FastAPI(middleware=[Middleware(Instrumentator)])

    @app.get("/")
    def read() -> int:
        return 1

    listed = next(one for one in list_routes(app) if one.route.path_format == "/")
    found = explain_route(listed, "GET /")
    assert found is not None
    (line,) = (note for note in found.notes if "measured" in note)
    assert re.fullmatch(
        r"what prometheus_fastapi_instrumentator was measured to add to a request that takes "
        r"[\d.]+ µs without it: Prometheus' instrumentator \d+ µs \(.*Python.*\)",
        line,
    )
    assert found.notes[-1].startswith("what each tool adds to a request: ")


def test_the_explanation_names_functions_that_a_tool_keeps_from_the_short_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = FastAPI()

    @app.middleware("http")
    async def add_request_id(request: Request, call_next: Any) -> Response:
        return await call_next(request)  # type: ignore[no-any-return]

    @app.get("/")
    async def root() -> None: ...

    original = Middleware.__init__

    def replacement(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", replacement)
    (listed,) = (one for one in list_routes(app) if one.row.path == "/")
    found = explain_route(listed, "GET /")

    assert found is not None
    around = "middleware around it: BaseHTTPMiddleware with add_request_id: not compiled: "
    assert f"{around}a library observes the layers" in found.notes


@pytest.mark.parametrize("is_general", [False, True])
def test_what_a_library_adds_to_the_solved_response_is_sent(
    monkeypatch: pytest.MonkeyPatch, is_general: bool
) -> None:
    original = routing.solve_dependencies

    async def adding(**options: Any) -> Any:
        solved = await original(**options)
        if options["request"].path_params["number"] == "2":
            solved.response.headers["x-solved"] = "yes"
            solved.response.status_code = 202
        return solved

    monkeypatch.setattr(routing, "solve_dependencies", adding)
    monkeypatch.setenv("PRONGHORN_GENERAL", "1" if is_general else "0")
    app = FastAPI()

    @app.get("/{number}")
    async def read(number: int) -> int:
        return number

    client = TestClient(app)
    plain, added = client.get("/1"), client.get("/2")
    assert (plain.status_code, plain.text, plain.headers.get("x-solved")) == (200, "1", None)
    assert (added.status_code, added.text, added.headers["x-solved"]) == (202, "2", "yes")


@pytest.mark.parametrize("step", STEPS)
def test_a_function_in_place_of_a_step_finds_the_stacks_where_it_sees_the_request(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original: Any = getattr(routing, step)
    found: list[bool] = []
    scopes: list[Any] = []

    async def looking(**options: Any) -> Any:
        if "request" in options:
            scopes.append(options["request"].scope)
        found.extend("fastapi_inner_astack" in scope for scope in scopes)
        return await original(**options)

    monkeypatch.setattr(routing, step, looking)
    app = FastAPI()

    @app.get("/")
    async def read() -> int:
        return 1

    assert TestClient(app).get("/").json() == 1
    assert found == ([True] if step == "solve_dependencies" else [])


class Around:
    """A wrapper that pretends to be the method inside, as those of `wrapt` do."""

    def __init__(self, inner: Any, calls: list[str]) -> None:
        self._inner, self._calls = inner, calls

    def __get__(self, instance: Any, owner: Any = None) -> Around:
        return Around(self._inner.__get__(instance, owner), self._calls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        self._calls.append(scope["path"])
        return self._inner(scope, receive, send)


@pytest.mark.usefixtures("mode")
def test_a_wrapper_around_handle_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, seen = program(), program()
    expected = [ask(plain, *request[:3]) for request in REQUESTS]
    calls: list[str] = []
    monkeypatch.setattr(APIRoute, "handle", Around(APIRoute.handle, calls))

    assert [ask(seen, *request[:3]) for request in REQUESTS] == expected
    assert calls == [f"/api{path.partition('?')[0]}" for _, path, _, _ in REQUESTS]
