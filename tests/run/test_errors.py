"""The handler that is called for each exception, and the response without a handler."""

import asyncio
import functools
from collections.abc import Callable, Iterator
from typing import Any

import fastapi
import pytest
from starlette.exceptions import HTTPException as StarletteHTTPException

import pronghorn
from pronghorn import FastAPI, HTTPException, Request, WebSocket, WebSocketException
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, Response, StreamingResponse
from pronghorn.testclient import TestClient
from tests.bad_input.asking import ask
from tests.bad_input.attacks import Attack


class Base(Exception):
    """Has a handler."""


class Derived(Base):
    """Has none of its own."""


def app_raising(error: Exception) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def fail() -> None:
        raise error

    return app


def handler(name: str) -> Callable[..., Any]:
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"by": name, "path": request.url.path, "error": str(error)}, 400)

    return answer


def test_the_nearest_class_answers() -> None:
    app = app_raising(Derived("d"))
    app.add_exception_handler(Base, handler("base"))
    assert TestClient(app).get("/").json() == {"by": "base", "path": "/", "error": "d"}
    app = app_raising(Derived("d"))
    app.add_exception_handler(Base, handler("base"))
    app.add_exception_handler(Derived, handler("derived"))
    assert TestClient(app).get("/").json()["by"] == "derived"


def test_a_status_code_goes_before_the_class() -> None:
    app = app_raising(HTTPException(404, "gone"))
    app.add_exception_handler(HTTPException, handler("class"))
    app.add_exception_handler(404, handler("status"))
    client = TestClient(app)
    assert client.get("/").json()["by"] == "status"
    assert client.get("/nothing").json()["by"] == "status"


def test_a_handler_for_our_exception_is_not_asked_for_starlettes() -> None:
    app = app_raising(StarletteHTTPException(418, "tea"))
    app.add_exception_handler(HTTPException, handler("ours"))
    assert TestClient(app).get("/").json() == {"detail": "tea"}
    app.add_exception_handler(StarletteHTTPException, handler("starlette"))
    app.middleware_stack = None
    assert TestClient(app).get("/").json()["by"] == "starlette"


@pytest.mark.parametrize("kind", ["def", "partial", "callable object"])
def test_handlers_may_be_any_callable(kind: str) -> None:
    def plain(request: Request, error: Exception) -> Response:
        return Response(kind, 400)

    async def with_more(more: str, request: Request, error: Exception) -> Response:
        return Response(more, 400)

    class Answering:
        async def __call__(self, request: Request, error: Exception) -> Response:
            return Response(kind, 400)

    handlers = {
        "def": plain,
        "partial": functools.partial(with_more, kind),
        "callable object": Answering(),
    }
    app = app_raising(Base())
    app.add_exception_handler(Base, handlers[kind])
    client = TestClient(app)
    assert [client.get("/").text for _ in range(2)] == [kind] * 2


def test_an_error_of_a_handler_has_its_own_handler_once() -> None:
    app = app_raising(Base())

    @app.exception_handler(Base)
    async def first(request: Request, error: Base) -> Response:
        raise HTTPException(409, "from the handler")

    assert TestClient(app).get("/").json() == {"detail": "from the handler"}

    @app.exception_handler(HTTPException)
    async def second(request: Request, error: HTTPException) -> Response:
        raise Base

    app.middleware_stack = None
    with pytest.raises(Base):
        TestClient(app).get("/")


# --- 500 ---------------------------------------------------------------------------------------


def test_an_error_without_a_handler_is_answered_with_500_and_raised() -> None:
    app = app_raising(ZeroDivisionError("zero"))
    with pytest.raises(ZeroDivisionError, match="zero"):
        TestClient(app).get("/")
    response = TestClient(app, raise_server_exceptions=False).get("/")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("key", [500, Exception])
def test_the_handler_of_last_resort_answers_and_the_error_is_raised(key: Any) -> None:
    app = app_raising(ZeroDivisionError("zero"))
    app.add_exception_handler(key, handler("last"))
    with pytest.raises(ZeroDivisionError):
        TestClient(app).get("/")
    response = TestClient(app, raise_server_exceptions=False).get("/")
    assert response.json() == {"by": "last", "path": "/", "error": "zero"}


def test_debug_shows_the_traceback() -> None:
    app = app_raising(ZeroDivisionError("zero"))
    app.debug = True
    response = TestClient(app, raise_server_exceptions=False).get("/")
    assert response.status_code == 500
    assert "ZeroDivisionError: zero" in response.text


def test_an_error_after_the_response_began_cannot_be_answered_any_more() -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> StreamingResponse:
        def chunks() -> Iterator[str]:
            yield "begun"
            raise HTTPException(400, "too late")

        return StreamingResponse(chunks())

    with pytest.raises(RuntimeError, match="response already started"):
        TestClient(app).get("/")


# --- our own answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("detail", ["text", {"a": [1]}, None, 0, ["\u00e9"]])
def test_an_http_exception_answers_with_its_detail(detail: Any) -> None:
    response = TestClient(app_raising(HTTPException(418, detail, {"x-a": "b"}))).get("/")
    expected = "I'm a Teapot" if detail is None else detail
    assert (response.status_code, response.json()) == (418, {"detail": expected})
    assert response.headers["x-a"] == "b"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(status: int) -> None:
    response = TestClient(app_raising(HTTPException(status, "no", {"x-a": "b"}))).get("/")
    assert (response.status_code, response.content, response.headers["x-a"]) == (status, b"", "b")


def test_a_validation_error_that_is_raised_is_answered_with_its_errors() -> None:
    errors = [{"type": "own", "loc": ("a", 1), "msg": "No", "input": {"x": {1}}}]
    response = TestClient(app_raising(RequestValidationError(errors))).get("/")
    assert response.status_code == 422
    assert response.json() == {
        "detail": [{"type": "own", "loc": ["a", 1], "msg": "No", "input": {"x": [1]}}]
    }


def test_the_same_exception_object_may_be_raised_again_and_again() -> None:
    error = HTTPException(403)
    client = TestClient(app_raising(error))
    for _ in range(3):
        assert client.get("/").status_code == 403
    assert error.__traceback__ is None


def test_the_path_of_a_mount_stands_in_the_error_about_a_response() -> None:
    inner = FastAPI()
    found: list[str] = []

    @inner.get("/{item_id}")
    async def read(item_id: int) -> None: ...

    @inner.exception_handler(RequestValidationError)
    async def note(request: Request, error: RequestValidationError) -> Response:
        found.append(str(error.endpoint_path))
        return Response(status_code=422)

    app = FastAPI()
    app.mount("/inner", inner)
    TestClient(app).get("/inner/x")
    assert found == ["GET /inner/{item_id}"]


# --- websockets ----------------------------------------------------------------------------------


def test_a_websocket_exception_closes_the_connection() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        raise WebSocketException(1008, "policy")

    with TestClient(app).websocket_connect("/") as connection:
        message = connection.receive()
    assert (message["code"], message["reason"]) == (1008, "policy")


def test_a_handler_may_answer_on_a_websocket() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        raise Base("b")

    @app.exception_handler(Base)
    async def answer(websocket: WebSocket, error: Base) -> None:
        await websocket.send_text(f"failed: {error}")
        await websocket.close(4000)

    with TestClient(app).websocket_connect("/") as connection:
        assert connection.receive_text() == "failed: b"
        assert connection.receive()["code"] == 4000


# --- the order of headers ------------------------------------------------------------------------


def program_of_errors(api: Any) -> Any:
    app = api.FastAPI()

    def refuse() -> None:
        raise api.HTTPException(401, headers={"WWW-Authenticate": "Basic", "X-A": "1"})

    @app.get("/endpoint")
    def endpoint() -> None:
        raise api.HTTPException(400, {"reason": 1}, headers={"X-A": "1", "B": "2"})

    @app.get("/dependency", dependencies=[api.Depends(refuse)])
    def dependency() -> None: ...

    @app.get("/starlette")
    async def starlette() -> None:
        raise StarletteHTTPException(400, "x", headers={"X-A": "1", "content-type": "text/x"})

    @app.get("/own-length")
    async def own_length() -> None:
        raise api.HTTPException(400, "x", headers={"X-A": "1", "content-length": "14"})

    @app.get("/empty")
    async def empty() -> None:
        raise api.HTTPException(204, headers={"X-A": "1"})

    return app


def headers_of(app: Any, path: str, method: str) -> list[tuple[bytes, bytes]]:
    """The raw headers as they are sent."""
    answer = asyncio.run(ask(app, Attack(path, path, method)))
    return answer.headers


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *((f"/{name}", "GET") for name in ("endpoint", "dependency", "starlette", "own-length")),
        ("/empty", "GET"),
        ("/missing", "GET"),
        ("/endpoint", "POST"),
        ("/endpoint/", "GET"),
    ],
)
def test_headers_come_in_the_order_of_fastapi(path: str, method: str, mode: str) -> None:
    ours = headers_of(program_of_errors(pronghorn), path, method)
    expected = headers_of(program_of_errors(fastapi), path, method)
    assert [name for name, _ in ours] == [name for name, _ in expected]
