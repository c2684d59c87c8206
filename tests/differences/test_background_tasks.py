"""All background tasks run: the added ones, those of the response, and those after a failed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response, StreamingResponse

from pronghorn import BackgroundTasks, Depends, FastAPI, Request
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient


class PassingOn(APIRoute):
    """Answers through a handler of its own, and so in the general way."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def passing_on(request: Request) -> Response:
            return await handler(request)

        return passing_on


@pytest.fixture(params=[APIRoute, PassingOn])
def app(request: pytest.FixtureRequest) -> FastAPI:
    app = FastAPI()
    app.router.route_class = request.param
    return app


def failing(text: str) -> None:
    raise ValueError(text)


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "background task" in record.msg]


@pytest.mark.parametrize("stream", [False, True])
def test_tasks_of_the_response_and_of_the_parameters_run(app: FastAPI, stream: bool) -> None:
    ran: list[str] = []

    def tell(background: BackgroundTasks) -> None:
        background.add_task(ran.append, "of the dependency")

    @app.get("/", dependencies=[Depends(tell)])
    async def read(background: BackgroundTasks) -> Response:
        background.add_task(ran.append, "of the endpoint")
        task = BackgroundTask(ran.append, "of the response")
        if stream:
            return StreamingResponse(iter(["a"]), background=task)
        return JSONResponse({}, background=task)

    assert TestClient(app).get("/").status_code == 200
    # First those that FastAPI runs, at the time at which it runs them.
    assert ran == ["of the response", "of the dependency", "of the endpoint"]


def test_tasks_that_are_in_both_places_run_once(app: FastAPI) -> None:
    ran: list[int] = []

    @app.get("/{way}")
    async def read(way: str, background: BackgroundTasks) -> Response:
        background.add_task(ran.append, 1)
        copied = BackgroundTasks(background.tasks)
        background.add_task(ran.append, 2)
        tasks = {"same": background, "inside": BackgroundTask(background), "part": copied}
        return Response(background=tasks[way])

    client = TestClient(app)
    for way in ("same", "inside", "part"):
        assert client.get(f"/{way}").status_code == 200
        assert ran == [1, 2]
        ran.clear()


def test_a_response_that_is_returned_again_and_again_collects_nothing(app: FastAPI) -> None:
    ran: list[str] = []
    plain = Response()
    with_task = Response(background=BackgroundTask(ran.append, "own"))

    @app.get("/{which}")
    async def read(which: str, background: BackgroundTasks) -> Response:
        background.add_task(ran.append, which)
        return plain if which == "plain" else with_task

    client = TestClient(app)
    for _ in range(2):
        client.get("/plain")
        client.get("/with")
    assert ran == ["plain", "own", "with"] * 2
    assert plain.background is None


@pytest.mark.parametrize("returned", [False, True])
def test_a_failing_task_does_not_stop_the_others(
    app: FastAPI, returned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    @app.get("/")
    async def read(background: BackgroundTasks) -> Any:
        background.add_task(ran.append, 1)
        background.add_task(failing, "first")
        background.add_task(ran.append, 2)
        background.add_task(failing, "second")
        background.add_task(ran.append, 3)
        return Response(background=BackgroundTask(failing, "own")) if returned else {}

    with pytest.raises(ValueError, match="own" if returned else "first"):
        TestClient(app).get("/")

    assert ran == [1, 2, 3]
    assert failures(caplog) == ["The background task failing failed"] * (3 if returned else 2)
    assert "ValueError: second" in caplog.text


def test_clean_up_still_comes_last(app: FastAPI) -> None:
    ran: list[str] = []

    async def session() -> Any:
        try:
            yield
        finally:
            ran.append("closed")

    @app.get("/", dependencies=[Depends(session)])
    async def read(background: BackgroundTasks) -> None:
        background.add_task(failing, "x")
        background.add_task(ran.append, "task")

    assert TestClient(app, raise_server_exceptions=False).get("/").status_code == 200
    assert ran == ["task", "closed"]


def test_a_task_may_add_another_one(app: FastAPI) -> None:
    ran: list[str] = []

    @app.get("/")
    async def read(background: BackgroundTasks) -> Response:
        background.add_task(background.add_task, ran.append, "late")
        return Response(background=BackgroundTask(ran.append, "own"))

    TestClient(app).get("/")
    assert ran == ["own", "late"]
