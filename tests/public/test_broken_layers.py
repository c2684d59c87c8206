"""Middleware that cannot be made stops the startup, and the error says which one it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from starlette.types import Message

from pronghorn import FastAPI, Request
from pronghorn.exceptions import SetupTypeError
from pronghorn.middleware.trustedhost import TrustedHostMiddleware
from pronghorn.testclient import TestClient


class Fragile:
    """A middleware of the program that refuses its option."""

    def __init__(self, app: Any, *, secret: str) -> None:
        raise ValueError("no such secret")


def with_standard(app: FastAPI) -> None:
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.*"])


def with_own(app: FastAPI) -> None:
    app.add_middleware(Fragile, secret="hidden")


def with_function(app: FastAPI) -> None:
    @app.middleware("http")
    async def forgetful(request: Request) -> None: ...


BROKEN = [
    pytest.param(
        with_standard,
        AssertionError,
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=...)",
        id="standard",
    ),
    pytest.param(with_own, ValueError, "app.add_middleware(Fragile, secret=...)", id="own"),
    pytest.param(with_function, SetupTypeError, "forgetful", id="function"),
]


@pytest.mark.parametrize(("change", "kind", "where"), BROKEN)
def test_a_server_is_told_that_the_startup_has_failed(
    change: Callable[[FastAPI], None], kind: type[Exception], where: str
) -> None:
    app = FastAPI()
    change(app)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def start() -> None:
        with pytest.raises(kind):
            await app({"type": "lifespan", "state": {}}, receive, send)

    anyio.run(start)

    (message,) = sent
    assert message["type"] == "lifespan.startup.failed"
    assert where in message["message"]
    assert "hidden" not in message["message"].partition("where:")[2]


@pytest.mark.parametrize(("change", "kind", "where"), BROKEN)
def test_a_test_client_raises_the_error_itself(
    change: Callable[[FastAPI], None], kind: type[Exception], where: str
) -> None:
    app = FastAPI()
    change(app)
    with pytest.raises(kind) as started, TestClient(app):
        pass
    with pytest.raises(kind) as asked:
        TestClient(app).get("/")
    for caught in (started, asked):
        assert where in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


@pytest.mark.usefixtures("short_ways")
def test_an_application_whose_layers_a_library_watches_names_the_middleware(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from starlette.middleware import Middleware

    original = Middleware.__init__

    def replacement(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", replacement)
    app = FastAPI()
    with_own(app)
    with pytest.raises(ValueError, match="no such secret") as asked:
        TestClient(app).get("/")
    assert "add_middleware(Fragile, secret=...)" in "\n".join(asked.value.__notes__)
