"""A route is planned once and compiled once; after its first request nothing is inspected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    WebSocket,
)
from pronghorn.responses import HTMLResponse, JSONResponse
from pronghorn.routing import APIRoute
from pronghorn.security import HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient
from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import FORM, JSON, MULTIPART, Attack
from tests.compile.watching import Calls, watched

#: Modules of `pronghorn.compile` that are for once, and what of them runs for each request.
FOR_ONCE = tuple(
    f"pronghorn.compile.{name}" for name in ("source", "reads", "steps", "handler", "websocket")
)
FOR_EACH_REQUEST = {
    ("pronghorn.compile.reads", "absent"),
    ("pronghorn.compile.handler", "without_errors"),
    ("pronghorn.compile.steps", "endpoint_context.<locals>.endpoint_context"),
}
#: What is for once in the other modules.
MAKERS = {
    *("CompiledRouter._compile", "CompiledRouter._rebuild", "CompiledRouter._use_overrides"),
    *("RouteTable.__init__", "RouteTable._insert", "RouteTable._fix", "Entry.__init__"),
    *("handler_of", "with_limits_of", "limiting_body", "counting_body", "segment_kind"),
    *("compile_route", "compile_custom", "general_handler", "HttpWriter.__init__", "_with_limits"),
}


def compiling(calls: Calls) -> set[tuple[str, str]]:
    """What was compiled."""
    made = {found for found in calls.into("pronghorn.compile") if found[1] in MAKERS}
    return made | (calls.into(*FOR_ONCE) - FOR_EACH_REQUEST)


class Item(BaseModel):
    name: str
    price: float = 1.0


class Login(BaseModel):
    name: str
    age: int = 0


class Problem(Exception):
    """Has a handler."""


async def get_number(n: int = 1) -> int:
    return n


def get_double(number: Annotated[int, Depends(get_number)]) -> int:
    return 2 * number


def get_triple(number: Annotated[int, Depends(get_number)]) -> int:
    return 3 * number


async def get_session(number: Annotated[int, Depends(get_number)]) -> AsyncIterator[int]:
    yield number


def get_blocking_session() -> Iterator[str]:
    yield "session"


def get_user(
    scopes: SecurityScopes, token: Annotated[str, Depends(OAuth2PasswordBearer("token"))]
) -> str:
    return token + "".join(scopes.scopes)


class Pagination:
    def __init__(self, skip: int = 0, limit: Annotated[int, Query(le=100)] = 10) -> None:
        self.skip, self.limit = skip, limit


def program() -> FastAPI:
    app = FastAPI()
    add_reads(app)
    add_bodies(app)
    add_dependencies(app)
    add_answers(app)
    add_errors(app)
    inner = FastAPI()
    inner.get("/constant")(constant)
    app.mount("/inner", inner)
    router = APIRouter(prefix="/router", dependencies=[Depends(get_number)])
    router.get("/{word}")(echo)
    app.include_router(router, prefix="/included")
    app.add_api_route("/custom", constant, route_class_override=Wrapping)
    return app


class Wrapping(APIRoute):
    """Builds its own request handler."""

    asked = 0

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handler = super().get_route_handler()
        type(self).asked += 1

        async def wrapping(request: Request) -> Response:
            response = await handler(request)
            response.headers["x-wrapped"] = "yes"
            return response

        return wrapping


async def constant() -> dict[str, str]:
    return {"message": "hello"}


async def echo(word: str) -> str:
    return word


def add_reads(app: FastAPI) -> None:
    app.get("/constant")(constant)
    app.get("/def")(lambda: {"thread": True})

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, q: str | None = None) -> Item:
        return Item(name=q or str(item_id))

    @app.get("/headers")
    async def read_headers(
        x_token: Annotated[str, Header()],
        session: Annotated[int, Cookie()],
        tags: Annotated[list[str], Query()],
    ) -> str:
        return f"{x_token} {session} {tags}"


def add_bodies(app: FastAPI) -> None:
    @app.post("/json")
    async def take_item(item: Item) -> Item:
        return item

    @app.post("/embedded")
    def take_two(item: Item, weight: Annotated[float, Body()]) -> float:
        return weight

    @app.post("/form")
    async def take_form(login: Annotated[Login, Form()]) -> str:
        return login.name

    @app.post("/upload")
    async def take_file(file: Annotated[bytes, File()]) -> int:
        return len(file)


def add_dependencies(app: FastAPI) -> None:
    @app.get("/graph")
    async def read_graph(
        double: Annotated[int, Depends(get_double)], triple: Annotated[int, Depends(get_triple)]
    ) -> int:
        return double + triple

    @app.get("/yield")
    async def read_session(
        session: Annotated[int, Depends(get_session)],
        blocking: Annotated[str, Depends(get_blocking_session, scope="function")],
    ) -> str:
        return f"{session} {blocking}"

    @app.get("/class")
    def read_page(page: Annotated[Pagination, Depends()]) -> int:
        return page.limit

    @app.get("/bearer")
    async def read_bearer(found: Annotated[Any, Depends(HTTPBearer())]) -> str:
        return str(found.credentials)

    @app.get("/user")
    async def read_user(user: Annotated[str, Depends(get_user)]) -> str:
        return user


def add_answers(app: FastAPI) -> None:
    @app.get("/injected", status_code=201)
    async def inject(response: Response, tasks: BackgroundTasks, request: Request) -> str:
        response.headers["x-path"] = request.url.path
        tasks.add_task(len, "abc")
        return "ok"

    @app.get("/html", response_class=HTMLResponse)
    async def read_html() -> str:
        return "<p>hello"

    @app.get("/response")
    async def read_response() -> Response:
        return JSONResponse({"a": 1})

    @app.get("/lines")
    async def stream_lines() -> AsyncIterator[Item]:
        yield Item(name="a")

    @app.get("/events", response_class=EventSourceResponse)
    async def stream_events() -> AsyncIterator[Item]:
        yield Item(name="a")


def add_errors(app: FastAPI) -> None:
    @app.get("/refused")
    async def refuse() -> None:
        raise HTTPException(403, "No", {"x-why": "because"})

    @app.get("/problem")
    async def fail() -> None:
        raise Problem

    @app.exception_handler(Problem)
    async def answer(request: Request, error: Problem) -> JSONResponse:
        return JSONResponse({"problem": True}, 418)


PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--x--'
GETS = {
    "/constant": 200,
    "/def": 200,
    "/items/3": 200,
    "/items/x": 422,
    "/headers": 200,
    "/graph": 200,
    "/yield": 200,
    "/class": 200,
    "/bearer": 200,
    "/user": 200,
    "/injected": 201,
    "/html": 200,
    "/response": 200,
    "/lines": 200,
    "/events": 200,
    "/refused": 403,
    "/problem": 418,
    "/inner/constant": 200,
    "/included/router/a": 200,
    "/custom": 200,
    "/nothing": 404,
}
POSTS: dict[str, tuple[Any, bytes]] = {
    "/json": (JSON, b'{"name": "a"}'),
    "/embedded": (JSON, b'{"item": {"name": "a"}, "weight": 1.5}'),
    "/form": ((*FORM, (b"content-length", b"6")), b"name=a"),
    "/upload": (MULTIPART, PART),
}
HEADERS = ((b"x-token", b"t"), (b"cookie", b"session=1"), (b"authorization", b"Bearer abc"))
REQUESTS = [
    *(Attack(path, path, query=b"tags=a", headers=HEADERS) for path in GETS),
    *(
        Attack(path, path, "POST", headers=given, body=body)
        for path, (given, body) in POSTS.items()
    ),
    Attack("method", "/constant", "PUT"),
]
EXPECTED = [*GETS.values(), *(200 for _ in POSTS), 405]


def ask_in_rounds(app: FastAPI, rounds: int, requests: list[Attack]) -> tuple[Calls, list[Answer]]:
    """What is called in the last round, and its answers."""

    async def run() -> tuple[Calls, list[Answer]]:
        with watched():  # so that worker threads are watched from their beginning
            for _ in range(rounds - 1):
                for request in requests:
                    await ask(app, request)
            with watched() as calls:
                answers = [await ask(app, request) for request in requests]
        return calls, answers

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(request, status, id=request.name)
        for request, status in zip(REQUESTS, EXPECTED, strict=True)
    ],
)
def test_nothing_is_inspected_after_the_first_request(request_: Attack, status: int) -> None:
    calls, (answer,) = ask_in_rounds(program(), 2, [request_])
    assert (answer.status, answer.error) == (status, None)
    assert calls.into("inspect", "typing", "typing_extensions") == set()
    assert calls.into("pronghorn.plan") == set()
    assert compiling(calls) == set()
    assert len(calls) > 0


def test_every_route_is_compiled_once_and_none_is_planned_by_a_request() -> None:
    app = program()
    _ = [route.plan for route in app.routes if isinstance(route, APIRoute)]
    with watched() as calls:
        ask_in_one_loop(app, 10)
    operations = len({request.path for request in REQUESTS}) - 3  # custom, 404, and /items twice
    assert calls.of("pronghorn.compile.http", "compile_route") == operations
    assert calls.of("pronghorn.compile.http", "HttpWriter.compile") == operations
    assert calls.of("pronghorn.plan.route", "plan_route") == 0


def ask_in_one_loop(app: FastAPI, rounds: int) -> None:
    async def run() -> None:
        for _ in range(rounds):
            for request in REQUESTS:
                await ask(app, request)

    asyncio.run(run())


def test_a_route_that_is_added_later_is_compiled_alone() -> None:
    app = program()
    ask_in_one_loop(app, 1)
    with watched() as calls:
        app.get("/later/{word}")(echo)
        later = Attack("later", "/later/x")
        assert asyncio.run(ask(app, later)).body == b'"x"'
        ask_in_one_loop(app, 2)
    assert calls.of("pronghorn.compile.http", "compile_route") == 1
    assert calls.of("pronghorn.plan.route", "plan_route") == 1


def test_a_changed_route_is_compiled_alone() -> None:
    app = program()
    ask_in_one_loop(app, 1)
    route: Any = next(route for route in app.routes if getattr(route, "path", "") == "/constant")
    route.status_code = 202
    with watched() as calls:
        assert asyncio.run(ask(app, Attack("changed", "/constant"))).status == 202
        ask_in_one_loop(app, 2)
    assert calls.of("pronghorn.compile.http", "compile_route") == 1


def test_overrides_compile_again_once_and_so_does_their_end() -> None:
    app = program()
    graph = [request for request in REQUESTS if request.path == "/graph"]
    asyncio.run(ask(app, graph[0]))
    app.dependency_overrides[get_number] = lambda: 10
    calls, (answer,) = ask_in_rounds(app, 2, graph)
    assert answer.body == b"50"
    assert calls.into("pronghorn.plan", "inspect") == set()
    app.dependency_overrides.clear()
    calls, (answer,) = ask_in_rounds(app, 2, graph)
    assert answer.body == b"5"
    assert calls.into("pronghorn.plan", "inspect") == set()


def test_a_class_with_its_own_request_handler_goes_the_general_way() -> None:
    app = FastAPI()
    app.add_api_route("/custom", constant, route_class_override=Wrapping)
    before = Wrapping.asked
    with watched() as calls:
        for _ in range(3):
            answer = asyncio.run(ask(app, Attack("custom", "/custom")))
    assert answer.header(b"x-wrapped") == b"yes"
    assert Wrapping.asked == before + 1
    assert calls.of("pronghorn.compile.http", "HttpWriter.compile") == 0
    assert calls.of("pronghorn.compile.general", "GeneralHandler.respond") == 3


def test_a_websocket_route_is_compiled_once() -> None:
    app = FastAPI()

    @app.websocket("/{room}")
    async def serve(
        websocket: WebSocket, room: str, n: Annotated[int, Depends(get_number)]
    ) -> None:
        await websocket.accept()
        await websocket.send_json([room, n])

    with watched() as calls:
        client = TestClient(app)
        for _ in range(5):
            with client.websocket_connect("/a?n=2") as connection:
                assert connection.receive_json() == ["a", 2]
    assert calls.of("pronghorn.compile.websocket", "compile_websocket") == 1
    assert calls.of("pronghorn.plan.route", "plan_websocket") == 0
