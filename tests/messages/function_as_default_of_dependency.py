from pronghorn import Depends, WebSocket
from pronghorn.routing import APIRouter

router = APIRouter()


def get_session() -> str:
    return "session"


def get_user(session: str = get_session) -> str:
    return session


@router.websocket("/chat")
async def chat(socket: WebSocket, user: str = Depends(get_user)) -> None: ...
