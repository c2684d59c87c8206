"""A program with one mistake."""

from pronghorn import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None: ...


async def main() -> None:
    await echo("socket")  # wrong
