"""Functions of a program are called by our threads in the ways of libraries, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronghorn import FastAPI, Request, Response, routing
from pronghorn.responses import PlainTextResponse
from pronghorn.routing import request_response
from pronghorn.testclient import TestClient
from tests.compile.counting import count_calls


def replaced_step(name: str) -> Callable[[pytest.MonkeyPatch], Any]:
    """A `def` endpoint with a response model, while a library replaces a step of its route."""

    def make(patch: pytest.MonkeyPatch) -> Any:
        original = getattr(routing, name)

        async def replacement(**options: Any) -> Any:
            return await original(**options)

        patch.setattr(routing, name, replacement)
        app = FastAPI()

        @app.get("/")
        def read() -> int:
            return 1

        return app

    return make


def function_of_a_library(patch: pytest.MonkeyPatch) -> Any:
    def respond(request: Request) -> Response:
        return PlainTextResponse("1")

    return request_response(respond)


PLACES = {
    "endpoint": (replaced_step("run_endpoint_function"), 2),
    "serialization": (replaced_step("serialize_response"), 2),
    "function": (function_of_a_library, 1),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_request(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    make, hops = PLACES[place]
    client = TestClient(make(monkeypatch))
    with count_calls() as calls:
        assert client.get("/").text == "1"
    assert calls.of("pronghorn.core.threads.pool", "Pool.submit") == hops


def test_the_start_of_an_application() -> None:
    def lifespan(app: Any) -> Iterator[None]:
        yield

    with count_calls() as calls, TestClient(FastAPI(lifespan=lifespan)):  # type: ignore[arg-type]
        pass
    assert calls.of("pronghorn.core.threads.pool", "Pool.submit") == 1
