"""Annotations that FastAPI refuses: `Request[State]`, `WebSocket[State]`, `Model | Response`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import pytest
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from pronghorn import Depends, FastAPI, Request, WebSocket
from pronghorn.exceptions import FastAPIError
from pronghorn.testclient import TestClient


class State(TypedDict):
    name: str


class Item(BaseModel):
    name: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    yield {"name": "shop"}


def test_a_request_with_a_type_of_its_state_is_the_request() -> None:
    app = FastAPI(lifespan=lifespan)

    def host(request: Request[State]) -> str:
        return request.url.path

    @app.get("/")
    async def read(request: Request[State], path: str = Depends(host)) -> list[str]:
        return [request.state["name"], path]

    with TestClient(app) as client:
        assert client.get("/").json() == ["shop", "/"]
    assert "parameters" not in app.openapi()["paths"]["/"]["get"]


def test_a_websocket_with_a_type_of_its_state_is_the_connection() -> None:
    app = FastAPI(lifespan=lifespan)

    @app.websocket("/")
    async def talk(websocket: WebSocket[State]) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.state["name"])

    with TestClient(app) as client, client.websocket_connect("/") as connection:
        assert connection.receive_text() == "shop"


def test_a_model_or_a_response() -> None:
    app = FastAPI()

    @app.get("/items/{name}")
    async def read(name: str) -> Item | RedirectResponse | None:
        if name == "old":
            return RedirectResponse("/items/new")
        if name == "gone":
            return None
        return Item.model_construct(name=name, secret="s")

    client = TestClient(app)
    assert client.get("/items/lamp").json() == {"name": "lamp"}
    assert client.get("/items/gone").json() is None
    assert client.get("/items/old", follow_redirects=False).status_code == 307
    answer = app.openapi()["paths"]["/items/{name}"]["get"]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    assert schema["anyOf"] == [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]


def test_what_is_no_response_has_to_fit_the_model() -> None:
    app = FastAPI()

    @app.get("/")
    async def read() -> Item | Response:
        return {"title": "lamp"}  # type: ignore[return-value]  # the mistake

    assert TestClient(app, raise_server_exceptions=False).get("/").status_code == 500


def test_one_of_several_responses() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(plain: bool = False) -> JSONResponse | RedirectResponse:
        return JSONResponse({"a": 1}) if plain else RedirectResponse("/x")

    client = TestClient(app)
    assert client.get("/", params={"plain": True}).json() == {"a": 1}
    assert client.get("/", follow_redirects=False).status_code == 307


def test_a_response_or_none_still_has_to_be_explained() -> None:
    app = FastAPI()

    with pytest.raises(FastAPIError, match="response_model=None"):

        @app.get("/")
        async def read() -> Response | None: ...
