"""The scope has the exit stacks that FastAPI leaves there for libraries."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    Request,
    Response,
    UploadFile,
    routing,
)
from pronghorn.compile.explain import explain_plan
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

OUTERMOST = "fastapi_middleware_astack"
STACKS = ["fastapi_function_astack", "fastapi_inner_astack", OUTERMOST]


def register(request: Request, events: list[str]) -> None:
    """Have an event for the end of each of the three stacks."""
    for name in STACKS:
        stack: AsyncExitStack = request.scope[name]
        stack.callback(events.append, name)


def by_class(events: list[str]) -> FastAPI:
    """A route class that builds its own handler may ask for the stacks anywhere."""

    class ByClass(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
            handle = super().get_route_handler()

            async def handler(request: Request) -> Response:
                register(request, events)
                return await handle(request)

            return handler

    app = FastAPI()
    app.router.route_class = ByClass
    return app


def by_name(events: list[str]) -> FastAPI:
    """Other routes have the stacks where one of their functions names one of them."""

    def named(request: Request) -> None:
        assert "fastapi_inner_astack" in request.scope
        register(request, events)

    return FastAPI(dependencies=[Depends(named)])


@pytest.mark.parametrize("make", [by_class, by_name])
def test_closed_in_the_order_of_fastapi(make: Callable[[list[str]], FastAPI]) -> None:
    events: list[str] = []
    app = make(events)

    async def dependency() -> AsyncIterator[None]:
        yield
        events.append("dependency")

    @app.get("/", dependencies=[Depends(dependency)])
    async def endpoint(background: BackgroundTasks) -> str:
        background.add_task(events.append, "background task")
        return "ok"

    client = TestClient(app)
    for _ in range(2):
        events.clear()
        assert client.get("/").json() == "ok"
        assert events == [STACKS[0], "background task", "dependency", STACKS[1], OUTERMOST]


@pytest.mark.parametrize(
    ("on_error", "seen"), [("raise", ValueError), ("other", KeyError), ("swallow", None)]
)
def test_outermost_stack_sees_the_error(on_error: str, seen: type[Exception] | None) -> None:
    app = FastAPI()
    events: list[str] = []

    @asynccontextmanager
    async def transaction() -> AsyncIterator[None]:
        try:
            yield
        except ValueError:
            events.append("rolled back")
            if on_error == "other":
                raise KeyError("exit") from None
            if on_error == "raise":
                raise

    @app.get("/")
    async def endpoint(request: Request) -> None:
        await request.scope["fastapi_middleware_astack"].enter_async_context(transaction())
        raise ValueError("endpoint")

    @app.middleware("http")
    async def around(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    client = TestClient(app)
    with pytest.raises(seen or RuntimeError) as raised:
        client.get("/")
    assert events == ["rolled back"]
    if seen is None:
        assert "No response returned" in str(raised.value)


def test_router_of_its_own_finds_the_outermost_stack() -> None:
    events: list[str] = []

    class Root(APIRouter):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            scope[OUTERMOST].callback(events.append, "closed")
            await self.app(scope, receive, send)
            events.append("answered")

    class Found(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
            handle = super().get_route_handler()

            async def handler(request: Request) -> Response:
                request.scope[OUTERMOST].callback(events.append, "route")
                return await handle(request)

            return handler

    app = FastAPI()
    app.router.__class__ = Root
    app.router.route_class = Found

    @app.get("/")
    async def endpoint() -> int:
        return 1

    assert TestClient(app).get("/").json() == 1
    assert events == ["answered", "route", "closed"]


@pytest.mark.parametrize("fails", [False, True])
def test_function_of_a_form_finds_the_outermost_stack(fails: bool) -> None:
    events: list[str] = []
    app = FastAPI()

    def keep(scope: Scope) -> None:
        scope[OUTERMOST].callback(events.append, "closed")

    @app.post("/")
    async def endpoint(request: Request, upload: UploadFile) -> bool:
        keep(request.scope)
        events.append("open" if not upload.file.closed else "gone")
        if fails:
            raise ValueError
        return True

    client = TestClient(app, raise_server_exceptions=False)
    for _ in range(2):
        events.clear()
        answer = client.post("/", files={"upload": b"text"})
        assert answer.status_code == (500 if fails else 200)
        assert events == ["open", "closed"]


def test_a_middleware_that_calls_the_application_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a library runs in the second call is closed at the end of that call."""
    events: list[str] = []

    async def dependency(request: Request) -> AsyncIterator[None]:
        events.append(f"open in {request.url.path}")
        yield
        events.append("closed")

    async def endpoint() -> str:
        events.append("endpoint")
        return "first"

    app = FastAPI()
    app.get("/first", dependencies=[Depends(dependency)])(endpoint)
    first = app.routes[-1]
    assert isinstance(first, APIRoute)
    inner = first.get_route_handler()
    original = routing.get_request_handler

    def get_request_handler(*arguments: Any, **options: Any) -> Any:
        ours = original(*arguments, **options)

        async def handle(request: Request) -> Response:
            if request.url.path == "/second":
                return await inner(request)
            return await ours(request)

        return handle

    app.get("/second")(lambda: "never called")
    monkeypatch.setattr(routing, "get_request_handler", get_request_handler)

    async def twice(scope: Scope, receive: Receive, send: Send) -> None:
        async def drop(message: Any) -> None:
            pass

        if scope["type"] == "http":
            await app(scope, receive, drop)
            events.append("again")
            scope["path"] = "/second"
        await app(scope, receive, send)

    assert TestClient(twice).get("/first").json() == "first"
    half = ["endpoint", "closed"]
    assert events == ["open in /first", *half, "again", "open in /second", *half]


@pytest.mark.parametrize("watch", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_handler_outside_of_a_route_has_nowhere_to_leave_exit_code(
    monkeypatch: pytest.MonkeyPatch, watch: bool, is_async: bool
) -> None:
    called: list[str] = []

    async def first() -> None:
        called.append("first")

    async def later() -> AsyncIterator[None]:
        called.append("later")
        yield

    def later_in_thread() -> Iterator[None]:
        called.append("later")
        yield

    app = FastAPI()
    dependencies = [Depends(first), Depends(later if is_async else later_in_thread)]

    @app.get("/", dependencies=dependencies)
    async def endpoint(number: int) -> None:
        called.append("endpoint")

    if watch:
        replacement = partial(routing.serialize_response)
        monkeypatch.setattr(routing, "serialize_response", replacement)
    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    handle = route.get_route_handler()

    about = {"type": "http", "method": "GET", "path": "/", "headers": [], "path_params": {}}
    request = Request({**about, "query_string": b"number=1"})
    with pytest.raises(RuntimeError, match="yields, but nothing would run its exit code"):
        anyio.run(handle, request)
    assert called == ["first"]


def test_explained() -> None:
    app = by_name([])

    @app.get("/")
    async def endpoint() -> None: ...

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    assert explain_plan(route.plan, "GET /").detours[0] == (
        "a function takes an exit stack out of the scope, so the request is answered step by "
        "step, not by the handler above"
    )
