"""The short way of WebSocket messages has the same effects as Starlette's."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pronghorn.run.websocket import OpenWebSocket, websocket_of

Message = dict[str, Any]
SCOPE = {"type": "websocket", "path": "/", "headers": []}
MESSAGES: list[Message] = [
    {"type": "websocket.receive", "text": "a"},
    {"type": "websocket.receive", "bytes": b"a"},
    {"type": "websocket.receive", "text": None, "bytes": b"a"},
    {"type": "websocket.disconnect", "code": 1001, "reason": "gone"},
    {"type": "websocket.connect"},
    {"type": "lifespan.startup"},
]
pytestmark = pytest.mark.anyio


async def outcome(
    make: Callable[..., WebSocket], method: str, message: Message, accept: bool = True
) -> Any:
    """What one call gives or raises, and the states that it leaves."""
    incoming = iter([{"type": "websocket.connect"}, message, message])

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None: ...

    websocket = make(SCOPE, receive, send)
    if accept:
        await websocket.accept()
    seen: list[Any] = []
    for _ in range(2):
        try:
            seen.append(await getattr(websocket, method)())
        except Exception as error:  # noqa: BLE001 - compared
            reason = getattr(error, "reason", None)
            seen.append((type(error), str(error), getattr(error, "code", None), reason))
        seen.append((websocket.client_state, websocket.application_state))
    return seen


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("method", ["receive_text", "receive_bytes"])
async def test_receiving_as_starlette_does(method: str, message: Message, accept: bool) -> None:
    ours = await outcome(websocket_of, method, message, accept)
    assert ours == await outcome(WebSocket, method, message, accept)


@pytest.mark.parametrize("method", ["send_text", "send_bytes"])
async def test_sending_as_starlette_does(method: str) -> None:
    sent: dict[type[WebSocket], list[Any]] = {WebSocket: [], OpenWebSocket: []}
    for make, messages in sent.items():

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message, messages: list[Any] = messages) -> None:
            messages.append(message)
            if message.get("text") == "fail":
                raise OSError

        websocket = make(SCOPE, receive, send)
        with pytest.raises(RuntimeError, match="Expected ASGI message"):
            await getattr(websocket, method)("early")
        await websocket.accept()
        await getattr(websocket, method)("hello")
        if method == "send_text":
            with pytest.raises(WebSocketDisconnect) as caught:
                await websocket.send_text("fail")
            messages.append(caught.value.code)
        messages.append(websocket.application_state)
        websocket.application_state = WebSocketState.DISCONNECTED
        with pytest.raises(RuntimeError) as late:
            await getattr(websocket, method)("late")
        messages.append(str(late.value))
    assert sent[OpenWebSocket] == sent[WebSocket]


async def test_methods_that_were_replaced_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive() -> Message:
        return {"type": "websocket.connect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    websocket = websocket_of(SCOPE, receive, send)
    await websocket.accept()

    async def loud(message: Message) -> None:
        await send({**message, "text": message["text"].upper()})

    monkeypatch.setattr(websocket, "send", loud)
    await websocket.send_text("hello")
    assert sent[-1]["text"] == "HELLO"
    monkeypatch.setattr(WebSocket, "send", loud)
    assert type(websocket_of(SCOPE, receive, send)) is WebSocket
