"""A route is planned once and compiled once; nothing is inspected after its first request."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

from pronghorn import (
    Depends,
    FastAPI,
    WebSocket,
)
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient
from tests.bad_input.asking import Answer, ask
from tests.bad_input.attacks import Attack
from tests.compile.counting import Calls, count_calls
from tests.compile.program import (
    EXPECTED,
    REQUESTS,
    Wrapping,
    constant,
    echo,
    get_number,
    program,
)

#: Modules of `pronghorn.compile` that are for once, and what of them runs for each request.
FOR_ONCE = tuple(
    f"pronghorn.compile.{name}"
    for name in ("source", "parameter_expressions", "steps", "writer", "websocket")
)
FOR_EACH_REQUEST = {
    ("pronghorn.compile.parameter_expressions", "absent"),
    ("pronghorn.compile.writer", "without_errors"),
    ("pronghorn.compile.steps", "endpoint_context.<locals>.endpoint_context"),
}
#: What is for once in the other modules.
MAKERS = {
    *("CompiledRoutes.compile", "CompiledRoutes.rebuild", "CompiledRoutes.use_overrides"),
    *("RouteTable.__init__", "RouteTable._insert", "RouteTable._fix", "Entry.__init__"),
    *("handler_of", "with_limits_of", "limit_body", "count_body", "segment_kind"),
    *(
        "compile_route",
        "compile_custom",
        "ExactHandler.__init__",
        "HttpWriter.__init__",
        "_with_limits",
    ),
}


def compiling(calls: Calls) -> set[tuple[str, str]]:
    """What was compiled."""
    made = {found for found in calls.into("pronghorn.compile") if found[1] in MAKERS}
    return made | (calls.into(*FOR_ONCE) - FOR_EACH_REQUEST)


def ask_in_rounds(app: FastAPI, rounds: int, requests: list[Attack]) -> tuple[Calls, list[Answer]]:
    """What is called in the last round, and its answers."""

    async def run() -> tuple[Calls, list[Answer]]:
        with count_calls():  # so that worker threads are watched from their beginning
            for _ in range(rounds - 1):
                for request in requests:
                    await ask(app, request)
            with count_calls() as calls:
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


@pytest.mark.usefixtures("short_ways")
def test_every_route_is_compiled_once_and_none_is_planned_by_a_request() -> None:
    app = program()
    _ = [route.plan for route in app.routes if isinstance(route, APIRoute)]
    with count_calls() as calls:
        ask_in_one_loop(app, 10)
    operations = len({request.path for request in REQUESTS}) - 3  # custom, 404, and /items twice
    assert calls.of("pronghorn.compile.http_route", "compile_route") == operations
    assert calls.of("pronghorn.compile.http_route", "HttpWriter.compile") == operations
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
    with count_calls() as calls:
        app.get("/later/{word}")(echo)
        later = Attack("later", "/later/x")
        assert asyncio.run(ask(app, later)).body == b'"x"'
        ask_in_one_loop(app, 2)
    assert calls.of("pronghorn.compile.http_route", "compile_route") == 1
    assert calls.of("pronghorn.plan.route", "plan_route") == 1


def test_a_changed_route_is_compiled_alone() -> None:
    app = program()
    ask_in_one_loop(app, 1)
    route: Any = next(route for route in app.routes if getattr(route, "path", "") == "/constant")
    route.status_code = 202
    with count_calls() as calls:
        assert asyncio.run(ask(app, Attack("changed", "/constant"))).status == 202
        ask_in_one_loop(app, 2)
    assert calls.of("pronghorn.compile.http_route", "compile_route") == 1


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


@pytest.mark.usefixtures("short_ways")
def test_a_class_with_its_own_request_handler_has_ours_compiled_inside() -> None:
    app = FastAPI()
    app.add_api_route("/custom", constant, route_class_override=Wrapping)
    before = Wrapping.asked
    with count_calls() as calls:
        for _ in range(3):
            answer = asyncio.run(ask(app, Attack("custom", "/custom")))
    assert answer.header(b"x-wrapped") == b"yes"
    assert Wrapping.asked == before + 1
    assert calls.of("pronghorn.compile.http_route", "HttpWriter.compile") == 0
    assert calls.of("pronghorn.compile.inner", "InnerWriter.compile_inner") == 1
    assert calls.of("pronghorn.compile.exact", "ExactHandler.respond") == 0


def test_a_websocket_route_is_compiled_once() -> None:
    app = FastAPI()

    @app.websocket("/{room}")
    async def serve(
        websocket: WebSocket, room: str, n: Annotated[int, Depends(get_number)]
    ) -> None:
        await websocket.accept()
        await websocket.send_json([room, n])

    with count_calls() as calls:
        client = TestClient(app)
        for _ in range(5):
            with client.websocket_connect("/a?n=2") as connection:
                assert connection.receive_json() == ["a", 2]
    assert calls.of("pronghorn.compile.websocket", "compile_websocket") == 1
    assert calls.of("pronghorn.plan.route", "plan_websocket") == 0
