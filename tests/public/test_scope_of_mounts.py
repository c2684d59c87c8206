"""What layers outside of the routes see: the route in the scope, and the messages of a response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from pronghorn import FastAPI, Request
from pronghorn.staticfiles import StaticFiles
from pronghorn.testclient import TestClient


class Recorder:
    """An ASGI layer around an application that keeps the scope and the messages of a request."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.scope: Scope = {}
        self.messages: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def keep(message: Message) -> None:
            self.messages.append(message)
            await send(message)

        self.scope, self.messages = scope, []
        await self.app(scope, receive, keep)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    tmp_path.joinpath("site.css").write_text("body {}")
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    app.router.routes.append(Route("/plain", plain))
    app.mount("/static", StaticFiles(directory=tmp_path))

    @app.middleware("http")
    async def pass_on(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    return Recorder(app)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/items/7", "/items/{item_id}"),
        ("/items/7/", "/items/{item_id}"),
        ("/plain", "/plain"),
        ("/static/site.css", "/static"),
        ("/static/absent.css", "/static"),
        ("/absent", None),
    ],
)
def test_the_scope_has_the_route_that_answered(
    recorder: Recorder, path: str, route: str | None
) -> None:
    TestClient(recorder).get(path, follow_redirects=False)
    found = recorder.scope.get("route")
    assert getattr(found, "path", None) == route


@pytest.mark.usefixtures("short_ways")
@pytest.mark.parametrize("path", ["/items/7", "/items/x", "/plain", "/absent"])
def test_a_complete_response_behind_http_middleware_is_a_head_and_one_body(
    recorder: Recorder, path: str
) -> None:
    TestClient(recorder).get(path)
    head, body = recorder.messages
    assert head["type"] == "http.response.start"
    assert not body.get("more_body")
