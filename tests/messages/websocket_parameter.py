from pronghorn import FastAPI, WebSocket

app = FastAPI()


class Plain:
    """Not a model: Pydantic cannot validate it."""


@app.websocket("/chat/{room}")
async def chat(websocket: WebSocket, room: str, user: Plain) -> None: ...
