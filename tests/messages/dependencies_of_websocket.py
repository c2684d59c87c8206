from pronghorn import FastAPI, WebSocket

app = FastAPI()


def get_user() -> str:
    return "Ann"


@app.websocket("/chat", dependencies=get_user)
async def chat(socket: WebSocket) -> None: ...
