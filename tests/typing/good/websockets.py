"""WebSocket endpoints with dependencies."""

from typing import Annotated

from pronghorn import (
    APIRouter,
    Cookie,
    Depends,
    FastAPI,
    Query,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
    status,
)

app = FastAPI()
router = APIRouter(prefix="/rooms")


async def get_token(
    websocket: WebSocket,
    session: Annotated[str | None, Cookie()] = None,
    token: Annotated[str | None, Query()] = None,
) -> str:
    if session is None and token is None:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION, reason="No token")
    return session or token or ""


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="chat")
    try:
        while True:
            text: str = await websocket.receive_text()
            await websocket.send_json({"text": text})
    except WebSocketDisconnect as gone:
        print(gone.code)


@router.websocket("/{room}", name="room", dependencies=[Depends(get_token)])
async def join(websocket: WebSocket, room: str, token: Annotated[str, Depends(get_token)]) -> None:
    await websocket.accept()
    await websocket.send_text(f"{room} {token}")
    await websocket.close(code=1000)


app.include_router(router)
app.add_api_websocket_route("/again", echo, name="again")
