"""The thread and the context in which each function of a route runs."""

import threading
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from anyio.to_thread import current_default_thread_limiter

from pronghorn import Depends, FastAPI
from pronghorn.compile.explain import explain_plan
from pronghorn.testclient import TestClient

current: ContextVar[str] = ContextVar("current", default="unset")


pytestmark = pytest.mark.usefixtures("mode")


def test_def_functions_in_a_row_share_one_hop(mode: str) -> None:
    threads: list[int] = []

    def first() -> int:
        threads.append(threading.get_ident())
        return 1

    def second(one: Annotated[int, Depends(first)]) -> int:
        threads.append(threading.get_ident())
        return one + 1

    app = FastAPI()

    @app.get("/")
    def read(two: Annotated[int, Depends(second)]) -> dict[str, int]:
        threads.append(threading.get_ident())
        return {"two": two, "main": int(threading.current_thread() is threading.main_thread())}

    client = TestClient(app)
    assert client.get("/").json() == {"two": 2, "main": 0}
    if mode == "compiled":
        source = compiled_source(app)
        assert source.count("await run_in_thread(in_thread)") == 1
        assert len(set(threads)) == 1


def compiled_source(app: FastAPI) -> str:
    """The generated source of the first operation."""
    route: Any = next(route for route in app.routes if hasattr(route, "plan"))
    return explain_plan(route.plan, "first").source


def test_a_coroutine_between_them_divides_the_hops() -> None:
    order: list[str] = []

    def first() -> None:
        order.append(f"first {is_loop()}")

    async def between(one: Annotated[None, Depends(first)]) -> None:
        order.append(f"between {is_loop()}")

    def last(two: Annotated[None, Depends(between)]) -> None:
        order.append(f"last {is_loop()}")

    app = FastAPI()

    @app.get("/")
    async def read(three: Annotated[None, Depends(last)]) -> None:
        order.append(f"endpoint {is_loop()}")

    TestClient(app).get("/")
    assert order == ["first False", "between True", "last False", "endpoint True"]


def is_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_each_def_function_has_a_context_of_its_own() -> None:
    def setter() -> str:
        before = current.get()
        current.set("changed")
        return before

    def reader(one: Annotated[str, Depends(setter)]) -> str:
        before = current.get()
        current.set("changed again")
        return before

    app = FastAPI()

    @app.get("/")
    def read(one: Annotated[str, Depends(setter)], two: Annotated[str, Depends(reader)]) -> Any:
        return [one, two, current.get()]

    client = TestClient(app)
    assert client.get("/").json() == ["unset", "unset", "unset"]
    assert client.get("/").json() == ["unset", "unset", "unset"]


def test_what_a_coroutine_sets_is_seen_by_everything_after_it() -> None:
    async def setter() -> None:
        current.set("set")

    def reader(one: Annotated[None, Depends(setter)]) -> str:
        return current.get()

    app = FastAPI()

    @app.get("/")
    def read(two: Annotated[str, Depends(reader)]) -> Any:
        return [two, current.get()]

    assert TestClient(app).get("/").json() == ["set", "set"]


def test_threads_are_taken_from_the_limiter_that_programs_change() -> None:
    app = FastAPI()
    seen: list[float] = []

    @app.get("/limit/{tokens}")
    async def change(tokens: int) -> None:
        current_default_thread_limiter().total_tokens = tokens

    @app.get("/borrowed")
    def read() -> None:
        from anyio.from_thread import run_sync

        seen.append(run_sync(lambda: current_default_thread_limiter().borrowed_tokens))

    with TestClient(app) as client:
        client.get("/limit/1")
        assert client.get("/borrowed").status_code == 200
        client.get("/limit/40")
    assert seen == [1]
