"""A request through the protocol class of `pronghorn run`, without a socket.

    python -m benchmarks.protocol

prints the microseconds of processor time per request: from the bytes that a transport receives to
those that it writes. To compare two states of the code, run it on both in turns.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import FastAPI
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol

CONNECTIONS, TURNS, ROUNDS = 16, 50, 40
REQUEST = b"GET /items/42?limit=5 HTTP/1.1\r\nhost: a\r\nuser-agent: b\r\naccept: */*\r\n\r\n"


def program() -> FastAPI:
    """Return a program of one route."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, limit: int = 10) -> Any:
        return {"item_id": item_id, "limit": limit}

    return app


class Socket(asyncio.Transport):
    """A transport that discards what is written."""

    def write(self, data: Any) -> None:
        """Take a response."""

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return nothing about the client."""
        return default


def connections(count: int) -> list[Any]:
    """Return the protocol objects of some connections to one server."""
    config = Config(program(), log_config=None, access_log=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"uvicorn")]
    make: Any = PronghornProtocol  # which has the parameters of uvicorn's class
    made = [make(config=config, server_state=state, app_state={}) for _ in range(count)]
    for protocol in made:
        protocol.access_log = False
        protocol.connection_made(Socket())
    return made


async def run_turns(protocols: list[Any], count: int) -> None:
    """Send a request over each connection in each turn of the event loop."""
    for _ in range(count):
        for protocol in protocols:
            protocol.data_received(REQUEST)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def measure() -> list[float]:
    """Return the microseconds per request of each round, the fastest first."""
    protocols = connections(CONNECTIONS)
    await run_turns(protocols, 300)
    gc.disable()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        await run_turns(protocols, TURNS)
        times.append((time.process_time() - start) / (TURNS * CONNECTIONS) * 1e6)
    return sorted(times)


def main() -> None:
    """Print the fastest round and the median."""
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    times = run(measure())
    print(f"microseconds per request: {times[0]:.2f}, median {times[len(times) // 2]:.2f}")


if __name__ == "__main__":
    main()
