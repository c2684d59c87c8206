from pronghorn import FastAPI, WebSocket

app = FastAPI()


@app.websocket
async def chat(websocket: WebSocket) -> None: ...
