"""Libraries read and replace the parts of the outermost layer, as they do on Starlette."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import pytest
from starlette.middleware.errors import ServerErrorMiddleware

from pronghorn import FastAPI, Request
from pronghorn.limits import Limits, RateLimit
from pronghorn.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from pronghorn.testclient import TestClient

Change = Callable[[Any], Any]


def make_app(**options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.get("/", dependencies=[RateLimit("9/minute", limits=Limits.memory())])
    async def fail() -> None:
        raise ValueError("not handled")

    return app


def change_stack(app: FastAPI, change: Change) -> None:
    """Let a library replace the outermost layer with what `change` returns for it."""
    build = app.build_middleware_stack
    method = MethodType(lambda self: change(build()), app)
    app.build_middleware_stack = method  # type: ignore[method-assign]  # as libraries do it


def build_stack(app: FastAPI) -> Any:
    """Build the layers of an application, and return the outermost one."""
    app.middleware_stack = app.build_middleware_stack()
    return app.middleware_stack


def rebuild(stack: Any) -> ServerErrorMiddleware:
    return ServerErrorMiddleware(stack.app, handler=stack.handler, debug=stack.debug)


def ask(app: FastAPI, *ids: str) -> list[Any]:
    with TestClient(app, raise_server_exceptions=False) as client:
        return [client.get("/", headers={"x-request-id": one}) for one in ids]


async def sorry(request: Request, error: Exception) -> Response:
    return PlainTextResponse("sorry", 503)


@pytest.mark.parametrize("kind", [JSONResponse, PlainTextResponse])
def test_a_response_that_a_handler_returns_again_is_not_changed(kind: Any, mode: str) -> None:
    shared = kind("sorry", 500, {"X-Own": "1"})
    before = list(shared.raw_headers)
    app = make_app(exception_handlers={Exception: lambda request, error: shared})
    change_stack(app, rebuild)
    found = ask(app, "first", "second", "third")
    assert [one.headers["x-request-id"] for one in found] == ["first", "second", "third"]
    assert [len(one.headers.get_list("ratelimit")) for one in found] == [1, 1, 1]
    assert shared.raw_headers == before


def test_headers_that_a_response_adds_when_it_is_sent_are_kept(tmp_path: Any, mode: str) -> None:
    page = tmp_path / "sorry.html"
    page.write_text("<h1>Sorry</h1>")
    app = make_app(exception_handlers={500: lambda request, error: FileResponse(page, 500)})
    change_stack(app, rebuild)
    [found] = ask(app, "first")
    assert found.text == "<h1>Sorry</h1>"
    assert found.headers["content-length"] == "14"
    assert {"etag", "ratelimit"} <= set(found.headers)


def test_a_handler_may_be_put_in_place_of_that_of_the_layer(mode: str) -> None:
    app = make_app()
    stack = build_stack(app)
    stack.handler = sorry
    assert stack.handler is sorry
    [found] = ask(app, "first")
    assert (found.status_code, found.text) == (503, "sorry")
    assert found.headers["x-request-id"] == "first"


@pytest.mark.parametrize("own", [None, sorry])
def test_a_handler_may_be_put_around_that_of_the_layer(own: Any, mode: str) -> None:
    app = make_app(exception_handlers={Exception: own} if own else None)
    stack, seen = build_stack(app), []
    inner = stack.handler

    async def outer(request: Request, error: Exception) -> Any:
        seen.append(error)
        return await inner(request, error)

    stack.handler = outer
    [found] = ask(app, "first")
    assert (found.status_code, len(seen)) == (503 if own else 500, 1)
    assert len(found.headers.get_list("ratelimit")) == 1


@pytest.mark.parametrize("own", [None, sorry])
def test_a_library_may_have_a_handler_for_programs_without_one(own: Any, mode: str) -> None:
    async def other(request: Request, error: Exception) -> Response:
        return PlainTextResponse("other", 502)

    app = make_app(exception_handlers={Exception: own} if own else None)
    change_stack(app, lambda stack: ServerErrorMiddleware(stack.app, stack.handler or other))
    [found] = ask(app, "first")
    assert found.text == ("sorry" if own else "other")


@pytest.mark.parametrize("own", [None, sorry])
def test_debug_pages_stay(own: Any, mode: str) -> None:
    app = make_app(debug=True, exception_handlers={Exception: own} if own else None)
    change_stack(app, rebuild)
    [found] = ask(app, "first")
    assert found.status_code == 500
    assert "ValueError: not handled" in found.text
