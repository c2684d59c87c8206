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
    {"type": "websocket.receive", "text": '{"a": 1}', "bytes": b"1"},
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
@pytest.mark.parametrize("method", ["receive_text", "receive_bytes", "receive_json"])
async def test_receiving_as_starlette_does(method: str, message: Message, accept: bool) -> None:
    ours = await outcome(websocket_of, method, message, accept)
    assert ours == await outcome(WebSocket, method, message, accept)


@pytest.mark.parametrize("method", ["send_text", "send_bytes", "send_json"])
async def test_sending_as_starlette_does(method: str) -> None:
    sent: dict[type[WebSocket], list[Any]] = {WebSocket: [], OpenWebSocket: []}
    for make, messages in sent.items():

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message, messages: list[Any] = messages) -> None:
            messages.append(message)
            if message.get("text") in ("fail", '"fail"'):
                raise OSError

        websocket = make(SCOPE, receive, send)
        with pytest.raises(RuntimeError, match="Expected ASGI message"):
            await getattr(websocket, method)("early")
        await websocket.accept()
        await getattr(websocket, method)("hello")
        if method != "send_bytes":
            with pytest.raises(WebSocketDisconnect) as caught:
                await getattr(websocket, method)("fail")
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


async def received_and_sent(make: Callable[..., WebSocket], change: Callable[..., Any]) -> Any:
    """What a program sees that changes a connection by hand between two messages."""
    incoming = iter([{"type": "websocket.connect"}, *[MESSAGES[0]] * 3])
    seen: list[Any] = []

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        seen.append(message)

    websocket = make(SCOPE, receive, send)
    await websocket.accept()
    for step in (change, lambda _: None):
        step(websocket)
        for call in (websocket.receive_text, lambda: websocket.send_text("b")):
            try:
                seen.append(await call())
            except Exception as error:  # noqa: BLE001 - compared
                seen.append((type(error), str(error)))
    return seen


async def receive_instead() -> Message:
    return {"type": "websocket.receive", "text": "instead"}


CHANGES: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _: None,
    "client state": lambda one: setattr(one, "client_state", WebSocketState.DISCONNECTED),
    "our state": lambda one: setattr(one, "application_state", WebSocketState.DISCONNECTED),
    "other method": lambda one: setattr(one, "receive", receive_instead),
    "other server": lambda one: setattr(one, "_receive", receive_instead),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_a_program_assigns_counts_from_the_next_message(change: str) -> None:
    ours = await received_and_sent(websocket_of, CHANGES[change])
    assert ours == await received_and_sent(WebSocket, CHANGES[change])


async def test_a_connection_that_is_opened_again_works_again() -> None:
    async def receive() -> Message:
        return MESSAGES[0]

    async def send(message: Message) -> None: ...

    websocket = websocket_of(SCOPE, receive, send)
    websocket.client_state = WebSocketState.CONNECTED
    with pytest.raises(RuntimeError):
        await websocket.receive_text()
    websocket.application_state = WebSocketState.CONNECTED
    assert await websocket.receive_text() == "a"


async def test_methods_of_a_class_that_is_derived_from_the_class_of_a_connection() -> None:
    """A program may derive a class from `type(websocket)`; its `send` and `receive` are called."""
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "a"}])
    sent: list[Any] = []

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    class Loud(OpenWebSocket):
        async def receive(self) -> Message:
            return {**await super().receive(), "text": "received"}

        async def send(self, message: Any) -> None:
            await super().send({**message, "loud": True})

    connection = Loud(SCOPE, receive, send)
    await connection.accept()
    assert await connection.receive_text() == "received"
    await connection.send_text("b")
    assert sent[-1] == {"type": "websocket.send", "text": "b", "loud": True}
