"""The sizes of bodies that `hardened` turns on, and `max_json_size`, wherever an app is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn import APIRouter, Body, FastAPI, Request, Response, UploadFile
from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.middleware.sizes import limit_foreign
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

MIB = 1_048_576
JSON, BINARY = "application/json", "application/octet-stream"


async def count(request: Request) -> int:
    """Read the body in parts, as it comes."""
    return sum([len(part) async for part in request.stream()])


async def count_raw(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


class Passes(BaseHTTPMiddleware):
    """Calls the program in Starlette's way."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)


class Reads(BaseHTTPMiddleware):
    """Reads the body before a route is chosen."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        await request.body()
        return await call_next(request)


class Plain:
    """Passes calls on, as a library's layer does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


STACKS: dict[str, list[Any]] = {
    "no middleware": [],
    "compiled": [Middleware(GZipMiddleware)],
    "ASGI": [Middleware(Plain)],
    "HTTP": [Middleware(Passes)],
    "reads": [Middleware(Reads)],
}


def program(**options: Any) -> FastAPI:
    app = FastAPI(**options)
    app.post("/count")(count)
    app.post("/long", max_body_size=3 * MIB)(count)

    @app.post("/file")
    async def file(upload: UploadFile) -> int | None:
        return upload.size

    inner = APIRouter(max_json_size=2 * MIB)
    inner.post("/count")(count)
    outer = APIRouter(prefix="/outer")
    outer.include_router(inner, prefix="/inner")
    app.include_router(outer)
    app.mount("/star", Starlette(routes=[Route("/count", count_raw, methods=["POST"])]))
    mounted = FastAPI(max_body_size=2 * MIB)
    mounted.post("/count")(count)
    app.mount("/mounted", mounted)
    return app


def send(
    app: ASGIApp, path: str, size: int, kind: str = JSON, *, chunked: bool = False
) -> tuple[int, str]:
    def parts() -> Iterator[bytes]:
        for start in range(0, size, 50_000):
            yield b"x" * min(50_000, size - start)

    content = parts() if chunked else b"x" * size
    answer = TestClient(app).post(path, content=content, headers={"content-type": kind})
    return answer.status_code, answer.text


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize("stack", STACKS)
def test_limits_of_a_hardened_application(stack: str, chunked: bool) -> None:
    app = program(hardened=True, middleware=STACKS[stack])
    limits = {
        "/count": MIB,
        "/long": 3 * MIB,
        "/outer/inner/count": 2 * MIB,
        "/star/count": MIB,
        "/mounted/count": 2 * MIB,
    }
    for path, limit in limits.items():
        assert send(app, path, limit, chunked=chunked) == (200, str(limit)), path
        status, text = send(app, path, limit + 1, chunked=chunked)
        assert (status, "Content Too Large" in text) == (413, True), path


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_uploads_have_a_limit_of_their_own(chunked: bool) -> None:
    app = program(hardened=True)
    assert send(app, "/count", 32 * MIB, BINARY, chunked=chunked) == (200, str(32 * MIB))
    assert send(app, "/count", 32 * MIB + 1, BINARY, chunked=chunked)[0] == 413
    client = TestClient(app)
    assert client.post("/file", files={"upload": b"x" * 2 * MIB}).json() == 2 * MIB
    assert client.post("/file", files={"upload": b"x" * 32 * MIB}).status_code == 413


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 413),
        ("application/problem+json", 413),
        ("application/vnd.api+json", 413),
        ("application/x-www-form-urlencoded", 413),
        ("text/csv", 413),
        ("", 200),
        ("Image/PNG", 200),
        ("application/octet-stream; x=1", 200),
        ("application/vnd.ms-excel", 200),
        ("application/pdf", 200),
    ],
)
def test_which_types_are_uploads(kind: str, status: int) -> None:
    assert send(program(hardened=True), "/count", MIB + 1, kind)[0] == status


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_limited_without_hardened(stack: str) -> None:
    app = program(middleware=STACKS[stack])
    assert send(app, "/count", 2 * MIB) == (200, str(2 * MIB))
    assert send(app, "/count", 33 * MIB, BINARY, chunked=True) == (200, str(33 * MIB))
    assert TestClient(app).post("/count?" + "&".join(["a=1"] * 1500)).json() == 0


def test_an_option_of_the_program_comes_before_hardened() -> None:
    large = program(hardened=True, max_body_size=40 * MIB)
    assert send(large, "/count", 2 * MIB) == (200, str(2 * MIB))
    assert send(large, "/count", 33 * MIB, BINARY) == (200, str(33 * MIB))
    both = program(hardened=True, max_json_size=1000, max_body_size=5000)
    assert send(both, "/count", 1001, chunked=True)[0] == 413
    assert send(both, "/count", 5000, BINARY, chunked=True) == (200, "5000")
    assert send(both, "/count", 5001, BINARY, chunked=True)[0] == 413
    json_only = program(max_json_size=1000)
    assert send(json_only, "/count", 1001)[0] == 413
    assert send(json_only, "/count", 5001, BINARY) == (200, "5001")


def test_max_json_size_on_every_level() -> None:
    app = FastAPI(max_json_size=10)
    app.post("/app")(count)
    router = APIRouter(max_json_size=20)
    router.post("/router")(count)
    router.post("/route", max_json_size=30)(count)
    router.post("/smaller", max_body_size=15)(count)
    app.include_router(router)
    plain = APIRouter()
    plain.post("/included")(count)
    app.include_router(plain, max_json_size=40)
    sizes = {"/app": 10, "/router": 20, "/route": 30, "/smaller": 15, "/included": 40}
    for path, limit in sizes.items():
        assert send(app, path, limit) == (200, str(limit)), path
        assert send(app, path, limit + 1)[0] == 413, path
        assert send(app, path, limit + 1, BINARY)[0] == (413 if path == "/smaller" else 200), path


def test_classes_that_know_only_the_options_of_fastapi() -> None:
    """They get `max_json_size` as an attribute, or where the program writes it itself."""

    class Route(APIRoute):
        def __init__(self, path: str, endpoint: Any, *, max_body_size: Any, **rest: Any) -> None:
            assert "max_json_size" not in rest
            super().__init__(path, endpoint, max_body_size=max_body_size, **rest)

    router = APIRouter(route_class=Route, max_json_size=10)
    router.post("/router")(count)
    router.post("/route", max_json_size=20)(count)
    app = FastAPI()
    app.include_router(router, prefix="/in")
    for path, limit in {"/in/router": 10, "/in/route": 20}.items():
        assert send(app, path, limit) == (200, str(limit)), path
        assert send(app, path, limit + 1)[0] == 413, path


@pytest.mark.parametrize("level", ["app", "route"])
def test_a_body_without_a_type_is_json_where_it_is_parsed_as_json(level: str) -> None:
    app = FastAPI(hardened=True, strict_content_type=level != "app")
    app.add_api_route("/", count, methods=["POST"], strict_content_type=False)
    assert send(app, "/", MIB, "") == (200, str(MIB))
    assert send(app, "/", MIB + 1, "")[0] == 413
    limited = FastAPI(max_json_size=10, strict_content_type=False)
    limited.post("/")(count)
    assert send(limited, "/", 11, "")[0] == 413


def test_an_endpoint_that_reads_nothing_answers_unless_the_length_is_declared() -> None:
    app = FastAPI(hardened=True)

    @app.post("/")
    async def answer() -> int:
        return 1

    assert send(app, "/", MIB + 1, chunked=True) == (200, "1")
    assert send(app, "/", MIB + 1)[0] == 413


def test_only_the_hardened_one_of_two_applications() -> None:
    app, inside = program(), program(hardened=True)
    app.mount("/inside", inside)
    assert send(app, "/count", 2 * MIB)[0] == 200
    assert send(app, "/inside/count", 2 * MIB)[0] == 413
    outer = program(max_body_size=3 * MIB)
    outer.mount("/inside", inside)
    assert send(outer, "/inside/count", 2 * MIB)[0] == 200  # The program's own limit.


def test_too_many_parameters_of_a_query() -> None:
    client = TestClient(program(hardened=True))
    assert client.post("/count?" + "&".join(["a=1"] * 1000)).json() == 0
    answer = client.post("/count?" + "&".join(["a=1"] * 1001))
    assert (answer.status_code, answer.text) == (
        400,
        "The query of the request has too many parameters.",
    )


def test_limits_of_the_server(serve_with: Callable[[ServerLimits], None]) -> None:
    """What `pronghorn run` remembers holds for our applications and for those of others."""
    serve_with(ServerLimits(json_body=1000, upload=2000))
    foreign = Starlette(routes=[Route("/count", count_raw, methods=["POST"])])
    for app in (program(), program(hardened=True), limit_foreign(foreign)):
        assert send(app, "/count", 1000) == (200, "1000")
        assert send(app, "/count", 1001)[0] == 413
        assert send(app, "/count", 1001, chunked=True)[0] == 413
        assert send(app, "/count", 2000, BINARY) == (200, "2000")
        assert send(app, "/count", 2001, BINARY)[0] == 413
    wrapped = limit_foreign(Plain(program()))
    assert send(wrapped, "/long", 3 * MIB) == (200, str(3 * MIB))
    assert send(wrapped, "/mounted/count", 2 * MIB) == (200, str(2 * MIB))


@pytest.mark.parametrize("limit", [-1, True, "1"])
def test_max_json_size_is_a_number(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_json_size must be a non-negative integer"):
        FastAPI(max_json_size=limit)


@pytest.mark.parametrize("kind", [None, BINARY, "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("level", ["hardened", "route"])
def test_no_body_is_an_upload_where_json_is_parsed(level: str, kind: str | None) -> None:
    app = FastAPI(hardened=level == "hardened")
    options: dict[str, Any] = {} if level == "hardened" else {"max_json_size": MIB}

    @app.post("/json", **options)
    async def parse(values: list[int]) -> int:
        return len(values)

    @app.post("/raw", **options)
    async def store(data: Annotated[bytes, Body()]) -> int:
        return len(data)

    client = TestClient(app)
    headers = {} if kind is None else {"content-type": kind}
    assert client.post("/json", content=b"1" * (MIB + 1), headers=headers).status_code == 413
    assert client.post("/raw", content=b"1" * (MIB + 1), headers=headers).json() == MIB + 1
