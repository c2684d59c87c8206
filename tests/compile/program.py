"""One program with every kind of route, and a request for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
)
from pronghorn.responses import HTMLResponse, JSONResponse
from pronghorn.routing import APIRoute
from pronghorn.security import HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from pronghorn.sse import EventSourceResponse
from tests.bad_input.attacks import FORM, JSON, MULTIPART, Attack


class Item(BaseModel):
    name: str
    price: float = 1.0


class Login(BaseModel):
    name: str
    age: int = 0


class Problem(Exception):
    """Has a handler."""


async def get_number(n: int = 1) -> int:
    return n


def get_double(number: Annotated[int, Depends(get_number)]) -> int:
    return 2 * number


def get_triple(number: Annotated[int, Depends(get_number)]) -> int:
    return 3 * number


async def get_session(number: Annotated[int, Depends(get_number)]) -> AsyncIterator[int]:
    yield number


def get_blocking_session() -> Iterator[str]:
    yield "session"


def get_user(
    scopes: SecurityScopes, token: Annotated[str, Depends(OAuth2PasswordBearer("token"))]
) -> str:
    return token + "".join(scopes.scopes)


class Pagination:
    def __init__(self, skip: int = 0, limit: Annotated[int, Query(le=100)] = 10) -> None:
        self.skip, self.limit = skip, limit


def program() -> FastAPI:
    app = FastAPI()
    add_reads(app)
    add_bodies(app)
    add_dependencies(app)
    add_answers(app)
    add_errors(app)
    inner = FastAPI()
    inner.get("/constant")(constant)
    app.mount("/inner", inner)
    router = APIRouter(prefix="/router", dependencies=[Depends(get_number)])
    router.get("/{word}")(echo)
    app.include_router(router, prefix="/included")
    app.add_api_route("/custom", constant, route_class_override=Wrapping)
    return app


class Wrapping(APIRoute):
    """Builds its own request handler."""

    asked = 0

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handler = super().get_route_handler()
        type(self).asked += 1

        async def wrapping(request: Request) -> Response:
            response = await handler(request)
            response.headers["x-wrapped"] = "yes"
            return response

        return wrapping


async def constant() -> dict[str, str]:
    return {"message": "hello"}


async def echo(word: str) -> str:
    return word


def add_reads(app: FastAPI) -> None:
    app.get("/constant")(constant)
    app.get("/def")(lambda: {"thread": True})

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, q: str | None = None) -> Item:
        return Item(name=q or str(item_id))

    @app.get("/headers")
    async def read_headers(
        x_token: Annotated[str, Header()],
        session: Annotated[int, Cookie()],
        tags: Annotated[list[str], Query()],
    ) -> str:
        return f"{x_token} {session} {tags}"


def add_bodies(app: FastAPI) -> None:
    @app.post("/json")
    async def take_item(item: Item) -> Item:
        return item

    @app.post("/embedded")
    def take_two(item: Item, weight: Annotated[float, Body()]) -> float:
        return weight

    @app.post("/form")
    async def take_form(login: Annotated[Login, Form()]) -> str:
        return login.name

    @app.post("/upload")
    async def take_file(file: Annotated[bytes, File()]) -> int:
        return len(file)


def add_dependencies(app: FastAPI) -> None:
    @app.get("/graph")
    async def read_graph(
        double: Annotated[int, Depends(get_double)], triple: Annotated[int, Depends(get_triple)]
    ) -> int:
        return double + triple

    @app.get("/yield")
    async def read_session(
        session: Annotated[int, Depends(get_session)],
        blocking: Annotated[str, Depends(get_blocking_session, scope="function")],
    ) -> str:
        return f"{session} {blocking}"

    @app.get("/class")
    def read_page(page: Annotated[Pagination, Depends()]) -> int:
        return page.limit

    @app.get("/bearer")
    async def read_bearer(found: Annotated[Any, Depends(HTTPBearer())]) -> str:
        return str(found.credentials)

    @app.get("/user")
    async def read_user(user: Annotated[str, Depends(get_user)]) -> str:
        return user


def add_answers(app: FastAPI) -> None:
    @app.get("/injected", status_code=201)
    async def inject(response: Response, tasks: BackgroundTasks, request: Request) -> str:
        response.headers["x-path"] = request.url.path
        tasks.add_task(len, "abc")
        return "ok"

    @app.get("/html", response_class=HTMLResponse)
    async def read_html() -> str:
        return "<p>hello"

    @app.get("/response")
    async def read_response() -> Response:
        return JSONResponse({"a": 1})

    @app.get("/lines")
    async def stream_lines() -> AsyncIterator[Item]:
        yield Item(name="a")

    @app.get("/events", response_class=EventSourceResponse)
    async def stream_events() -> AsyncIterator[Item]:
        yield Item(name="a")


def add_errors(app: FastAPI) -> None:
    @app.get("/refused")
    async def refuse() -> None:
        raise HTTPException(403, "No", {"x-why": "because"})

    @app.get("/problem")
    async def fail() -> None:
        raise Problem

    @app.exception_handler(Problem)
    async def answer(request: Request, error: Problem) -> JSONResponse:
        return JSONResponse({"problem": True}, 418)


PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--x--'
GETS = {
    "/constant": 200,
    "/def": 200,
    "/items/3": 200,
    "/items/x": 422,
    "/headers": 200,
    "/graph": 200,
    "/yield": 200,
    "/class": 200,
    "/bearer": 200,
    "/user": 200,
    "/injected": 201,
    "/html": 200,
    "/response": 200,
    "/lines": 200,
    "/events": 200,
    "/refused": 403,
    "/problem": 418,
    "/inner/constant": 200,
    "/included/router/a": 200,
    "/custom": 200,
    "/nothing": 404,
}
POSTS: dict[str, tuple[Any, bytes]] = {
    "/json": (JSON, b'{"name": "a"}'),
    "/embedded": (JSON, b'{"item": {"name": "a"}, "weight": 1.5}'),
    "/form": ((*FORM, (b"content-length", b"6")), b"name=a"),
    "/upload": (MULTIPART, PART),
}
HEADERS = ((b"x-token", b"t"), (b"cookie", b"session=1"), (b"authorization", b"Bearer abc"))
REQUESTS = [
    *(Attack(path, path, query=b"tags=a", headers=HEADERS) for path in GETS),
    *(
        Attack(path, path, "POST", headers=given, body=body)
        for path, (given, body) in POSTS.items()
    ),
    Attack("method", "/constant", "PUT"),
]
EXPECTED = [*GETS.values(), *(200 for _ in POSTS), 405]
