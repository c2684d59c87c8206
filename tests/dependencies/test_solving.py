"""A library runs a graph with `solve_dependencies`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from starlette.requests import Request

from pronghorn import BackgroundTasks, Body, Cookie, Depends, Header, Query, Response
from pronghorn.dependencies.utils import (
    get_body_field,
    get_dependant,
    get_flat_dependant,
    get_flat_params,
    solve_dependencies,
)

pytestmark = pytest.mark.anyio
log: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    log.clear()


def request(query: str = "", path: dict[str, str] | None = None) -> Request:
    headers = [(b"x-token", b"secret"), (b"cookie", b"session=abc")]
    return Request(
        {
            "type": "http",
            "query_string": query.encode(),
            "headers": headers,
            "path_params": path or {},
            "method": "GET",
            "path": "/",
        }
    )


async def opened(number: Annotated[int, Query()]) -> AsyncIterator[int]:
    log.append("open")
    yield number
    log.append("close")


def in_thread() -> Iterator[str]:
    yield "thread"
    log.append("close thread")


def endpoint(
    item_id: str,
    number: Annotated[int, Depends(opened)],
    text: Annotated[str, Depends(in_thread)],
    x_token: Annotated[str, Header()],
    session: Annotated[str, Cookie()],
) -> None: ...


async def solved(call: Any, **options: Any) -> Any:
    graph = get_dependant(path="/{item_id}", call=call)
    async with AsyncExitStack() as stack:
        options = {"request": request("number=3", {"item_id": "a"}), **options}
        result = await solve_dependencies(
            dependant=graph, async_exit_stack=stack, embed_body_fields=False, **options
        )
        log.append("solved")
    return result


async def test_values_come_from_everywhere_and_generators_are_closed_by_the_stack() -> None:
    result = await solved(endpoint)

    assert result.errors == []
    assert result.values == {
        "item_id": "a",
        "number": 3,
        "text": "thread",
        "x_token": "secret",
        "session": "abc",
    }
    assert log == ["open", "solved", "close thread", "close"]


async def test_errors_are_collected() -> None:
    result = await solved(endpoint, request=request("number=three"))

    assert [error["loc"] for error in result.errors] == [("query", "number"), ("path", "item_id")]
    assert log == ["solved", "close thread"]


async def test_overrides() -> None:
    provider = SimpleNamespace(dependency_overrides={opened: lambda: 99})

    result = await solved(endpoint, dependency_overrides_provider=provider)

    assert result.values["number"] == 99
    assert "open" not in log


async def test_a_second_graph_of_the_same_request_shares_results() -> None:
    first = await solved(endpoint)
    log.clear()

    second = await solved(endpoint, dependency_cache=first.dependency_cache)

    assert second.values == first.values
    assert log == ["solved"]


async def test_a_graph_that_changes_between_two_requests() -> None:
    graph = get_dependant(path="/", call=lambda q=1: None)
    results = []
    for _ in range(2):
        async with AsyncExitStack() as stack:
            result = await solve_dependencies(
                request=request("q=5"),
                dependant=graph,
                async_exit_stack=stack,
                embed_body_fields=False,
            )
        results.append(result.values)
        graph.query_params.clear()
    assert results == [{"q": "5"}, {}]


async def test_response_and_background_tasks() -> None:
    def dependency(response: Response, tasks: BackgroundTasks) -> None:
        response.headers["x-set"] = "yes"
        tasks.add_task(log.append, "task")

    result = await solved(lambda found=Depends(dependency): None)

    assert result.response.headers["x-set"] == "yes"
    await result.background_tasks()
    assert log[-1] == "task"


async def test_a_body() -> None:
    def create(name: Annotated[str, Body()]) -> None: ...

    assert (await solved(create, body="spade")).values == {"name": "spade"}
    assert (await solved(create)).errors[0]["type"] == "missing"


async def test_flat_views_of_a_graph() -> None:
    graph = get_dependant(path="/{item_id}", call=endpoint)

    assert [field.name for field in get_flat_dependant(graph).query_params] == ["number"]
    names = [field.alias for field in get_flat_params(graph)]
    assert names == ["item_id", "number", "x-token", "session"]


async def test_the_whole_body_as_one_field() -> None:
    def create(a: Annotated[int, Body()], b: Annotated[int, Body()]) -> None: ...

    fields = get_dependant(path="/", call=create).body_params
    whole = get_body_field(body_params=fields, name="create", embed_body_fields=True)

    assert whole is not None
    value, errors = whole.validate({"a": 1, "b": 2})
    assert (value.model_dump(), errors) == ({"a": 1, "b": 2}, [])
    assert get_body_field(body_params=[], name="none", embed_body_fields=False) is None
