"""Requests through the protocol class of `pronghorn run`, without a socket.

    python -m benchmarks.protocol             each kind of request
    python -m benchmarks.protocol --only get

prints the microseconds of processor time per request: from the bytes that a transport receives to
those that it writes. `parser` is httptools alone, with a constant response. To compare two states
of the code, run it on both in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from typing import Any

import httptools
from pydantic import BaseModel
from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import FastAPI
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol

CONNECTIONS, TURNS, ROUNDS = 64, 20, 40
HEADERS = b"host: a\r\nuser-agent: b\r\naccept: */*\r\n"
BODY = b'{"name":"pen","price":2.5,"tags":["blue","thin"]}'
REQUESTS = {
    "parser": b"GET /constant HTTP/1.1\r\n%b\r\n" % HEADERS,
    "constant": b"GET /constant HTTP/1.1\r\n%b\r\n" % HEADERS,
    "get": b"GET /items/42?q=hello&limit=10 HTTP/1.1\r\n%b\r\n" % HEADERS,
    "post": b"POST /items HTTP/1.1\r\n%bcontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (HEADERS, len(BODY), BODY),
}


class Item(BaseModel):
    """The second route returns it."""

    item_id: int
    q: str | None
    limit: int


class NewItem(BaseModel):
    """The third route receives and returns it."""

    name: str
    price: float
    tags: list[str] = []


def program() -> FastAPI:
    """Return a program of three routes."""
    app = FastAPI()

    @app.get("/constant")
    async def read_constant() -> Any:
        return {"item_id": 42, "q": "hello", "limit": 10}

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> Item:
        return Item(item_id=item_id, q=q, limit=limit)

    @app.post("/items")
    async def create_item(item: NewItem) -> NewItem:
        return item

    return app


class Socket(asyncio.Transport):
    """A transport that counts what is written, and discards it."""

    written = 0

    def write(self, data: Any) -> None:
        """Take a response."""
        Socket.written += 1

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def close(self) -> None:
        """Stay open, too: on a busy machine, connections of an earlier kind become idle."""

    def get_write_buffer_size(self) -> int:
        """Have nothing that is not written."""
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return nothing about the client."""
        return default


class Parser(asyncio.Protocol):
    """The least that a protocol on httptools can do."""

    def connection_made(self, transport: Any) -> None:
        """Make the parser."""
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Parse a request."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Answer it."""
        self._transport.write(BODY)


def connections(kind: str) -> list[Any]:
    """Return the protocol objects of some connections to one server."""
    config = Config(program(), log_config=None, access_log=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"uvicorn")]
    make: Any = PronghornProtocol  # which has the parameters of uvicorn's class
    made = []
    for _ in range(CONNECTIONS):
        if kind == "parser":
            protocol: Any = Parser()
        else:
            protocol = make(config=config, server_state=state, app_state={})
            protocol.access_log = False
        protocol.connection_made(Socket())
        made.append(protocol)
    return made


async def run_turns(protocols: list[Any], request: bytes, count: int) -> None:
    """Send a request over each connection in each turn of the event loop."""
    for _ in range(count):
        for protocol in protocols:
            protocol.data_received(request)
        for _ in range(3):  # The task, the end of its turn, the outbox.
            await asyncio.sleep(0)


async def measure(kind: str) -> list[float]:
    """Return the microseconds per request of each round, the fastest first.

    Raises:
        RuntimeError: A request was not answered.
    """
    protocols, request = connections(kind), REQUESTS[kind]
    Socket.written = 0
    await run_turns(protocols, request, 50)
    if Socket.written != 50 * CONNECTIONS:
        raise RuntimeError(f"{Socket.written} answers to {50 * CONNECTIONS} requests")
    gc.collect()
    gc.disable()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        await run_turns(protocols, request, TURNS)
        times.append((time.process_time() - start) / (TURNS * CONNECTIONS) * 1e6)
    gc.enable()
    return sorted(times)


def main() -> None:
    """Print the fastest round and the median of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(REQUESTS), help="one kind of request")
    only = parser.parse_args().only
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    print("microseconds per request")
    for kind in [only] if only else REQUESTS:
        times = run(measure(kind))
        print(f"{kind:10} {times[0]:.2f}, median {times[len(times) // 2]:.2f}")


if __name__ == "__main__":
    main()
