"""`max_body_size` and `form_limits`, at every level and through mounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from pydantic import BaseModel
from starlette import formparsers
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from pronghorn import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    File,
    Form,
    Request,
    Response,
    UploadFile,
    WebSocket,
)
from pronghorn._body_limit import body_limit_error
from pronghorn.compile.limits import with_limits_of
from pronghorn.exceptions import RequestValidationError, SetupValueError
from pronghorn.responses import StreamingResponse
from pronghorn.routing import APIRoute
from pronghorn.run.exchange import Exchange
from pronghorn.testclient import TestClient

Endpoint = Callable[..., Any]


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def parse(data: Annotated[bytes, Body(media_type="application/octet-stream")]) -> int:
    return len(data)


class Item(BaseModel):
    name: str


async def field(text: Annotated[str, Form()]) -> str:
    return text


def chunks(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size):
        yield b"x"


def post(app: Any, size: int, path: str = "/") -> int:
    """The status for a body of so many bytes, whether or not it says how long it is."""
    client = TestClient(app)
    headers = {"content-type": "application/octet-stream"}
    statuses = {
        client.post(path, content=content, headers=headers).status_code
        for content in (b"x" * size, chunks(size))
    }
    assert len(statuses) == 1
    return statuses.pop()


def post_form(app: Any, path: str = "/", **data: str) -> int:
    return TestClient(app).post(path, data={"text": "ok", **data}).status_code


# --- the size of bodies ---------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [echo, parse])
@pytest.mark.parametrize("limit", [0, 5])
def test_one_byte_more_is_too_much(endpoint: Endpoint, limit: int) -> None:
    app = FastAPI()
    app.post("/", max_body_size=limit)(endpoint)
    outer = FastAPI(max_body_size=limit)
    outer.post("/")(endpoint)
    for limited in (app, outer):
        assert post(limited, limit + 1) == 413
        assert post(limited, limit) in (200, 422)


@pytest.mark.parametrize(
    ("app", "parent", "include", "child", "route", "expected"),
    [
        (5, None, None, None, None, 413),
        (5, 10, None, None, None, 200),
        (10, 10, 5, None, None, 413),
        (5, 5, 10, None, None, 200),
        (10, 10, 10, 5, None, 413),
        (5, 5, 5, 5, 10, 200),
        (10, 10, 10, 10, 0, 413),
        (None, None, None, None, None, 200),
    ],
)
def test_the_innermost_limit_counts(
    app: int | None,
    parent: int | None,
    include: int | None,
    child: int | None,
    route: int | None,
    expected: int,
) -> None:
    inner = APIRouter(max_body_size=child)
    inner.post("/", max_body_size=route)(echo)
    middle = APIRouter(max_body_size=parent)
    middle.include_router(inner, prefix="/child", max_body_size=include)
    outer = FastAPI(max_body_size=app)
    outer.include_router(middle, prefix="/parent")
    assert post(outer, 6, "/parent/child/") == expected


def test_a_declared_length_is_refused_before_anything_runs() -> None:
    calls: list[str] = []
    app = FastAPI()

    @app.post("/", max_body_size=5, dependencies=[Depends(lambda: calls.append("dependency"))])
    async def endpoint() -> None:
        calls.append("endpoint")

    response = TestClient(app).post("/", content=b"123456")
    assert (response.status_code, response.text) == (413, "Content Too Large")
    assert calls == []


def test_the_application_may_answer_413_itself() -> None:
    app = FastAPI()
    app.post("/", max_body_size=5)(parse)

    @app.exception_handler(413)
    async def refuse(request: Request, error: HTTPException) -> Response:
        return PlainTextResponse("at most five", 413)

    response = TestClient(app).post("/", content=chunks(6))
    assert (response.status_code, response.text) == (413, "at most five")


def routes_of(endpoint: Endpoint) -> list[BaseRoute]:
    """Routes that no router declares itself."""
    inner = FastAPI()
    inner.post("/")(endpoint)
    return [
        APIRoute("/object", endpoint, methods=["POST"]),
        Route("/plain", endpoint, methods=["POST"]),
        Mount("/app", inner),
        Mount("/starlette", Starlette(routes=[Route("/", endpoint, methods=["POST"])])),
        Mount("/deep", Starlette(routes=[Mount("/app", inner)])),
    ]


@pytest.mark.parametrize("path", ["/object", "/plain", "/app/", "/starlette/", "/deep/app/"])
@pytest.mark.parametrize("level", ["app", "router", "include", "mounted router", "mounting app"])
def test_limits_hold_for_all_kinds_of_routes(level: str, path: str) -> None:
    router = APIRouter(max_body_size=5 if "router" in level else None)
    router.routes.extend(routes_of(echo))
    app = FastAPI(max_body_size=5 if "app" in level else None)
    if level.startswith("mount"):
        app.mount("/inside", router)
    else:
        limit = 5 if level == "include" else None
        app.include_router(router, prefix="/inside", max_body_size=limit)
    assert post(app, 5, "/inside" + path) == 200
    assert post(app, 6, "/inside" + path) == 413


def test_a_route_object_keeps_its_own_limit() -> None:
    app = FastAPI(max_body_size=3)
    app.router.routes.append(APIRoute("/", echo, methods=["POST"], max_body_size=5))
    assert post(app, 5) == 200
    assert post(app, 6) == 413


def test_inclusions_do_not_share_limits() -> None:
    router = APIRouter()
    router.routes.extend(routes_of(echo))
    app = FastAPI()
    app.include_router(router, prefix="/small", max_body_size=5)
    app.include_router(router, prefix="/large", max_body_size=10)
    app.include_router(router)
    for path in ("/object", "/plain", "/app/"):
        assert post(app, 6, "/small" + path) == 413
        assert post(app, 6, "/large" + path) == 200
        assert post(app, 11, path) == 200


def test_a_mounted_application_may_allow_more() -> None:
    inner = FastAPI(max_body_size=10)
    inner.post("/")(echo)
    app = FastAPI(max_body_size=5)
    app.mount("/inner", inner)
    assert post(app, 10, "/inner/") == 200
    assert post(app, 11, "/inner/") == 413


def test_what_has_no_limit_is_compiled_without_one() -> None:
    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        """Never called."""

    limited = APIRouter(max_body_size=5, form_limits={"max_fields": 1})
    limited.post("/declared")(echo)
    limited.websocket("/socket")(echo)
    for router, route in [
        (APIRouter(), Route("/", echo)),
        (limited, limited.routes[0]),
        (limited, limited.routes[1]),
    ]:
        assert with_limits_of(router, route, handler) is handler
    assert with_limits_of(limited, Route("/", echo), handler) is not handler


def test_lifespans_and_websockets_are_not_limited() -> None:
    events: list[str] = []

    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        events.append("startup")
        yield
        events.append("shutdown")

    app = FastAPI(max_body_size=0, lifespan=lifespan)  # type: ignore[arg-type]  # a generator function will do

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    with TestClient(app) as client, client.websocket_connect("/ws") as connection:
        connection.send_text("longer than nothing")
        assert connection.receive_text() == "longer than nothing"
    assert events == ["startup", "shutdown"]


def test_handlers_of_errors_can_read_what_the_route_has_read() -> None:
    app = FastAPI()

    @app.post("/", max_body_size=100)
    async def create(item: Item) -> None:
        """Never called."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return PlainTextResponse(await request.body(), 422)

    response = TestClient(app).post("/", json={"title": "x"})
    assert (response.status_code, response.text) == (422, '{"title":"x"}')


@pytest.mark.anyio
async def test_a_refused_upload_closes_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[Any] = []
    original = formparsers.SpooledTemporaryFile

    def tracked(*arguments: Any, **options: Any) -> Any:
        created.append(original(*arguments, **options))
        return created[-1]

    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", tracked)
    app = FastAPI()

    @app.post("/", max_body_size=150)
    async def upload(file: Annotated[UploadFile, File()]) -> None:
        """Never called."""

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        yield b"x" * 40
        yield b"x" * 100

    headers = {"content-type": "multipart/form-data; boundary=b"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post("/", content=body(), headers=headers)
    assert response.status_code == 413
    assert len(created) == 1
    assert created[0].closed


@pytest.mark.parametrize("limit", [-1, True, 1.5, "5"])
def test_a_limit_is_a_number_of_bytes(limit: Any) -> None:
    for configure in (
        lambda: FastAPI(max_body_size=limit),
        lambda: APIRouter(max_body_size=limit),
        lambda: FastAPI().include_router(APIRouter(), max_body_size=limit),
        lambda: FastAPI().post("/", max_body_size=limit)(echo),
        lambda: APIRoute("/", echo, max_body_size=limit),
    ):
        with pytest.raises(SetupValueError, match="non-negative integer"):
            configure()


# --- middleware -----------------------------------------------------------------------------------

ABANDONED = "ignore:Async generator .starlette.requests.Request.stream.:ResourceWarning"


def passing(app: FastAPI, *, reads: bool = False) -> None:
    """Add middleware of Starlette's kind, which reads in a task group."""

    @app.middleware("http")
    async def middleware(request: Request, call_next: Endpoint) -> Response:
        if reads:
            await request.body()
        response: Response = await call_next(request)
        return response


@pytest.mark.filterwarnings(ABANDONED)
@pytest.mark.parametrize("endpoint", [echo, parse])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_refusal_comes_through_middleware(endpoint: Endpoint, layers: int) -> None:
    app = FastAPI(max_body_size=5)
    app.post("/")(endpoint)
    for _ in range(layers):
        passing(app)
    assert post(app, 5) == 200
    assert post(app, 6) == 413


@pytest.mark.filterwarnings(ABANDONED)
@pytest.mark.parametrize(
    ("app_limit", "route_limit", "expected"), [(5, 10, 413), (10, 5, 413), (10, 10, 200)]
)
def test_middleware_reads_within_the_limit_of_the_application(
    app_limit: int, route_limit: int, expected: int
) -> None:
    app = FastAPI(max_body_size=app_limit)
    app.post("/", max_body_size=route_limit)(echo)
    passing(app, reads=True)
    passing(app)
    assert post(app, 6) == expected


@pytest.mark.filterwarnings(ABANDONED)
@pytest.mark.parametrize(("outer_limit", "inner_limit"), [(10, 5), (5, None)])
@pytest.mark.parametrize("reader", ["outer", "inner"])
def test_middleware_on_both_sides_of_a_mount(
    outer_limit: int, inner_limit: int | None, reader: str
) -> None:
    inner = FastAPI(max_body_size=inner_limit)
    inner.post("/")(echo)
    app = FastAPI(max_body_size=outer_limit)
    app.mount("/inner", inner)
    passing(app, reads=reader == "outer")
    passing(inner, reads=reader == "inner")
    assert post(app, 5, "/inner/") == 200
    assert post(app, 6, "/inner/") == 413


def test_other_groups_of_errors_stay_what_they_are() -> None:
    app = FastAPI(max_body_size=0)

    @app.post("/")
    async def endpoint(request: Request) -> None:
        try:
            await request.body()
        except HTTPException as error:
            raise ExceptionGroup("reading and closing", [error, OSError("disk")]) from error

    with pytest.raises(ExceptionGroup, match="reading and closing"):
        TestClient(app).post("/", content=chunks(1))


def test_a_413_of_the_program_is_no_refusal() -> None:
    own = HTTPException(413)
    assert body_limit_error(own) is None
    assert body_limit_error(ExceptionGroup("", [own])) is None
    assert body_limit_error(ValueError()) is None


def test_an_answer_that_has_begun_is_cut_short() -> None:
    app = FastAPI(max_body_size=3)

    @app.post("/")
    async def relay(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            if request.url.query:
                yield b"begins"
            async for part in request.stream():
                yield part

        return StreamingResponse(parts())

    with pytest.raises(HTTPException, match="413"):
        TestClient(app).post("/?begin", content=chunks(5))
    assert TestClient(app).post("/", content=chunks(5)).status_code == 413


# --- the limits of forms --------------------------------------------------------------------------


def test_each_limit_is_inherited_for_itself() -> None:
    child = APIRouter(form_limits={"max_fields": 1})
    child.post("/", form_limits={"max_part_size": 3})(field)
    app = FastAPI(form_limits={"max_part_size": 1})
    app.include_router(child, prefix="/none", form_limits={"max_files": 0})
    app.include_router(child, prefix="/one", form_limits={"max_files": 1, "max_fields": 9})
    client = TestClient(app)
    form = [("text", (None, "abc")), ("file", ("f", b"12345"))]
    assert client.post("/none/", files=form).status_code == 400
    assert client.post("/one/", files=form).json() == "abc"
    assert client.post("/one/", files={"text": (None, "abcd")}).status_code == 400
    assert client.post("/one/", files=[*form, ("text", (None, "z"))]).status_code == 400


@pytest.mark.parametrize("path", ["/object", "/app/", "/deep/app/"])
@pytest.mark.parametrize("level", ["app", "router", "include", "mounted router", "mounting app"])
def test_form_limits_hold_for_all_kinds_of_routes(level: str, path: str) -> None:
    router = APIRouter(form_limits={"max_fields": 1} if "router" in level else None)
    router.routes.extend(routes_of(field)[:1] + routes_of(field)[2:3])
    inner = FastAPI()
    inner.post("/")(field)
    router.routes.append(Mount("/deep", Starlette(routes=[Mount("/app", inner)])))
    app = FastAPI(form_limits={"max_fields": 1} if "app" in level else None)
    if level.startswith("mount"):
        app.mount("/inside", router)
    else:
        limits = {"max_fields": 1} if level == "include" else None
        app.include_router(router, prefix="/inside", form_limits=limits)  # type: ignore[arg-type]  # a plain dict
    assert post_form(app, "/inside" + path) == 200
    assert post_form(app, "/inside" + path, more="x") == 400


def test_routes_given_to_an_application_have_its_limits() -> None:
    class WithMetadata(APIRoute):
        def matches(self, scope: Any) -> Any:
            match, child = super().matches(scope)
            child["fastapi"] = {"custom": True}
            return match, child

    async def endpoint(request: Request, text: Annotated[str, Form()]) -> bool:
        return bool(request.scope["fastapi"]["custom"])

    routes = [WithMetadata("/", endpoint, methods=["POST"])]
    app = FastAPI(routes=routes, form_limits={"max_fields": 1})
    assert post_form(app) == 200
    assert post_form(app, more="x") == 400


def test_a_mounted_application_may_have_other_form_limits() -> None:
    inner = FastAPI(form_limits={"max_fields": 5})
    inner.post("/")(field)
    app = FastAPI(form_limits={"max_fields": 1, "max_part_size": 9})
    app.mount("/inner", inner)
    assert post_form(app, "/inner/", more="x") == 200
    files = {"text": (None, "0123456789")}
    assert TestClient(app).post("/inner/", files=files).status_code == 400


def test_a_program_that_reads_a_form_itself_says_its_own_limits() -> None:
    app = FastAPI(form_limits={"max_fields": 0})

    @app.post("/")
    async def manual(request: Request) -> int:
        return len(await request.form(max_fields=2))

    assert post_form(app, more="x") == 200
    assert post_form(app, more="x", most="y") == 400


def test_limits_are_copied_and_checked(tmp_path: Path) -> None:
    limits: Any = {"max_fields": 1}
    app = FastAPI(form_limits=limits)
    limits["max_fields"] = 0
    app.post("/")(field)
    assert post_form(app) == 200
    for wrong in ({"max_parts": 1}, {"max_files": -1}, {"max_fields": True}):
        with pytest.raises(ValueError, match="max_"):
            FastAPI(form_limits=wrong)  # type: ignore[arg-type,typeddict-item]  # that is the point
