"""A program with one mistake."""

from pronghorn import WebSocket


async def send(websocket: WebSocket) -> None:
    await websocket.send_text(1)  # wrong
