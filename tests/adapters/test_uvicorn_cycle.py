"""uvicorn's ASGI protocol sends a JSON response in one write, with uvicorn's own bytes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pronghorn import FastAPI, Response
from pronghorn.adapters.uvicorn import cycle as uvicorn_cycle
from pronghorn.adapters.uvicorn.cycle import install
from pronghorn.run.exchange import EXCHANGES
from tests.adapters.conftest import Start
from tests.adapters.test_outbox import RecordingTransport
from tests.contract.servers import WEBSOCKET, RawConnection, request

OTHERS = "tests.adapters.other_programs"
JSON = "Content-Type: application/json"
BODY = b'{"name": "pen"}'
TURNS = 10
#: The class of each connection after its requests.
kinds: list[type] = []
app = FastAPI()


class Item(BaseModel):
    name: str


@app.api_route("/items/{item_id}", methods=["GET", "HEAD"])
async def read_item(item_id: int) -> dict[str, int]:
    return {"item_id": item_id}


@app.post("/items", status_code=201)
async def create_item(item: Item) -> Item:
    return item


@app.get("/header")
async def header(response: Response, value: str = "yes", name: str = "x-injected") -> str:
    response.headers[name] = value
    return "answered"


@app.get("/text")
async def text() -> Response:
    return PlainTextResponse("text")


@app.get("/crash")
async def crash() -> None:
    raise RuntimeError


class Broken(Response):
    """Says how long it is, and sends nothing, or less, or more."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self.body == b"raise":
            raise RuntimeError
        if self.body:
            await send({"type": "http.response.body", "body": self.body})


@app.get("/broken")
async def broken(body: str) -> Response:
    return Broken(body.encode())


@app.get("/part")
async def part() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"

    return StreamingResponse(chunks(), headers={"content-length": "2"})


with_cors = FastAPI(routes=app.routes)
with_cors.add_middleware(CORSMiddleware, allow_origins=["*"])
with_trusted_host = FastAPI(routes=app.routes)
with_trusted_host.add_middleware(TrustedHostMiddleware, allowed_hosts=["test"])
PROGRAMS = {"plain": app, "with CORS": with_cors, "with trusted hosts": with_trusted_host}


@pytest.fixture
def short_way(short_ways: None) -> Iterator[None]:
    """The short way is chosen when a program starts; here the test chooses."""
    before = dict(EXCHANGES)
    yield
    EXCHANGES.clear()
    EXCHANGES.update(before)


class Connection(RecordingTransport):
    """The transport of one connection."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": ("127.0.0.1", 9)}.get(name, default)

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """The test goes on when it wants to."""


def answered(
    data: bytes,
    *,
    shortly: bool,
    program: FastAPI = app,
    kind: type[HttpToolsProtocol] = HttpToolsProtocol,
) -> list[Any]:
    """What happens to a connection of uvicorn that receives some data."""
    EXCHANGES.clear()
    if shortly:
        install()

    async def serve() -> list[Any]:
        config = Config(program, http="httptools", lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        state.default_headers = [(b"server", b"uvicorn")]
        protocol = kind(config=config, server_state=state, app_state={})
        connection = Connection()
        protocol.connection_made(connection)
        protocol.data_received(data)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        kinds.append(type(protocol))
        return connection.events

    return asyncio.run(serve())


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize(
    "data",
    [
        request("GET", "/items/1?q=a"),
        request("HEAD", "/items/1"),
        request("POST", "/items", JSON, body=BODY),
        request("POST", "/items", JSON, "Expect: 100-continue", body=BODY),
        request("POST", "/items", JSON, body=b"{"),
        request("GET", "/items/x"),
        request("GET", "/nowhere"),
        request("GET", "/items/1", "Connection: close"),
        b"GET /items/1 HTTP/1.0\r\nHost: test\r\n\r\n",
        request("GET", "/header"),
        request("GET", "/header?name=Connection&value=close"),
        request("GET", "/header?name=content-length&value=3"),
        request("GET", "/text"),
        request("GET", "/crash"),
        request("HEAD", "/text"),
        request("GET", "/part"),
        request("GET", "/broken?body=1234"),
        request("GET", "/broken?body=123"),
        request("GET", "/broken?body=12345"),
        request("GET", "/broken?body=raise"),
        request("GET", "/broken?body="),
        request("OPTIONS", "/items/1", "Origin: http://a", "Access-Control-Request-Method: GET"),
        request("GET", "/items/1", "Origin: http://a", "Connection: keep-alive"),
        request("GET", "/items/1") + request("GET", "/text") + request("GET", "/items/2"),
    ],
)
@pytest.mark.parametrize("name", PROGRAMS)
def test_both_ways_write_the_same(name: str, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")
    written = []
    for shortly in (False, True):
        caplog.clear()
        events = answered(data, shortly=shortly, program=PROGRAMS[name])
        content = b"".join(event for event in events if event != "close")
        written.append((content, "close" in events, caplog.messages))
    assert written[0][0].startswith(b"HTTP/1.1 ")
    assert written[0] == written[1]


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    "data",
    [
        request("GET", "/items/1"),
        request("POST", "/items", JSON, body=BODY),
        request("GET", "/text"),
        request("GET", "/nowhere"),
    ],
)
def test_short_way_writes_once(data: bytes, name: str) -> None:
    program = PROGRAMS[name]
    assert len(answered(data, shortly=True, program=program)) == 1
    assert len(answered(data, shortly=False, program=program)) == 2


ITEM = request("GET", "/items/1")


@pytest.mark.usefixtures("short_way")
@pytest.mark.parametrize("names", ["OF_PROTOCOL", "OF_FLOW", "OF_CYCLE"])
def test_uvicorn_without_a_name_that_is_relied_on(
    names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = getattr(uvicorn_cycle, names)
    monkeypatch.setattr(uvicorn_cycle, names, (*known, "a_name_that_is_gone"))
    assert answered(ITEM + ITEM, shortly=True) == answered(ITEM + ITEM, shortly=False)
    assert kinds[-2:] == [HttpToolsProtocol] * 2


@pytest.mark.usefixtures("short_way")
def test_subclass_of_uvicorns_protocol_stays_as_it_is() -> None:
    class Own(HttpToolsProtocol):
        """A server's own."""

    assert answered(ITEM, shortly=True, kind=Own) == answered(ITEM, shortly=False)
    assert kinds[-2:] == [Own, HttpToolsProtocol]


@pytest.mark.usefixtures("short_way")
def test_plain_uvicorn_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRONGHORN_UVICORN", "plain")
    assert answered(ITEM, shortly=True) == answered(ITEM, shortly=False)
    assert kinds[-2:] == [HttpToolsProtocol] * 2


@pytest.mark.usefixtures("short_way")
def test_header_with_a_line_break_is_an_error_of_the_server() -> None:
    """uvicorn's own way closes the connection without an answer."""
    events = answered(request("GET", "/header?value=a%0D%0Ab:c"), shortly=True)
    assert events[0].startswith(b"HTTP/1.1 500 ")


def test_error_after_the_answer(start: Start) -> None:
    """The server closes the connection then, but not before the answer is on its way."""
    server = start(program=f"{OTHERS}:direct")
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/crash-later"))
        answer = connection.read()
    assert json.loads(answer.body) == "answered"


def test_websocket_after_an_answer(start: Start) -> None:
    """On the same connection."""
    server = start()
    with RawConnection(server.port) as connection:
        connection.send(request("GET", "/items/1"))
        assert connection.read().status == 200
        connection.send(request("GET", "/echo/room?key=after-an-answer", *WEBSOCKET))
        assert connection.read_bytes(12) == b"HTTP/1.1 101"
