"""Programs whose annotations name what exists for type checkers only: `Missing` and `other`."""

from __future__ import annotations

from typing import Any, NamedTuple

HEADER = """
import functools
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, Generic, Optional, TypeVar, Union

from pydantic import BaseModel
from typing_extensions import TypeAliasType

from {framework} import (
    APIRouter, Body, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Path, Query,
    Request, Response, Security, UploadFile, WebSocket,
)
from {framework}.routing import APIRoute
from {framework}.responses import JSONResponse, PlainTextResponse, StreamingResponse
from {framework}.security import HTTPBearer, OAuth2PasswordBearer, SecurityScopes

if TYPE_CHECKING:
    import other
    from decimal import Decimal as Missing

app = FastAPI()

def get_value(q: str = "none") -> str:
    return q

async def get_async(q: str = "none") -> str:
    return q
"""


class Program(NamedTuple):
    """A program, and what it answers.

    Attributes:
        source: The source after `HEADER`.
        answers: The JSON of each answer, by the path of the request; the method is POST after
            "POST ", and a WebSocket after "WS ". None is an answer 422.
        body: The JSON body of the requests with POST.
        fastapi: When FastAPI answers the same: "always", "lazily" for annotations that Python 3.14
            evaluates, or "never" because it reads the types before they exist.
        as_strings: Whether it also works as strings, which do not see the names of a function.
    """

    source: str
    answers: dict[str, Any]
    body: Any = None
    fastapi: str = "lazily"
    as_strings: bool = True


PROGRAMS: dict[str, Program] = {
    "annotated": Program(
        """
@app.get("/")
async def read(value: Annotated[Missing, Depends(get_value)]):
    return value
""",
        {"/?q=1": "1", "/": "none"},
    ),
    "annotated in a def function": Program(
        """
@app.get("/")
def read(
    value: Annotated[Missing, Depends(get_value)], other: Annotated[other.Thing, Depends(get_async)]
):
    return [value, other]
""",
        {"/?q=1": ["1", "1"]},
    ),
    "annotated generic": Program(
        """
@app.get("/")
async def read(
    a: Annotated[list[Missing], Depends(get_value)],
    b: Annotated[Missing | None, Depends(get_value)],
    c: Annotated[Optional[Missing], Depends(get_value)],
    d: Annotated[dict[str, list[Missing]], Depends(get_value)],
    e: Annotated[Missing[int], Depends(get_value)],
):
    return [a, b, c, d, e]
""",
        {"/?q=1": ["1"] * 5},
    ),
    "annotated twice": Program(
        """
@app.get("/")
async def read(a: Annotated[Annotated[Missing, Depends(get_value)], "documented"]):
    return a
""",
        {"/?q=1": "1"},
        fastapi="never",
    ),
    "lambda": Program(
        """
@app.get("/")
async def read(a: Annotated[Missing, Depends(lambda: 5)]):
    return a
""",
        {"/": 5},
    ),
    "default": Program(
        """
@app.get("/")
async def read(a: Missing = Depends(get_value), b: list[Missing] | None = Depends(get_value)):
    return [a, b]
""",
        {"/?q=1": ["1", "1"]},
        fastapi="always",
    ),
    "options of the marker": Program(
        """
@app.get("/")
async def read(
    a: Annotated[Missing, Depends(get_value, use_cache=False)],
    b: Annotated[Missing, Security(get_value, scopes=["a"])],
):
    return [a, b]
""",
        {"/?q=1": ["1", "1"]},
    ),
    "return type beside a response model": Program(
        """
@app.get("/", response_model=int)
async def read() -> Missing:
    return "5"
@app.get("/none", response_model=None)
async def none() -> Missing | Response:
    return {"a": 1}
@app.get("/list", response_model=list[int])
def numbers() -> list[Missing]:
    return ["1"]
""",
        {"/": 5, "/none": {"a": 1}, "/list": [1]},
        fastapi="always",
    ),
    "return type beside a response model in the decorator of a router": Program(
        """
router = APIRouter(prefix="/inside")
@router.get("/", response_model=int)
async def read() -> Missing:
    return "5"
app.include_router(router, prefix="/outer")
""",
        {"/outer/inside/": 5},
        fastapi="always",
    ),
    "return type of a dependency": Program(
        """
def first(q: str) -> Missing:
    return q
async def second(one: Annotated[Missing, Depends(first)]) -> "Missing | None":
    yield one
@app.get("/")
async def read(two: Annotated[str, Depends(second)]):
    return two
""",
        {"/?q=1": "1"},
    ),
    "partial": Program(
        """
def add(number: int, value: Annotated[Missing, Depends(get_value)], q: str) -> Missing:
    return [number, value, q]
async def endpoint(number: int, value: Annotated[Missing, Depends(get_value)]):
    return [number, value]
@app.get("/")
async def read(a: Annotated[Missing, Depends(functools.partial(add, 5))]):
    return a
app.get("/partial")(functools.partial(endpoint, number=4))
""",
        {"/?q=1": [5, "1", "1"], "/partial?q=1&number=3": [3, "1"]},
    ),
    "decorated": Program(
        """
def decorate(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return [await function(*args, **kwargs)]
    return wrapper
def decorate_plainly(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
@decorate_plainly
def dependency(q: str, value: Annotated[Missing, Depends(get_value)]) -> Missing:
    return [q, value]
@app.get("/", response_model=None)
@decorate
@decorate
async def read(value: Annotated[Missing, Depends(dependency)]) -> Missing:
    return value
""",
        {"/?q=1": [[["1", "1"]]]},
    ),
    "security": Program(
        """
bearer = HTTPBearer(auto_error=False)
oauth2 = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)
def user(scopes: SecurityScopes, token: Annotated[Missing, Depends(oauth2)]) -> Missing:
    return [scopes.scopes, token]
@app.get("/")
async def read(
    a: Annotated[Missing, Security(user, scopes=["me"])], b: Annotated[Missing, Depends(bearer)]
):
    return [a, b]
""",
        {"/": [[["me"], None], None]},
    ),
    "dependencies of routers": Program(
        """
def check(value: Annotated[Missing, Depends(get_value)]) -> Missing:
    if value == "bad":
        raise HTTPException(418)
router = APIRouter(dependencies=[Depends(check)])
@router.get("/")
async def read(request: Request, response: Response) -> str:
    return "fine"
app.include_router(router, dependencies=[Depends(check)])
""",
        {"/": "fine", "/?q=bad": {"detail": "I'm a Teapot"}},
    ),
    "handlers, middleware and lifespan": Program(
        """
@asynccontextmanager
async def lifespan(app: Missing) -> Missing:
    yield {"started": True}
app = FastAPI(lifespan=lifespan)
@app.exception_handler(ZeroDivisionError)
async def handle(request: Missing, error: other.Error) -> Missing:
    return JSONResponse("handled")
@app.middleware("http")
async def add(request: Missing, call_next: other.Call) -> Missing:
    return await call_next(request)
@app.get("/")
async def read(request: Request):
    1 / 0
@app.get("/state")
async def state(request: Request) -> bool:
    return request.state.started
""",
        {"/": "handled", "/state": True},
        fastapi="always",
    ),
    "parameters beside it": Program(
        """
@app.post("/{path}")
async def read(
    path: Annotated[int, Path(ge=1)],
    value: Annotated[Missing, Depends(get_value)],
    header: Annotated[str, Header()] = "h",
    cookie: Annotated[str | None, Cookie()] = None,
    q: Annotated[list[int], Query()] = [],
    body: Annotated[dict[str, int], Body()] = {"a": 1},
):
    return [path, value, header, cookie, q, body]
""",
        {"POST /3?q=1&q=2": [3, "2", "h", None, [1, 2], {"a": 1}]},
    ),
    "streams": Program(
        """
@app.get("/")
async def read(value: Annotated[Missing, Depends(get_value)]) -> StreamingResponse:
    async def parts() -> Missing:
        yield '"' + value + '"'
    return StreamingResponse(parts(), media_type="application/json")
""",
        {"/?q=1": "1"},
    ),
    "uploads": Program(
        """
@app.post("/")
async def read(value: Annotated[Missing, Depends(get_value)], file: UploadFile | None = None):
    return [value, file]
""",
        {"POST /?q=1": ["1", None]},
    ),
    "websocket": Program(
        """
@app.websocket("/socket")
async def talk(
    websocket: WebSocket,
    a: Annotated[Missing, Depends(get_value)],
    b: list[Missing] = Depends(get_async),
) -> Missing:
    await websocket.accept()
    await websocket.send_json([a, b])
    await websocket.close()
""",
        {"WS /socket?q=1": ["1", "1"]},
    ),
    "overrides": Program(
        """
def get_other(q: Annotated[Missing, Depends(get_async)]) -> Missing:
    return [q]
app.dependency_overrides[get_value] = get_other
@app.get("/")
async def read(a: Annotated[Missing, Depends(get_value)]):
    return a
""",
        {"/?q=1": ["1"]},
    ),
}
