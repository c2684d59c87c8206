"""`answer_through`: a battery receives the messages of a response before they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pytest

from pronghorn import FastAPI, File, Form, HTTPException, Request, UploadFile
from pronghorn.hooks import CompiledRoute, Exchange, Handler, answer_through, mount, unmount
from pronghorn.params import Depends
from pronghorn.responses import StreamingResponse
from pronghorn.testclient import TestClient


class Marked(Depends):
    """A dependency of a battery, which looks for its routes."""

    def document_operation(self, operation: dict[str, Any]) -> None:
        """Add a response to the document."""
        operation["responses"]["418"] = {"description": "Marked"}


async def nothing() -> None:
    """Provide nothing."""


MARKED = Marked(nothing)


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """The messages of all responses of marked routes."""
    found: list[str] = []

    def surround(route: CompiledRoute) -> Handler | None:
        if not any(isinstance(node.marker, Marked) for node in route.plan.root.walk()):
            return None
        handler = route.handler

        async def answer(exchange: Exchange, path: Mapping[str, Any]) -> None:
            async def send(message: Any) -> None:
                found.append(message["type"].removeprefix("http.response."))
                if exchange.header(b"x-fail") == found[-1]:
                    raise HTTPException(409, "refused by the battery")
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-seen", b"yes")]
                await exchange.track_and_send(message)

            await exchange.read_body()
            await answer_through(handler, exchange, path, send)

        return answer

    mount(surround, innermost=True)
    yield found
    unmount(surround)


@pytest.fixture
def client(mode: str, seen: list[str]) -> TestClient:
    app = FastAPI(dependencies=[MARKED])

    @app.get("/value")
    async def value() -> int:
        return 1

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.post("/form")
    async def form(name: Annotated[str, Form()], sent: Annotated[UploadFile, File()]) -> str:
        return f"{name} {len(await sent.read())}"

    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    return TestClient(app)


def test_the_messages_come_first(client: TestClient, seen: list[str]) -> None:
    answer = client.get("/value")
    assert (answer.text, answer.headers["x-seen"]) == ("1", "yes")
    assert seen == ["start", "body"]
    stream = client.get("/stream")
    assert (stream.text, stream.headers["x-seen"]) == ("ab", "yes")
    head = client.head("/value")
    assert (head.text, head.headers["x-seen"]) == ("", "yes")


def test_a_body_that_was_read_before_is_not_read_again(client: TestClient) -> None:
    sent = {"data": {"name": "a"}, "files": {"sent": ("a", b"0" * 2_000_000)}}
    assert client.post("/form", **sent).json() == "a 2000000"  # type: ignore[arg-type]
    assert client.post("/raw", content=b"0" * 2_000_000).json() == 2_000_000


@pytest.mark.parametrize("path", ["/value", "/stream"])
def test_an_error_before_the_head_is_answered(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"X-Fail": "start"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "refused by the battery"})


def test_an_error_of_a_route_is_answered_outside(client: TestClient, seen: list[str]) -> None:
    assert client.post("/form").status_code == 422
    assert seen == []


def test_the_innermost_hook_is_nearest_to_the_endpoint() -> None:
    order: list[str] = []

    def hook(name: str) -> Any:
        def surround(route: CompiledRoute) -> Handler:
            async def answer(exchange: Exchange, path: Mapping[str, Any]) -> None:
                order.append(name)
                await route.handler(exchange, path)

            return answer

        return surround

    hooks = {name: hook(name) for name in ("first", "second", "inner")}
    for name, one in hooks.items():
        mount(one, innermost=name == "inner")
    try:
        app = FastAPI()
        app.get("/")(nothing)
        TestClient(app).get("/")
    finally:
        for one in hooks.values():
            unmount(one)
    assert order == ["second", "first", "inner"]


def test_a_dependency_completes_the_document(client: TestClient) -> None:
    app: Any = client.app
    for item in app.openapi()["paths"].values():
        for operation in item.values():
            assert operation["responses"]["418"] == {"description": "Marked"}
