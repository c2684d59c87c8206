"""The scope of a request has the exception handlers of its application.

Libraries add a handler from within a dependency, as authx does for programs without one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from pronghorn import APIRouter, Depends, FastAPI, Request, WebSocket
from pronghorn.exceptions import HTTPException

KEY = "starlette.exception_handlers"


class Revoked(Exception):
    """An error of a library."""


async def answer_revoked(request: Request, error: Revoked) -> JSONResponse:
    return JSONResponse({"error": "revoked"}, status_code=401)


def revoke(request: Request) -> None:
    """Add the handler that is missing, and fail."""
    by_class, _ = request.scope[KEY]
    by_class.setdefault(Revoked, answer_revoked)
    raise Revoked


async def revoke_in_the_loop(request: Request) -> None:
    revoke(request)


def direct(app: FastAPI) -> str:
    app.get("/x")(revoke)
    return "/x"


def below_prefixes(app: FastAPI) -> str:
    inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")
    inner.get("/x", dependencies=[Depends(revoke_in_the_loop)])(lambda: None)
    outer.include_router(inner)
    app.include_router(outer)
    return "/outer/inner/x"


def in_a_sub_application(app: FastAPI) -> str:
    sub = FastAPI()
    sub.post("/x")(lambda: None)
    sub.get("/x")(revoke_in_the_loop)
    app.mount("/sub", sub)
    return "/sub/x"


def in_a_starlette_route(app: FastAPI) -> str:
    app.router.routes.append(Mount("/plain", routes=[Route("/x", revoke)]))
    return "/plain/x"


def behind_middleware(app: FastAPI) -> str:
    @app.middleware("http")
    async def look(request: Request, call_next: Callable[[Request], Any]) -> Any:
        assert KEY not in request.scope
        response = await call_next(request)
        response.headers["x-keys"] = str(KEY in request.scope)
        return response

    return direct(app)


@pytest.mark.parametrize(
    "add_routes",
    [direct, below_prefixes, in_a_sub_application, in_a_starlette_route, behind_middleware],
)
def test_a_handler_added_during_a_request_answers_it(add_routes: Callable[[FastAPI], str]) -> None:
    app = FastAPI()
    path = add_routes(app)

    with TestClient(app) as client:
        answers = [client.get(path) for _ in range(2)]

    assert [(each.status_code, each.json()) for each in answers] == [
        (401, {"error": "revoked"}),
        (401, {"error": "revoked"}),
    ]


def test_a_handler_of_a_status_code_can_be_added_too() -> None:
    app = FastAPI()

    async def answer_teapot(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse("short and stout", status_code=418)

    @app.get("/x")
    def brew(request: Request) -> None:
        request.scope[KEY][1][418] = answer_teapot
        raise HTTPException(418)

    assert TestClient(app).get("/x").json() == "short and stout"


def test_the_handlers_of_the_program_are_there() -> None:
    app = FastAPI(exception_handlers={Revoked: answer_revoked, 404: answer_revoked, 500: print})

    @app.get("/x")
    def keys(request: Request) -> Any:
        by_class, by_status = request.scope[KEY]
        return [sorted(key.__name__ for key in by_class), sorted(by_status)]

    assert TestClient(app).get("/x").json() == [
        [
            "HTTPException",
            "RequestValidationError",
            "Revoked",
            "WebSocketException",
            "WebSocketRequestValidationError",
        ],
        [404],
    ]


def test_the_handlers_of_a_sub_application_are_its_own() -> None:
    app, sub = FastAPI(), FastAPI(exception_handlers={Revoked: answer_revoked})

    def has_handler(request: Request) -> bool:
        return Revoked in request.scope[KEY][0]

    app.get("/x")(has_handler)
    sub.get("/x")(has_handler)
    app.mount("/sub", sub)

    client = TestClient(app)
    assert [client.get("/x").json(), client.get("/sub/x").json()] == [False, True]


def test_a_websocket_has_them() -> None:
    app = FastAPI()

    async def close(websocket: WebSocket, error: Revoked) -> None:
        await websocket.accept()
        await websocket.send_text("revoked")
        await websocket.close()

    @app.websocket("/x")
    async def talk(websocket: WebSocket) -> None:
        by_class, _ = websocket.scope[KEY]
        by_class[Revoked] = close
        raise Revoked

    with TestClient(app).websocket_connect("/x") as websocket:
        assert websocket.receive_text() == "revoked"
