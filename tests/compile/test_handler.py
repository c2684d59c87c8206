"""The calls of a compiled handler: their order, their threads, their context."""

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, field_validator

from pronghorn import Body, Depends, FastAPI, Form, Header, Query, Request, Response
from pronghorn.background import BackgroundTasks
from pronghorn.testclient import TestClient
from tests.compile.counting import count_calls

current: ContextVar[str] = ContextVar("current", default="unset")


pytestmark = pytest.mark.usefixtures("mode")


# --- the order of effects -----------------------------------------------------------------------


def test_dependencies_run_in_declared_order_each_once() -> None:
    order: list[str] = []

    def note(name: str) -> None:
        order.append(name)

    async def shared() -> None:
        note("shared")

    def first(one: Annotated[None, Depends(shared)]) -> None:
        note("first")

    async def second(one: Annotated[None, Depends(shared)]) -> None:
        note("second")

    async def fresh(one: Annotated[None, Depends(shared, use_cache=False)]) -> None:
        note("fresh")

    async def outer() -> None:
        note("outer")

    app = FastAPI(dependencies=[Depends(outer)])

    @app.get("/", dependencies=[Depends(second)])
    async def read(
        a: Annotated[None, Depends(first)],
        b: Annotated[None, Depends(fresh)],
        c: Annotated[None, Depends(outer)],
    ) -> None:
        note("endpoint")

    TestClient(app).get("/")
    assert order == ["outer", "shared", "second", "first", "shared", "fresh", "endpoint"]


def test_a_dependency_runs_before_a_later_parameter_is_found_wrong() -> None:
    order: list[str] = []

    async def dependency(q: int = 0) -> None:
        order.append(f"dependency {q}")

    app = FastAPI()

    @app.get("/")
    async def read(limit: int, one: Annotated[None, Depends(dependency)]) -> None:
        order.append("endpoint")

    client = TestClient(app)
    assert client.get("/", params={"limit": "x"}).status_code == 422
    assert order == ["dependency 0"]
    assert client.get("/", params={"limit": "x", "q": "y"}).status_code == 422
    assert order == ["dependency 0"]


def test_all_errors_are_reported_in_the_order_of_the_graph() -> None:
    async def dependency(a: int, b: Annotated[int, Header()]) -> None: ...

    app = FastAPI()

    @app.post("/{path}")
    async def read(
        path: int, q: int, one: Annotated[None, Depends(dependency)], body: Annotated[int, Body()]
    ) -> None: ...

    response = TestClient(app).post("/x", params={"q": "x"}, json="x")
    found = [error["loc"] for error in response.json()["detail"]]
    assert found == [
        ["query", "a"],
        ["header", "b"],
        ["path", "path"],
        ["query", "q"],
        ["body"],
    ]


def test_validators_of_the_user_run_once_and_after_the_dependencies() -> None:
    order: list[str] = []

    def note(value: int) -> int:
        order.append(f"validator {value}")
        return value + 1

    class Item(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def check(cls, value: int) -> int:
            order.append(f"model {value}")
            return value

    async def dependency() -> None:
        order.append("dependency")

    app = FastAPI()

    @app.post("/")
    async def take(
        n: Annotated[int, Query(), AfterValidator(note)],
        item: Item,
        one: Annotated[None, Depends(dependency)],
    ) -> int:
        order.append("endpoint")
        return n

    client = TestClient(app)
    assert client.post("/", params={"n": 1}, json={"number": 5}).json() == 2
    assert order == ["dependency", "validator 1", "model 5", "endpoint"]
    order.clear()
    response = client.post("/", params={"n": 1}, json={"number": "x"})
    assert [error["loc"] for error in response.json()["detail"]] == [["body", "number"]]
    assert order == ["dependency", "validator 1"]


def test_a_validator_that_changes_its_value_in_place_sees_it_once() -> None:
    def grow(value: list[int]) -> list[int]:
        value.append(len(value))
        return value

    app = FastAPI()

    @app.post("/")
    async def take(
        numbers: Annotated[list[int], AfterValidator(grow)], other: Annotated[int, Body()] = 0
    ) -> list[int]:
        return numbers

    client = TestClient(app)
    assert client.post("/", json={"numbers": [5]}).json() == [5, 1]
    assert client.post("/", json={"numbers": [5], "other": "x"}).status_code == 422


def test_defaults_are_fresh_for_every_request() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(tags: Annotated[list[str], Query()] = []) -> int:  # noqa: B006 - as users write
        tags.append("more")
        return len(tags)

    client = TestClient(app)
    assert [client.get("/").json() for _ in range(3)] == [1, 1, 1]


def test_a_default_factory_is_called_for_every_request() -> None:
    numbers = iter(range(100))
    app = FastAPI()

    @app.get("/")
    async def read(n: Annotated[int, Query(default_factory=lambda: next(numbers))]) -> int:
        return n

    client = TestClient(app)
    assert [client.get("/").json() for _ in range(3)] == [0, 1, 2]


# --- what is handed in ----------------------------------------------------------------------------


def test_request_response_and_tasks_are_the_same_objects_for_everybody() -> None:
    seen: list[Any] = []

    def dependency(request: Request, response: Response, tasks: BackgroundTasks) -> None:
        seen.extend([request, response, tasks])
        tasks.add_task(seen.append, "task of the dependency")
        response.headers["x-dependency"] = "1"

    app = FastAPI()

    @app.get("/")
    async def read(
        request: Request,
        response: Response,
        tasks: BackgroundTasks,
        one: Annotated[None, Depends(dependency)],
    ) -> None:
        seen.extend([request, response, tasks])
        tasks.add_task(seen.append, "task of the endpoint")
        response.headers["x-endpoint"] = "2"

    answer = TestClient(app).get("/")
    assert seen[:3] == seen[3:6]
    assert seen[6:] == ["task of the dependency", "task of the endpoint"]
    assert (answer.headers["x-dependency"], answer.headers["x-endpoint"]) == ("1", "2")


def test_a_response_that_is_returned_gets_the_tasks_but_not_the_headers() -> None:
    seen: list[str] = []
    app = FastAPI()

    @app.get("/")
    async def read(response: Response, tasks: BackgroundTasks) -> Response:
        response.headers["x-lost"] = "1"
        tasks.add_task(seen.append, "task")
        return Response("own")

    answer = TestClient(app).get("/")
    assert (answer.text, seen) == ("own", ["task"])
    assert "x-lost" not in answer.headers


def test_the_body_can_be_read_again_by_the_endpoint() -> None:
    app = FastAPI()

    @app.post("/json")
    async def take_json(value: dict[str, int], request: Request) -> Any:
        return [value, (await request.body()).decode(), await request.json()]

    @app.post("/form")
    async def take_form(a: Annotated[str, Form()], request: Request) -> Any:
        return [a, (await request.form())["a"]]

    client = TestClient(app)
    assert client.post("/json", json={"a": 1}).json() == [{"a": 1}, '{"a":1}', {"a": 1}]
    assert client.post("/form", data={"a": "x"}).json() == ["x", "x"]


# --- yield ----------------------------------------------------------------------------------------


def test_exit_code_runs_before_or_after_the_response_as_declared() -> None:
    order: list[str] = []

    async def of_request() -> AsyncIterator[str]:
        yield "request"
        order.append("request closed")

    def of_function(one: Annotated[str, Depends(of_request)]) -> Iterator[str]:
        yield "function"
        order.append("function closed")

    app = FastAPI()

    @app.get("/")
    async def read(
        two: Annotated[str, Depends(of_function, scope="function")], tasks: BackgroundTasks
    ) -> str:
        tasks.add_task(order.append, "task")
        order.append("endpoint")
        return two

    assert TestClient(app).get("/").json() == "function"
    assert order == ["endpoint", "function closed", "task", "request closed"]


def test_a_name_in_the_program_cannot_hide_one_of_the_handler() -> None:
    app = FastAPI()

    def handle() -> int:
        return 1

    def resume(one: Annotated[int, Depends(handle)]) -> int:
        return one + 1

    @app.get("/{path}")
    async def exchange(
        path: str,
        query: int,
        Undefined: Annotated[int, Depends(resume)],
        result: Annotated[int, Depends(handle)],
        d0: int = 5,
        v0_d0: int = 6,
        headers: Annotated[str, Header()] = "h",
    ) -> Any:
        return [path, query, Undefined, result, d0, v0_d0, headers]

    answer = TestClient(app).get("/p", params={"query": 1, "d0": 7, "v0_d0": 8})
    assert answer.json() == ["p", 1, 2, 1, 7, 8, "h"]


def test_tracebacks_show_the_generated_source(mode: str) -> None:
    import traceback

    app = FastAPI()

    @app.get("/fail")
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        TestClient(app).get("/fail")
    text = "".join(traceback.format_exception(caught.value))
    assert "in fail" in text
    if mode == "compiled":
        assert "GET /fail" in text
        assert "result = await fail_()" in text


def test_nothing_is_made_that_a_route_does_not_need(mode: str) -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> dict[str, int]:
        return {"a": 1}

    client = TestClient(app)
    client.get("/")
    with count_calls() as calls:
        TestClient(app).get("/")
    if mode == "compiled":
        assert calls.into("pronghorn.run.lifetime", "pronghorn.run.exact") == set()
        assert calls.of("pronghorn.run.exchange", "Exchange.connection") == 0
