"""A response without a length to a client of HTTP/1.0 has all of its headers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import FastAPI
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol
from tests.docs.following import Socket


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    headers = iter([(b"x-own", b"1"), (b"vary", b"Accept")])  # ASGI allows every iterable.
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"text"})


def mounted() -> FastAPI:
    app = FastAPI()
    app.mount("/", answer)
    return app


@pytest.mark.parametrize("app", [mounted(), answer], ids=["mounted", "not ours"])
def test_headers_that_can_be_read_only_once(app: Any) -> None:
    async def ask() -> bytes:
        config = Config(app, log_config=None)
        config.load()
        make: Any = PronghornProtocol  # which has the parameters of uvicorn's class
        protocol = make(config=config, server_state=ServerState(), app_state={})
        socket = Socket()
        protocol.connection_made(socket)
        protocol.data_received(b"GET / HTTP/1.0\r\n\r\n")
        for _ in range(500):
            if socket.written.endswith(b"text"):
                break
            await asyncio.sleep(0.01)
        protocol.connection_lost(None)
        return socket.written

    sent = asyncio.run(ask())
    assert sent.split(b"\r\n")[1:] == [
        *(b"x-own: 1", b"vary: Accept", b"connection: close"),
        *(b"", b"text"),
    ]
