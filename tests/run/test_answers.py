"""An error of a library that nobody handles is answered like another exception."""

from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse

from pronghorn import FastAPI, HTTPException, Request, WebSocket
from pronghorn.exceptions import RequestValidationError
from pronghorn.hooks import answer_with
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode")


class StorageError(Exception):
    pass


def fail(answer: Exception | None = None) -> StorageError:
    error = StorageError("secret")
    answer_with(error, answer or HTTPException(409, "taken", headers={"X-Reason": "test"}))
    return error


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def conflict() -> None:
        raise fail()

    @app.get("/invalid")
    def invalid() -> None:
        raise fail(RequestValidationError([{"type": "t", "loc": ("body",), "msg": "wrong"}]))

    @app.get("/started")
    async def started() -> StreamingResponse:
        async def parts() -> Any:
            yield "part"
            raise fail()

        return StreamingResponse(parts())

    @app.websocket("/")
    async def connect(socket: WebSocket) -> None:
        if "accept" in socket.query_params:
            await socket.accept()
        raise fail()

    return app


def test_without_a_handler_the_answer_is_used() -> None:
    with TestClient(make_app()) as client:
        for _ in range(2):
            answer = client.get("/")
            assert (answer.status_code, answer.json()) == (409, {"detail": "taken"})
            assert answer.headers["x-reason"] == "test"
        answer = client.get("/invalid")
        assert answer.status_code == 422
        assert answer.json() == {"detail": [{"type": "t", "loc": ["body"], "msg": "wrong"}]}


@pytest.mark.parametrize("handled", [StorageError, Exception])
def test_the_handler_of_the_program_wins(handled: type[Exception]) -> None:
    app = make_app()

    @app.exception_handler(handled)
    async def handle(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(type(error).__name__, 418)

    with TestClient(app) as client:
        # A handler for `Exception` is asked last, after that for `HTTPException`, as on FastAPI.
        expected = (418, "StorageError") if handled is StorageError else (409, {"detail": "taken"})
        answer = client.get("/")
        assert (answer.status_code, answer.json()) == expected


def test_the_handler_for_the_answer_gets_it_with_its_cause() -> None:
    app = make_app()

    @app.exception_handler(409)
    async def handle(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse([error.detail, str(error.__cause__)], 409)

    with TestClient(app) as client:
        assert client.get("/").json() == ["taken", "secret"]


def test_a_mounted_application_answers_itself() -> None:
    outer = FastAPI()
    outer.mount("/inner", make_app())

    @outer.exception_handler(409)
    async def handle(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse("outer", 409)

    with TestClient(outer) as client:
        assert client.get("/inner/").json() == {"detail": "taken"}


def test_after_the_start_of_a_response_the_error_stays() -> None:
    with TestClient(make_app()) as client, pytest.raises(StorageError):
        client.get("/started")


def test_an_open_connection_fails_and_a_handshake_is_refused() -> None:
    with TestClient(make_app()) as client:
        with (
            pytest.raises(StorageError),
            client.websocket_connect("/?accept=1") as socket,
        ):
            socket.receive_text()
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/"):
            pass
    assert caught.value.status_code == 409
