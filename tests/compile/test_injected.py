"""Objects injected by type in HTTP and WebSocket routes, as on FastAPI."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import fastapi
import fastapi.requests
import fastapi.security
import fastapi.testclient
import pytest
from pydantic import AfterValidator

import pronghorn
import pronghorn.requests
import pronghorn.security
import pronghorn.testclient
from pronghorn import FastAPI, Query, Response, WebSocket
from pronghorn.background import BackgroundTasks
from pronghorn.testclient import TestClient

KINDS = ["def", "async def", "generator", "async generator"]


def dependency_of(kind: str, take: Any, framework: Any) -> Any:
    """A dependency of one kind that hands on what `take` makes of what is injected."""

    def plain(response: Any, tasks: Any, connection: Any, scopes: Any) -> Any:
        return take(response, tasks, connection, scopes)

    async def coroutine(response: Any, tasks: Any, connection: Any, scopes: Any) -> Any:
        return take(response, tasks, connection, scopes)

    def generator(response: Any, tasks: Any, connection: Any, scopes: Any) -> Iterator[Any]:
        yield take(response, tasks, connection, scopes)

    async def steps(response: Any, tasks: Any, connection: Any, scopes: Any) -> AsyncIterator[Any]:
        yield take(response, tasks, connection, scopes)

    chosen: Any = dict(zip(KINDS, (plain, coroutine, generator, steps), strict=True))[kind]
    chosen.__annotations__ = {
        "response": framework.Response,
        "tasks": Annotated[framework.BackgroundTasks, "and more"],
        "connection": framework.requests.HTTPConnection,
        "scopes": framework.security.SecurityScopes,
    }
    return chosen


def seen_by(framework: Any, kind: str) -> dict[str, Any]:
    """What a program sees of the injected objects over HTTP and over a WebSocket."""
    ran: list[str] = []

    def take(response: Any, tasks: Any, connection: Any, scopes: Any) -> Any:
        response.headers["x-a"] = "1"
        response.status_code = 201
        tasks.add_task(ran.append, connection.scope["type"])
        return response, tasks, connection, scopes.scopes

    def compare(connection: Any, response: Any, tasks: Any, taken: Any) -> Any:
        names = [type(item).__name__ for item in (connection, response, tasks)]
        same = [taken[0] is response, taken[1] is tasks, taken[2] is connection]
        return [names, same, taken[3], response.headers.items(), response.status_code]

    async def over_http(connection: Any, response: Any, tasks: Any, taken: Any) -> Any:
        return compare(connection, response, tasks, taken)

    async def over_websocket(connection: Any, response: Any, tasks: Any, taken: Any) -> None:
        await connection.accept()
        await connection.send_json(compare(connection, response, tasks, taken))
        await connection.close()

    shared = framework.Security(dependency_of(kind, take, framework), scopes=["a", "b"])
    injected = {
        "response": framework.Response,
        "tasks": framework.BackgroundTasks,
        "taken": Annotated[Any, shared],
    }
    over_http.__annotations__ = {**injected, "connection": framework.Request}
    over_websocket.__annotations__ = {**injected, "connection": framework.WebSocket}
    router = framework.APIRouter(prefix="/in")
    router.get("/http")(over_http)
    router.websocket("/websocket")(over_websocket)
    app = framework.FastAPI()
    app.include_router(router)
    client = framework.testclient.TestClient(app)
    seen: dict[str, Any] = {}
    with client.websocket_connect("/in/websocket") as websocket:
        seen["websocket"] = websocket.receive_json(), websocket.extra_headers, websocket.receive()
    seen["after websocket"] = ran.copy()
    answer = client.get("/in/http")
    seen["http"] = answer.json(), answer.headers["x-a"], answer.status_code
    seen["after http"] = ran.copy()
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("mode")
def test_a_shared_dependency_gets_the_same_objects_as_in_fastapi(kind: str) -> None:
    assert seen_by(pronghorn, kind) == seen_by(fastapi, kind)


@pytest.mark.usefixtures("mode")
def test_they_are_there_where_a_connection_goes_on_in_the_exact_way() -> None:
    app = FastAPI()

    async def dependency(
        response: Response, q: Annotated[int, Query(), AfterValidator(abs)]
    ) -> Any:
        return response

    @app.websocket("/{n}")
    async def serve(
        websocket: WebSocket,
        n: Annotated[int, AfterValidator(abs)],
        response: Response,
        tasks: BackgroundTasks,
        same: Annotated[Response, pronghorn.Depends(dependency)],
    ) -> None:
        await websocket.accept()
        await websocket.send_json([n, response is same, len(tasks.tasks)])

    with TestClient(app).websocket_connect("/-1?q=1") as connection:
        assert connection.receive_json() == [1, True, 0]
