"""The headers of a limit where a library observes the layers of an application."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import Receive, Scope, Send

from pronghorn import FastAPI, Request
from pronghorn.limits import Limits, RateLimit
from pronghorn.middleware.cors import CORSMiddleware
from pronghorn.responses import PlainTextResponse
from pronghorn.testclient import TestClient
from tests.middleware.test_outermost_parts import change_stack, rebuild

SHOP = "https://shop.example"


def observe_class(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace a method of Starlette's layer, as Sentry does."""
    call = ServerErrorMiddleware.__call__

    async def observed(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        await call(self, scope, receive, send)

    monkeypatch.setattr(ServerErrorMiddleware, "__call__", observed)


def observe_application(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build a new outermost layer from the parts of ours, as OpenTelemetry does."""
    change_stack(app, lambda stack: ServerErrorMiddleware(rebuild(stack)))


async def answer(request: Request, error: Exception) -> PlainTextResponse:
    return PlainTextResponse("sorry", 500, {"X-Own": "1"})


def answer_in_thread(request: Request, error: Exception) -> PlainTextResponse:
    return PlainTextResponse("sorry", 500, {"X-Own": "1"})


@pytest.mark.parametrize("handler", [None, answer, answer_in_thread])
@pytest.mark.parametrize("has_middleware", [False, True])
@pytest.mark.parametrize("observe", [observe_class, observe_application])
def test_an_unhandled_error_has_the_headers(
    observe: Any,
    has_middleware: bool,
    handler: Any,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    app = FastAPI()
    observe(app, monkeypatch)
    if has_middleware:
        app.add_middleware(CORSMiddleware, allow_origins=[SHOP])
    if handler is not None:
        app.add_exception_handler(Exception, handler)

    @app.get("/", dependencies=[RateLimit("2/minute", limits=Limits.memory())])
    async def fail(fine: bool = False) -> str:
        if not fine:
            raise ValueError("not handled")
        return "fine"

    with TestClient(app, raise_server_exceptions=False, headers={"origin": SHOP}) as client:
        fine, failed, refused = client.get("/?fine=true"), client.get("/"), client.get("/")
    assert [one.status_code for one in (fine, failed, refused)] == [200, 500, 429]
    assert failed.text == ("Internal Server Error" if handler is None else "sorry")
    assert failed.headers.get("x-own") == (None if handler is None else "1")
    for name in ("ratelimit-policy", "access-control-allow-origin"):
        assert failed.headers.get_list(name) == fine.headers.get_list(name)
    assert [one.split(";")[1] for one in failed.headers.get_list("ratelimit")] == ["r=0"]
