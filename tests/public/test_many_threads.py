"""Many threads, each with its own event loop, send first requests and change declarations."""

import sys
import time
from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, GetJsonSchemaHandler
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn import APIRouter, Depends, FastAPI
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

THREADS = 8


@pytest.fixture(autouse=True)
def frequent_switches() -> Iterator[None]:
    """Let Python switch between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_in_threads(function: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """Call a function in several threads at the same time; return what each call returned.

    Args:
        function: Called with the number of its thread.
        count: The number of threads.

    Raises:
        Exception: The first error of a call.
    """
    barrier = Barrier(count)
    results: list[Any] = [None] * count
    errors: list[BaseException] = []

    def call(number: int) -> None:
        try:
            barrier.wait()
            results[number] = function(number)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            errors.append(error)

    threads = [Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
    return results


def run_in_another_thread(function: Callable[[], Any]) -> None:
    """Call a function in another thread and wait for it."""
    thread = Thread(target=function)
    thread.start()
    thread.join()


def app_of(routes: int) -> FastAPI:
    """Return an application with routes that nobody has requested yet."""
    router = APIRouter(prefix="/inside")

    def shared(q: int = 1) -> int:
        return q

    for number in range(routes):

        def read(
            item_id: int, q: Annotated[int, Depends(shared)], number: int = number
        ) -> list[int]:
            return [number, item_id, q]

        router.get(f"/{number}/{{item_id}}", name=f"read_{number}")(read)
    app = FastAPI()
    app.include_router(router, prefix="/outer")
    return app


@pytest.mark.usefixtures("mode")
def test_first_requests_of_many_threads() -> None:
    app = app_of(routes=12)

    def ask(_: int) -> list[Any]:
        client = TestClient(app)
        return [client.get(f"/outer/inside/{number}/7?q=3").json() for number in range(12)]

    assert run_in_threads(ask) == [[[number, 7, 3] for number in range(12)]] * THREADS


def test_layers_and_handlers_are_made_once() -> None:
    made: list[str] = []

    class Layer:
        def __init__(self, app: ASGIApp) -> None:
            made.append("layer")
            time.sleep(0.01)
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

    class Counted(APIRoute):
        def get_route_handler(self) -> Any:
            made.append("handler")
            time.sleep(0.01)
            return super().get_route_handler()

    app = FastAPI()
    app.router.route_class = Counted
    app.add_middleware(Layer)

    @app.get("/")
    async def read() -> str:
        return "read"

    assert run_in_threads(lambda _: TestClient(app).get("/").json()) == ["read"] * THREADS
    assert made == ["layer", "handler"]


def test_a_first_document_of_many_threads_is_written_once() -> None:
    written: list[int] = []

    class Item(BaseModel):
        name: str

        @classmethod
        def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
            written.append(1)
            time.sleep(0.01)
            return handler(schema)

    app = FastAPI()

    @app.get("/")
    async def read() -> Item:
        return Item(name="a")

    documents = run_in_threads(lambda _: app.openapi())
    assert all(document is documents[0] for document in documents)
    assert len(written) == 1
    assert run_in_threads(lambda _: TestClient(app).get("/openapi.json").json()) == documents


def test_a_route_that_is_added_while_the_document_is_written_is_in_the_next_one() -> None:
    app = FastAPI()
    added: list[bool] = []

    def add() -> None:
        app.get("/late")(lambda: None)

    class Item(BaseModel):
        name: str

        @classmethod
        def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
            if not added:
                added.append(True)
                run_in_another_thread(add)
            return handler(schema)

    @app.get("/")
    async def read() -> Item:
        return Item(name="a")

    app.openapi()
    assert set(app.openapi()["paths"]) == {"/", "/late"}


def test_a_route_that_changes_while_it_is_planned_is_planned_again() -> None:
    app = FastAPI()
    changes: list[Callable[[], Any]] = []

    def make_id(route: APIRoute) -> str:
        if changes:
            run_in_another_thread(changes.pop())
        return str(route.name)

    @app.get("/", generate_unique_id_function=make_id)
    async def read() -> str:
        return "before"

    async def other() -> str:
        return "after"

    route: Any = app.routes[-1]
    changes.append(lambda: setattr(route, "endpoint", other))
    route.summary = "Planned again"
    route.status_code = 200
    client = TestClient(app)
    client.get("/")
    assert client.get("/").json() == "after"


def test_a_route_whose_operation_id_changes_it_stays_planned() -> None:
    app = FastAPI()
    calls: list[int] = []

    def make_id(route: APIRoute) -> str:
        calls.append(1)
        route.tags = ["numbered"]
        return str(route.name)

    @app.get("/", generate_unique_id_function=make_id)
    async def read() -> str:
        return "read"

    client = TestClient(app)
    client.get("/")
    before = len(calls)
    assert [client.get("/").json() for _ in range(3)] == ["read"] * 3
    assert len(calls) == before


def test_all_threads_see_the_same_routes_and_graphs() -> None:
    for _ in range(20):
        app = app_of(routes=5)
        seen = run_in_threads(
            lambda _, app=app: [(id(r), id(getattr(r, "dependant", None))) for r in app.routes]
        )
        assert all(one == seen[0] for one in seen)


def test_routes_that_are_added_during_requests_are_found_at_once() -> None:
    app = app_of(routes=3)

    def work(thread: int) -> None:
        client = TestClient(app)
        for number in range(10):
            path = f"/added/{thread}/{number}"
            app.get(path)(lambda path=path: path)
            assert client.get(path).json() == path
            assert client.get("/outer/inside/1/2").json() == [1, 2, 1]
            assert path in app.openapi()["paths"]

    run_in_threads(work, count=4)
    assert len(app.openapi()["paths"]) == 3 + 4 * 10


def test_overrides_that_are_set_during_requests_apply_to_the_next_one() -> None:
    app = FastAPI()

    def value() -> str:
        return "original"

    @app.get("/")
    async def read(found: Annotated[str, Depends(value)]) -> str:
        return found

    done: list[bool] = []

    def ask(thread: int) -> None:
        client = TestClient(app)
        if thread:
            while not done:
                assert client.get("/").json() in {"original", "override"}
            return
        try:
            for _ in range(20):
                app.dependency_overrides[value] = lambda: "override"
                assert client.get("/").json() == "override"
                app.dependency_overrides.clear()
                assert client.get("/").json() == "original"
        finally:
            done.append(True)

    run_in_threads(ask, count=4)


def test_a_route_class_may_send_a_request_while_its_handler_is_made() -> None:
    """What runs in the thread that compiles, such as a signal handler, may need the same lock."""
    app = FastAPI()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    class Asking(APIRoute):
        def get_route_handler(self) -> Any:
            path = {"path": "/plain", "raw_path": b"/plain", "root_path": "", "query_string": b""}
            scope = {"type": "http", "method": "GET", "headers": [], **path}
            with pytest.raises(StopIteration):
                app(scope, receive, send).send(None)  # type: ignore[attr-defined]  # a coroutine
            return super().get_route_handler()

    app.add_api_route("/asking", lambda: "asked", route_class_override=Asking)

    @app.get("/plain")
    async def read() -> str:
        return "plain"

    assert TestClient(app).get("/asking").json() == "asked"
    assert sent[0]["status"] == 200
