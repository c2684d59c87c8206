"""A limit on applications, routers, routes and parameters, and what its clients see."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from starlette.testclient import WebSocketDenialResponse

from pronghorn import APIRouter, Depends, FastAPI, Header, Request, Response, WebSocket
from pronghorn.exceptions import HTTPException, SetupError
from pronghorn.limits import Charged, Limits, RateLimit
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.responses import FileResponse, PlainTextResponse, StreamingResponse
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

POLICY = '"2-per-minute";q=2;w=60'
Declare = Callable[[FastAPI, Any, Any], str]


@pytest.fixture(autouse=True)
def limits() -> Limits:
    return Limits.memory()


async def user(x_user: Annotated[str, Header()] = "ann") -> str:
    return x_user


def on_application(app: FastAPI, limit: Any, endpoint: Any) -> str:
    inner = FastAPI(dependencies=[limit])
    inner.get("/a")(endpoint)
    app.mount("/inner", inner)
    return "/inner/a"


def on_route(app: FastAPI, limit: Any, endpoint: Any) -> str:
    app.get("/a", dependencies=[limit])(endpoint)
    return "/a"


def on_router(app: FastAPI, limit: Any, endpoint: Any) -> str:
    router, outer = APIRouter(prefix="/p", dependencies=[limit]), APIRouter()
    router.get("/a")(endpoint)
    outer.include_router(router)
    app.include_router(outer, prefix="/outer")
    return "/outer/p/a"


def on_inclusion(app: FastAPI, limit: Any, endpoint: Any) -> str:
    router = APIRouter()
    router.get("/a")(endpoint)
    app.include_router(router, dependencies=[limit])
    return "/a"


def on_parameter(app: FastAPI, limit: Any, endpoint: Any) -> str:
    def with_parameter(charged: Charged = limit, result: Any = Depends(endpoint)) -> Any:
        assert charged.cost == 1
        return result

    app.get("/a")(with_parameter)
    return "/a"


def on_dependency(app: FastAPI, limit: Any, endpoint: Any) -> str:
    async def around(charged: Any) -> Any:
        return charged

    around.__annotations__["charged"] = Annotated[Charged, limit]
    app.get("/a", dependencies=[Depends(around)])(endpoint)
    return "/a"


def behind_middleware(app: FastAPI, limit: Any, endpoint: Any) -> str:
    @app.middleware("http")
    async def add_header(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["X-Added"] = "yes"
        return response

    app.add_middleware(GZipMiddleware)
    return on_route(app, limit, endpoint)


def on_own_class(app: FastAPI, limit: Any, endpoint: Any) -> str:
    class OwnRoute(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Any:
                return await inner(request)

            return handle

    app.router.route_class = OwnRoute
    return on_route(app, limit, endpoint)


FORMS: list[Declare] = [
    on_application,
    on_route,
    on_router,
    on_inclusion,
    on_parameter,
    on_dependency,
    behind_middleware,
    on_own_class,
]


@pytest.mark.parametrize("declare", FORMS)
@pytest.mark.parametrize("kind", ["async", "def"])
def test_each_form(mode: str, declare: Declare, kind: str) -> None:
    app = FastAPI()
    runs: list[int] = []

    async def read() -> int:
        runs.append(1)
        return len(runs)

    def read_in_thread() -> int:
        runs.append(1)
        return len(runs)

    path = declare(app, RateLimit("2/minute", by=user), read if kind == "async" else read_in_thread)
    client = TestClient(app)
    for left in (1, 0):
        response = client.get(path)
        assert response.json() == 2 - left
        assert response.headers["ratelimit-policy"] == POLICY
        assert response.headers["ratelimit"] == f'"2-per-minute";r={left};t=60'
    refused = client.get(path)
    assert (refused.status_code, len(runs)) == (429, 2)
    assert refused.json() == {"detail": "Too many requests: 2 per minute. Try again in 60 s."}
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["ratelimit-policy"] == POLICY
    assert refused.headers["ratelimit"] == '"2-per-minute";r=0;t=60'
    assert client.get(path, headers={"X-User": "bob"}).status_code == 200


async def lines() -> AsyncIterator[str]:
    yield "a"
    yield "b"


@pytest.mark.parametrize("kind", ["value", "response", "stream", "generator", "nothing", "head"])
def test_all_answers_have_the_headers(mode: str, kind: str) -> None:
    app = FastAPI()
    limit = RateLimit("2/minute;9/day", by=user)
    made = PlainTextResponse("made once")

    async def read(response: Response) -> Any:
        response.headers["X-Own"] = "yes"
        answers: dict[str, Any] = {
            "response": made,
            "stream": StreamingResponse(iter(["a", "b"])),
            "nothing": Response(status_code=204),
        }
        return answers.get(kind, "value")

    status = 204 if kind == "nothing" else 200
    endpoint: Any = lines if kind == "generator" else read
    app.get("/", dependencies=[limit])(endpoint)
    client = TestClient(app)
    for left in (1, 0):
        response = client.head("/") if kind == "head" else client.get("/")
        assert response.status_code == status
        assert response.headers.get_list("ratelimit-policy") == [
            f'{POLICY}, "9-per-day";q=9;w=86400'
        ]
        rest = f'"2-per-minute";r={left};t=60, "9-per-day";r={left + 7};t=86400'
        assert response.headers.get_list("ratelimit") == [rest]
    assert client.get("/").status_code == 429
    assert "ratelimit" not in made.headers


def test_one_object_is_one_limit_and_others_are_others() -> None:
    app = FastAPI(dependencies=[RateLimit("5/minute", by=user)])
    first, second = RateLimit("2/minute", by=user), RateLimit("2/minute", by=user)
    assert first.name != second.name

    async def read() -> int:
        return 1

    for path, limit in (("/a", first), ("/b", first), ("/c", second)):
        app.get(path, dependencies=[limit])(read)
    client = TestClient(app)
    found = [client.get(path).status_code for path in ("/a", "/b", "/a", "/c", "/c")]
    assert found == [200, 200, 429, 200, 200]
    assert client.get("/c").json()["detail"].startswith("Too many requests: 5 per minute.")


def test_a_refusal_by_one_quota_takes_nothing_from_another() -> None:
    app = FastAPI()
    app.get("/", dependencies=[RateLimit("1/hour;2/day", by=user)])(lambda: 1)
    client = TestClient(app)
    assert [client.get("/").status_code for _ in range(4)] == [200, 429, 429, 429]
    assert '"1-per-hour"' in client.get("/").headers["ratelimit"]
    assert '"2-per-day"' not in client.get("/").headers["ratelimit"]


def test_websockets(mode: str) -> None:
    app = FastAPI()

    @app.websocket("/ws", dependencies=[RateLimit("1/minute", by=user)])
    async def connect(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    client = TestClient(app)
    with client.websocket_connect("/ws") as websocket:
        assert websocket.receive_text() == "hello"
    with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/ws"):
        pass
    assert caught.value.status_code == 429
    assert caught.value.headers["retry-after"] == "60"


def test_costs(mode: str) -> None:
    app = FastAPI()

    async def reserve(tokens: int) -> int:
        return tokens

    app.get("/", dependencies=[RateLimit("100/minute", by=user, cost=reserve)])(lambda: 1)
    client = TestClient(app)
    found = [client.get("/", params={"tokens": tokens}) for tokens in (60, 50, 40, 0, 1)]
    assert [one.status_code for one in found] == [200, 429, 200, 200, 429]
    too_large = client.get("/", params={"tokens": 10**30})
    assert too_large.status_code == 429
    assert "retry-after" not in too_large.headers
    assert "more than the whole limit" in too_large.json()["detail"]
    with pytest.raises(TypeError, match="must be a number from 0 on, not -1"):
        client.get("/", params={"tokens": -1})


class Settled:
    """A program that learns the real cost of a request afterwards, in several ways."""

    def __init__(self, way: str) -> None:
        self.app = FastAPI()
        self.known: int | None = None
        settle: Any = {"function": self.tell, "coroutine": self.tell_later}.get(way)
        limit = RateLimit("100/minute", by=user, cost=50, settle=settle)

        async def answer(used: int, charged: Charged = limit, fails: bool = False) -> Any:
            self.known = used
            if way == "parameter":
                charged.used = used
            if fails:
                raise HTTPException(418)
            return StreamingResponse(self.stream(charged, used, way))

        self.app.get("/")(answer)

    def tell(self, connection: Any) -> int | None:
        """Return the real cost."""
        assert connection.url.path == "/"
        return self.known

    async def tell_later(self, connection: Any) -> int | None:
        """Return the real cost."""
        return self.tell(connection)

    async def stream(self, charged: Charged, used: int, way: str) -> AsyncIterator[str]:
        """Yield tokens; their number is known at the end."""
        yield "token"
        if way == "stream":
            charged.used = used


@pytest.mark.parametrize("way", ["function", "coroutine", "parameter", "stream"])
def test_the_real_cost_is_known_afterwards(mode: str, way: str) -> None:
    client = TestClient(Settled(way).app)
    assert client.get("/", params={"used": 10}).headers["ratelimit"] == '"100-per-minute";r=50;t=60'
    assert client.get("/", params={"used": 85}).headers["ratelimit"] == '"100-per-minute";r=40;t=60'
    assert client.get("/", params={"used": 0}).status_code == 429
    assert client.get("/", headers={"X-User": "b"}, params={"used": 150}).status_code == 200
    assert client.get("/", headers={"X-User": "b"}, params={"used": 0}).status_code == 429
    if way != "stream":
        fails = {"used": 20, "fails": True}
        for status in (418, 418, 418, 429):
            response = client.get("/", headers={"X-User": "c"}, params=fails)
            assert response.status_code == status


@pytest.mark.parametrize("known", [None, -1, "many", True])
def test_a_cost_that_is_not_known_stays(caplog: pytest.LogCaptureFixture, known: Any) -> None:
    app = FastAPI()
    limit = RateLimit("100/minute", by=user, cost=50, settle=lambda connection: known)
    app.get("/", dependencies=[limit])(lambda: 1)
    client = TestClient(app)
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
    assert len(caplog.records) == (0 if known is None else 2)


def test_the_document() -> None:
    app = FastAPI(dependencies=[RateLimit("5/minute", by=user)])
    own = {429: {"description": "Own", "headers": {"X": {"schema": {"type": "string"}}}}}

    @app.get("/a", dependencies=[RateLimit("50/day", by=user)])
    async def a() -> int:
        return 1

    @app.get("/b", responses=own)
    async def b() -> int:
        return 1

    @app.get("/c", dependencies=[RateLimit("50/day", by=user, on_store_error="closed")])
    async def c() -> int:
        return 1

    paths = app.openapi()["paths"]
    assert set(paths["/a"]["get"]["responses"]) == {"200", "422", "429"}
    assert set(paths["/c"]["get"]["responses"]) == {"200", "422", "429", "503"}
    responses = paths["/a"]["get"]["responses"]
    assert set(responses["200"]["headers"]) == {"RateLimit", "RateLimit-Policy"}
    assert set(responses["429"]["headers"]) == {"Retry-After", "RateLimit", "RateLimit-Policy"}
    assert responses["429"]["description"] == "Too Many Requests: 5 per minute"
    assert "application/json" in responses["429"]["content"]
    declared = paths["/b"]["get"]["responses"]["429"]
    assert declared["description"] == "Own"
    assert set(declared["headers"]) == {"Retry-After", "RateLimit", "RateLimit-Policy", "X"}


@pytest.fixture
def overridden() -> FastAPI:
    app = FastAPI()
    limit = RateLimit("1/minute", by=user)
    app.get("/", dependencies=[limit])(lambda: 1)
    app.dependency_overrides[limit.dependency] = lambda: None
    return app


def test_tests_may_override_a_limit(overridden: FastAPI) -> None:
    client = TestClient(overridden)
    assert [client.get("/").status_code for _ in range(3)] == [200] * 3


def test_trio(mode: str) -> None:
    app = FastAPI()
    app.get("/", dependencies=[RateLimit("1/minute", by=user)])(lambda: 1)
    with TestClient(app, backend="trio") as client:
        assert [client.get("/").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("declare", [on_application, on_route, on_router])
@pytest.mark.parametrize("handler", [None, Exception, 500])
def test_an_unhandled_error_has_the_headers(declare: Declare, handler: Any, mode: str) -> None:
    app = FastAPI()

    async def answer(request: Request, error: Exception) -> Response:
        return PlainTextResponse("sorry", 500)

    if handler is not None:
        app.add_exception_handler(handler, answer)

    async def fail() -> None:
        raise ValueError("not handled")

    path = declare(app, RateLimit("2/minute"), fail)
    with TestClient(app, raise_server_exceptions=False) as client:
        found = [client.get(path) for _ in range(3)]
    assert [one.status_code for one in found] == [500, 500, 429]
    for one, left in zip(found, ("1", "0", "0"), strict=True):
        assert one.headers.get_list("ratelimit-policy") == [POLICY]
        assert [one.split(";")[1] for one in one.headers.get_list("ratelimit")] == [f"r={left}"]


@pytest.mark.parametrize("is_thread", [False, True])
@pytest.mark.parametrize("handler", [None, 504])
def test_a_timeout_has_the_headers(is_thread: bool, handler: Any, mode: str) -> None:
    app = FastAPI()
    over = threading.Event()

    async def answer(request: Request, error: Exception) -> Response:
        return PlainTextResponse("too late", 504)

    if handler is not None:
        app.add_exception_handler(handler, answer)

    async def wait() -> None:
        await asyncio.Event().wait()

    def wait_in_thread() -> None:
        over.wait(0.5)  # The client waits for the thread, which cannot be interrupted.

    endpoint = wait_in_thread if is_thread else wait
    app.get("/", timeout=0.05, dependencies=[RateLimit("2/minute")])(endpoint)
    with TestClient(app) as client:
        found = client.get("/")
        over.set()
    assert found.status_code == 504
    assert found.headers.get_list("ratelimit-policy") == [POLICY]
    assert found.headers["ratelimit"].startswith('"2-per-minute";r=1;t=')


def test_an_error_without_a_charge_has_none() -> None:
    app = FastAPI()

    async def broken() -> str:
        raise ValueError("not handled")

    app.get("/", dependencies=[RateLimit("2/minute", by=broken)])(lambda: None)
    app.get("/other")(lambda: 1 / 0)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/", "/other"):
            found = client.get(path)
            assert (found.status_code, found.headers.get("ratelimit")) == (500, None)


def test_a_file_that_the_server_sends_has_the_headers() -> None:
    app = FastAPI()

    @app.get("/", dependencies=[RateLimit("2/minute")])
    async def read() -> FileResponse:
        return FileResponse(__file__)

    sent: list[Any] = []
    content = Path(__file__).read_bytes()

    async def through(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.pathsend":
                message = {"type": "http.response.body", "body": content}
            await send(message)

        if scope["type"] == "http":
            scope["extensions"] = {"http.response.pathsend": {}}
            await app(scope, receive, note)

    assert TestClient(through).get("/").headers["ratelimit-policy"] == POLICY
    assert [message["type"] for message in sent] == [
        "http.response.start",
        "http.response.pathsend",
    ]


class Row:
    """A user without a text of its own, as a row of the ORM is one."""


async def a_coroutine() -> None: ...


@pytest.mark.parametrize("who", [Row(), (7, Row()), {"user": Row()}, a_coroutine, print])
def test_a_client_needs_a_text_that_stays_the_same(mode: str, who: Any) -> None:
    """Its limit would begin anew with each request, and never be reached."""
    app = FastAPI()
    app.get("/", dependencies=[RateLimit("1/minute", by=lambda: who)])(lambda: 1)
    with pytest.raises(SetupError, match="was to say whose request it is"):
        TestClient(app).get("/")


@pytest.mark.parametrize("who", [None, 7, "\ud800", (1, "a"), UUID(int=7), ip_address("::1")])
def test_whatever_has_a_text_may_be_a_client(mode: str, who: Any) -> None:
    app = FastAPI()
    app.get("/", dependencies=[RateLimit("1/minute", by=lambda: who)])(lambda: 1)
    client = TestClient(app)
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]
