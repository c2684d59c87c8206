"""A task is kept exactly where FastAPI runs it: each program here runs on both."""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from starlette.responses import JSONResponse, StreamingResponse

import pronghorn
from pronghorn import BackgroundTasks
from tests.background.shop import DONE, Shop, note

pytestmark = pytest.mark.usefixtures("mode")
Build = Callable[[ModuleType, Any], None]
PROGRAMS: dict[str, tuple[Build, str]] = {}


class Item(BaseModel):
    """The result of endpoints."""

    name: str


def program(path: str = "POST /") -> Callable[[Build], Build]:
    """Register a program, and the request that it gets."""

    def register(build: Build) -> Build:
        PROGRAMS[build.__name__] = build, path
        return build

    return register


@program()
def returns(f: ModuleType, app: Any) -> None:
    @app.post("/", response_model=Item)
    async def create(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "first")
        tasks.add_task(note, text="second")
        return {"name": "lamp"}


@program()
def returns_from_a_thread(f: ModuleType, app: Any) -> None:
    @app.post("/", status_code=202)
    def create(tasks: f.BackgroundTasks, response: f.Response) -> None:
        response.headers["x-added"] = "1"
        tasks.add_task(note, "thread")


@program()
def returns_no_content(f: ModuleType, app: Any) -> None:
    @app.post("/", status_code=204)
    async def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "204")


@program()
def returns_a_response_with_an_error(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> JSONResponse:
        tasks.add_task(note, "500")
        return JSONResponse("no", 500)


@program()
def returns_the_tasks(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> JSONResponse:
        tasks.add_task(note, "given")
        return JSONResponse("yes", background=tasks)


@program()
def returns_a_stream(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> StreamingResponse:
        def chunks() -> Iterator[str]:
            yield "a"
            tasks.add_task(note, "inside")

        tasks.add_task(note, "before")
        return StreamingResponse(chunks())


@program()
def yields(f: ModuleType, app: Any) -> None:
    def tell(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "dependency")

    @app.post("/", dependencies=[f.Depends(tell)])
    async def create(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "begin")
        yield {"name": "lamp"}
        tasks.add_task(note, "end")


@program()
def yields_and_fails(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "begin")
        yield {"name": "lamp"}
        raise ValueError("no")


@program()
def raises_in_the_endpoint(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "never")
        raise f.HTTPException(400)


@program()
def raises_what_a_handler_answers(f: ModuleType, app: Any) -> None:
    @app.exception_handler(KeyError)
    async def answer(request: Any, error: KeyError) -> JSONResponse:
        return JSONResponse("handled", 200)

    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "handled")
        raise KeyError


@program()
def raises_unhandled(f: ModuleType, app: Any) -> None:
    @app.post("/")
    def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "unhandled")
        raise ValueError("no")


@program("POST /?number=x")
def invalid_input(f: ModuleType, app: Any) -> None:
    async def tell(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "before the input")

    @app.post("/", dependencies=[f.Depends(tell)])
    async def create(number: int) -> None: ...


@program()
def invalid_result(f: ModuleType, app: Any) -> None:
    @app.post("/", response_model=Item)
    async def create(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "invalid")
        return {"name": 1, "more": object()}


@program()
def result_without_form(f: ModuleType, app: Any) -> None:
    @app.post("/")
    async def create(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "no JSON")
        return JSONResponse(object())


@program("POST /orders/")
def dependencies(f: ModuleType, app: Any) -> None:
    class Mailer:
        def __init__(self, tasks: f.BackgroundTasks) -> None:
            self.tasks = tasks
            tasks.add_task(note, "class")

    async def get_mailer(mailer: Annotated[Mailer, f.Depends()]) -> Any:
        mailer.tasks.add_task(note, "nested")
        yield mailer
        mailer.tasks.add_task(note, "after the response")

    async def function(tasks: f.BackgroundTasks) -> Any:
        tasks.add_task(note, "before the endpoint")
        yield
        tasks.add_task(note, "after the endpoint")

    router = f.APIRouter(
        prefix="/orders",
        dependencies=[f.Depends(get_mailer), f.Depends(function, scope="function")],
    )

    @router.post("/")
    async def create(tasks: f.BackgroundTasks, mailer: Mailer = f.Depends()) -> None:
        assert mailer.tasks is tasks
        tasks.add_task(note, "endpoint")

    outer = f.APIRouter()
    outer.include_router(router)
    app.include_router(outer)


def exits(f: ModuleType, app: Any, *, scope: str, swallows: bool) -> None:
    async def watch() -> Any:
        try:
            yield
        except ValueError:
            if not swallows:
                raise f.HTTPException(409) from None

    @app.post("/", dependencies=[f.Depends(watch, scope=scope)])
    async def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "never")
        raise ValueError("no")


@program()
def a_function_dependency_raises_another_error(f: ModuleType, app: Any) -> None:
    exits(f, app, scope="function", swallows=False)


@program()
def a_function_dependency_swallows_the_error(f: ModuleType, app: Any) -> None:
    exits(f, app, scope="function", swallows=True)


@program()
def a_request_dependency_swallows_the_error(f: ModuleType, app: Any) -> None:
    exits(f, app, scope="request", swallows=True)


def fails_at_exit(f: ModuleType, app: Any, *, scope: str, swallows: bool) -> None:
    async def outer() -> Any:
        try:
            yield
        except ValueError:
            if not swallows:
                raise

    async def inner(before: Annotated[None, f.Depends(outer, scope=scope)]) -> Any:
        yield
        raise ValueError("no")

    @app.post("/", dependencies=[f.Depends(inner, scope=scope)])
    async def create(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "at the exit")


@program()
def a_function_dependency_fails_at_its_exit(f: ModuleType, app: Any) -> None:
    fails_at_exit(f, app, scope="function", swallows=False)


@program()
def a_function_dependency_swallows_the_error_of_another_one(f: ModuleType, app: Any) -> None:
    fails_at_exit(f, app, scope="function", swallows=True)


@program()
def a_request_dependency_fails_at_its_exit(f: ModuleType, app: Any) -> None:
    fails_at_exit(f, app, scope="request", swallows=False)


@program()
def a_dependency_fails_before_the_endpoint(f: ModuleType, app: Any) -> None:
    async def swallow() -> Any:
        with contextlib.suppress(ValueError):
            yield

    async def fail(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "never")
        raise ValueError("no")

    @app.post(
        "/", dependencies=[f.Depends(swallow, scope="function"), f.Depends(fail, scope="function")]
    )
    async def create(tasks: f.BackgroundTasks) -> None: ...


@program()
def a_middleware_passes_on(f: ModuleType, app: Any) -> None:
    returns(f, app)

    @app.middleware("http")
    async def pass_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)


@program()
def a_route_class_of_the_program(f: ModuleType, app: Any) -> None:
    routing = importlib.import_module(f"{f.__name__}.routing")

    class Route(routing.APIRoute):  # type: ignore[misc,name-defined]  # the class of a variable
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Any) -> Any:
                response = await inner(request)
                response.headers["x-class"] = "own"
                return response

            return handle

    router = f.APIRouter(route_class=Route)
    returns(f, router)
    app.include_router(router)


@program("GET /ws")
def a_websocket(f: ModuleType, app: Any) -> None:
    async def tell(tasks: f.BackgroundTasks) -> None:
        tasks.add_task(note, "dependency")

    @app.websocket("/ws", dependencies=[f.Depends(tell)])
    async def connect(websocket: f.WebSocket, tasks: f.BackgroundTasks) -> None:
        await websocket.accept()
        tasks.add_task(note, "connection")
        await websocket.close()


def ask(f: ModuleType, app: Any, request: str) -> int:
    method, path = request.split()
    client = importlib.import_module(f"{f.__name__}.testclient").TestClient
    with client(app, raise_server_exceptions=False) as caller:
        if path == "/ws":
            with caller.websocket_connect(path) as websocket:
                return int(websocket.receive()["code"])
        status: int = caller.request(method, path).status_code
        return status


def run_on_fastapi(build: Build, request: str) -> tuple[int, list[Any]]:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    build(fastapi, app)
    return ask(fastapi, app, request), DONE.copy()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_task_is_kept_where_fastapi_runs_it(small_shop: Shop, name: str) -> None:
    build, request = PROGRAMS[name]
    expected = run_on_fastapi(build, request)
    DONE.clear()
    app = small_shop.make_app()
    build(pronghorn, app)
    status = ask(pronghorn, app, request)
    _, kept = small_shop.read()
    assert (status, kept, DONE) == (expected[0], sorted(expected[1]), [])


def test_a_stream_that_fails_keeps_what_was_added_before_it(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/")
    async def create(tasks: BackgroundTasks) -> StreamingResponse:
        async def chunks() -> Any:
            yield "a"
            tasks.add_task(note, "inside")
            raise ValueError("no")

        tasks.add_task(note, "before")
        return StreamingResponse(chunks())

    assert ask(pronghorn, app, "POST /") == 200
    assert small_shop.read() == ([], ["before"])
