"""The programs whose costs are guarded, and a function that sends requests to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Query,
    Response,
)
from pronghorn.security import HTTPAuthorizationCredentials, HTTPBearer

Message = MutableMapping[str, Any]
Headers = tuple[tuple[bytes, bytes], ...]


class Item(BaseModel):
    name: str
    price: float = 1.0


class Page:
    def __init__(self, skip: int = 0, limit: int = 100) -> None:
        self.skip = skip
        self.limit = limit


async def get_settings() -> str:
    return "shop"


async def get_session(settings: Annotated[str, Depends(get_settings)]) -> str:
    return settings


async def get_user(
    session: Annotated[str, Depends(get_session)], x_user: Annotated[str, Header()]
) -> str:
    return session + x_user


async def get_opened() -> AsyncIterator[str]:
    yield "open"


def get_blocking() -> str:
    return "blocking"


async def note() -> None: ...


router = APIRouter()


@router.get("/constant")
async def constant() -> Any:
    return {"message": "hello"}


@router.get("/items/{item_id}")
async def path_and_query(
    item_id: int, q: str | None = None, limit: Annotated[int, Query(ge=1)] = 9
) -> Item:
    return Item(name=f"{item_id}{q}{limit}")


@router.post("/items", status_code=201)
async def body(item: Item) -> Item:
    return item


@router.get("/graph")
async def graph(
    user: Annotated[str, Depends(get_user)],
    session: Annotated[str, Depends(get_session)],
    page: Annotated[Page, Depends()],
) -> Any:
    return {"user": user, "session": session, "skip": page.skip}


@router.get("/yield")
async def yielding(opened: Annotated[str, Depends(get_opened)]) -> Any:
    return {"session": opened}


@router.get("/wire")
async def wire(
    x_trace: Annotated[str, Header()],
    session: Annotated[str, Cookie()],
    tag: Annotated[list[int], Query()],
) -> Any:
    return {"trace": x_trace, "session": session, "tags": tag}


@router.post("/form")
async def form(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> Any:
    return {"username": username, "length": len(password)}


@router.get("/bearer")
async def bearer(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
    background: BackgroundTasks,
    response: Response,
) -> Any:
    background.add_task(note)
    response.headers["x-scheme"] = credentials.scheme
    return {"token": credentials.credentials}


@router.get("/raises")
async def raises() -> Any:
    raise HTTPException(418, "tea")


@router.get("/thread")
def thread(q: str | None = None) -> Any:
    return {"q": q}


@router.get("/threads")
def threads(
    page: Annotated[Page, Depends()], blocking: Annotated[str, Depends(get_blocking)]
) -> Any:
    return {"skip": page.skip, "blocking": blocking}


def program() -> FastAPI:
    """An application of its own for each test, compiled in the way that the test is about."""
    app = FastAPI()
    app.include_router(router)
    return app


@dataclass(frozen=True)
class Ask:
    """One request, and what it must be answered with."""

    path: str
    method: str = "GET"
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""
    status: int = 200

    def length(self) -> Headers:
        """The header that says how long the body is."""
        return ((b"content-length", str(len(self.body)).encode()),) if self.body else ()

    async def send_to(self, application: Callable[..., Any]) -> None:
        """Ask once."""
        seen: list[int] = []
        waiting = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive() -> Message:
            if not waiting:
                await asyncio.get_running_loop().create_future()
            return waiting.pop()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "method": self.method,
            "root_path": "",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "headers": [(b"host", b"shop.example"), *self.headers, *self.length()],
        }
        await application(scope, receive, send)
        assert seen == [self.status]


JSON = ((b"content-type", b"application/json"),)
FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
WIRE = ((b"x-trace", b"abc"), (b"cookie", b"session=1"))
ASKS = {
    "constant": Ask("/constant"),
    "path and query": Ask("/items/3", query=b"q=a&limit=5"),
    "body": Ask("/items", "POST", headers=JSON, body=b'{"name": "a"}', status=201),
    "dependency graph": Ask("/graph", query=b"skip=3", headers=((b"x-user", b"ada"),)),
    "yield dependency": Ask("/yield"),
    "header, cookie, list": Ask("/wire", query=b"tag=1&tag=2", headers=WIRE),
    "form": Ask("/form", "POST", headers=FORM, body=b"username=ada&password=secret"),
    "bearer": Ask("/bearer", headers=((b"authorization", b"Bearer abc"),)),
    "HTTPException": Ask("/raises", status=418),
    "422": Ask("/items/x", query=b"limit=0", status=422),
    "404": Ask("/nowhere", status=404),
    "def endpoint": Ask("/thread", query=b"q=a"),
    "def endpoint and dependencies": Ask("/threads", query=b"skip=3"),
}
