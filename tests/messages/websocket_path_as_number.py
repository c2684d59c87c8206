from pronghorn import FastAPI, WebSocket

app = FastAPI()


async def chat(websocket: WebSocket) -> None: ...


app.add_api_websocket_route(8000, chat)
