"""The smallest program with a request and a WebSocket, for `benchmarks.connections`."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()


class Text(BaseModel):
    """A body of any length."""

    text: str


@app.get("/")
async def read_state() -> dict[str, bool]:
    """Answer a request, after which its connection stays open."""
    return {"ok": True}


@app.post("/texts")
async def create_text(text: Text) -> dict[str, bool]:
    """Take a body, after which the connection stays open."""
    return {"ok": bool(text.text)}


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back what is received, until the client leaves."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        return
