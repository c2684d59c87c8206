"""The number of functions that a message over an open WebSocket calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pronghorn import FastAPI, WebSocket, WebSocketDisconnect
from tests.guards.test_calls import called

#: The two functions of the server and the two methods of the connection, for a message and its
#: reply.
BOUND = 4
KINDS = ["text", "bytes", "json"]


def program() -> FastAPI:
    app = FastAPI()

    @app.websocket("/{kind}")
    async def echo(websocket: WebSocket, kind: str) -> None:
        receive = getattr(websocket, f"receive_{kind}")
        send = getattr(websocket, f"send_{kind}")
        await websocket.accept()
        try:
            while True:
                await send(await receive())
        except WebSocketDisconnect:
            return

    return app


async def functions_of(messages: int, app: Any, kind: str) -> int:
    """The functions that are called for a connection with so many messages and replies."""
    server = iter(
        [
            {"type": "websocket.connect"},
            *[{"type": "websocket.receive", "text": "1", "bytes": b"1"}] * messages,
            {"type": "websocket.disconnect", "code": 1000},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(server)

    async def send(message: Any) -> None:
        sent.append(message)

    about = {"type": "websocket", "path": f"/{kind}", "raw_path": b"/", "query_string": b""}
    scope = {**about, "root_path": "", "headers": [], "subprotocols": []}
    with called() as found:
        await app(scope, receive, send)
    assert len(sent) == messages + 1
    return len([name for name in found.names() if not name.startswith("json.")])


@pytest.mark.parametrize("kind", KINDS)
def test_functions_per_message(kind: str) -> None:
    app = program()
    asyncio.run(functions_of(1, app, kind))
    few, many = (asyncio.run(functions_of(count, app, kind)) for count in (10, 110))
    assert many - few <= BOUND * 100
