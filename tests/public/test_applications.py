"""The application: lifespan, layers, errors, documentation, mounts."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import fastapi
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

import pronghorn
from pronghorn import APIRouter, FastAPI, Request, Response
from pronghorn.exceptions import FastAPIDeprecationWarning, SetupError
from pronghorn.responses import JSONResponse
from pronghorn.testclient import TestClient

# --- hardened ------------------------------------------------------------------------------------


def test_each_application_says_whether_it_is_hardened() -> None:
    app, mounted = FastAPI(hardened=True), FastAPI()
    app.mount("/inside", mounted)
    assert (app.hardened, mounted.hardened) == (True, False)


def test_hardened_is_a_truth_value() -> None:
    with pytest.raises(SetupError, match="hardened"):
        FastAPI(hardened="no")  # type: ignore[arg-type]  # that is the point


# --- life ----------------------------------------------------------------------------------------


def test_the_lifespan_surrounds_everything_and_gives_state() -> None:
    order: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        order.append(f"up {app.title}")
        yield {"name": "state"}
        order.append("down")

    app = FastAPI(title="Shop", lifespan=lifespan)

    @app.get("/")
    async def read(request: Request) -> str:
        order.append("request")
        return str(request.state.name)

    with TestClient(app) as client:
        assert client.get("/").json() == "state"
    assert order == ["up Shop", "request", "down"]


@pytest.mark.parametrize("kind", ["async generator", "generator"])
def test_a_bare_generator_is_a_lifespan_too(kind: str) -> None:
    order: list[str] = []

    async def asynchronous(app: FastAPI) -> AsyncIterator[None]:
        order.append("up")
        yield
        order.append("down")

    def blocking(app: FastAPI) -> Iterator[None]:
        order.append("up")
        yield
        order.append("down")

    app = FastAPI(lifespan=asynchronous if kind == "async generator" else blocking)
    with TestClient(app):
        order.append("running")
    assert order == ["up", "running", "down"]


def test_lifespans_of_routers_nest_inside_and_share_their_state() -> None:
    order: list[str] = []

    def life(name: str) -> Any:
        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[dict[str, str]]:
            order.append(f"{name} up")
            yield {name: name, "who": name}
            order.append(f"{name} down")

        return lifespan

    router = APIRouter(lifespan=life("router"))
    app = FastAPI(lifespan=life("app"))

    @router.get("/")
    async def read(request: Request) -> list[str]:
        return [request.state.app, request.state.router, request.state.who]

    app.include_router(router, prefix="/x")
    with TestClient(app) as client:
        assert client.get("/x/").json() == ["app", "router", "app"]
    assert order == ["app up", "router up", "router down", "app down"]


def test_event_handlers_run_at_startup_and_shutdown() -> None:
    order: list[str] = []
    app = FastAPI(on_startup=[lambda: order.append("given")])

    async def up() -> None:
        order.append("up")

    with pytest.warns(DeprecationWarning, match="on_event is deprecated"):
        app.on_event("startup")(up)
    with pytest.warns(DeprecationWarning, match="on_event is deprecated"):
        app.on_event("shutdown")(lambda: order.append("down"))

    with TestClient(app):
        order.append("running")
    assert order == ["given", "up", "running", "down"]


def test_a_failing_startup_is_told_to_the_server() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError), TestClient(FastAPI(lifespan=lifespan)):
        pass


def test_a_mistake_in_an_included_route_shows_at_startup() -> None:
    from pronghorn import Depends

    def wrong(value: 1) -> None: ...  # type: ignore[valid-type]  # the mistake

    app = FastAPI()
    router = APIRouter()
    router.get("/item")(lambda: None)
    app.include_router(router, prefix="/x", dependencies=[Depends(wrong)])
    with pytest.raises(SetupError, match="GET /x/item") as caught, TestClient(app):
        pass
    assert "parameter 'value' of" in str(caught.value)


# --- middleware ----------------------------------------------------------------------------------


class Note:
    """Notes when a request comes in and goes out."""

    def __init__(self, app: ASGIApp, name: str, order: list[str]) -> None:
        self.app, self.name, self.order = app, name, order

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.order.append(f"{self.name} in")
        await self.app(scope, receive, send)
        if scope["type"] == "http":
            self.order.append(f"{self.name} out")


def test_what_is_added_last_is_outermost() -> None:
    order: list[str] = []
    app = FastAPI(middleware=[Middleware(Note, "given", order)])
    app.add_middleware(Note, name="first", order=order)

    @app.middleware("http")
    async def function(request: Request, call_next: Any) -> Any:
        order.append("function in")
        response = await call_next(request)
        response.headers["x-function"] = "1"
        order.append("function out")
        return response

    @app.get("/")
    async def read() -> None:
        order.append("endpoint")

    assert TestClient(app).get("/").headers["x-function"] == "1"
    assert order[:4] == ["function in", "first in", "given in", "endpoint"]
    assert sorted(order[4:]) == ["first out", "function out", "given out"]
    assert order.index("given out") < order.index("first out")


def test_middleware_sees_answers_to_errors_but_not_to_unhandled_ones() -> None:
    app = FastAPI()
    seen: list[Any] = []

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Any:
        try:
            response = await call_next(request)
        except ZeroDivisionError as error:
            seen.append(type(error).__name__)
            raise
        seen.append(response.status_code)
        return response

    @app.get("/{n}")
    async def divide(n: int) -> float:
        return 1 / n

    client = TestClient(app, raise_server_exceptions=False)
    assert [client.get(path).status_code for path in ("/1", "/x", "/a/b", "/0")] == [
        *(200, 422, 404, 500)
    ]
    assert seen == [200, 422, 404, "ZeroDivisionError"]


def test_middleware_cannot_be_added_after_the_first_request() -> None:
    app = FastAPI()
    TestClient(app).get("/")
    with pytest.raises(RuntimeError, match="Cannot add middleware"):
        app.add_middleware(Note, name="late", order=[])


def test_an_application_can_be_wrapped_by_hand() -> None:
    order: list[str] = []
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        return "inside"

    assert TestClient(Note(app, "around", order)).get("/").json() == "inside"
    assert order == ["around in", "around out"]


# --- mounts --------------------------------------------------------------------------------------


def test_a_mounted_application_answers_by_itself() -> None:
    inner = FastAPI(title="Inner")

    @inner.get("/item")
    async def read(request: Request) -> Any:
        return [request.scope["root_path"], request.scope["app"] is inner, str(request.url)]

    @inner.exception_handler(404)
    async def missing(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse("missing inside", 404)

    app = FastAPI()
    app.mount("/inner", inner)
    client = TestClient(app)
    assert client.get("/inner/item").json() == ["/inner", True, "http://testserver/inner/item"]
    assert client.get("/inner/nothing").json() == "missing inside"
    assert client.get("/nothing").json() == {"detail": "Not Found"}
    assert client.get("/inner/openapi.json").json()["servers"] == [{"url": "/inner"}]
    assert "/inner/openapi.json" in client.get("/inner/docs").text
    assert app.openapi()["paths"] == {}


def test_overrides_of_a_mounted_application_are_its_own() -> None:
    from pronghorn import Depends

    def who() -> str:
        return "real"

    inner, app = FastAPI(), FastAPI()

    async def read(name: str = Depends(who)) -> str:
        return name

    inner.get("/")(read)
    app.get("/outer")(read)
    app.mount("/inner", inner)
    app.dependency_overrides[who] = lambda: "test"
    client = TestClient(app)
    assert client.get("/outer").json() == "test"
    assert client.get("/inner/").json() == "real"


# --- documentation -------------------------------------------------------------------------------


def test_the_pages_and_the_document_are_served() -> None:
    app = FastAPI(title="Shop", version="1.2.3")
    app.get("/items")(list)
    client = TestClient(app)
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["info"] == {"title": "Shop", "version": "1.2.3"}
    assert list(document["paths"]) == ["/items"]
    for path, title in (("/docs", "Shop - Swagger UI"), ("/redoc", "Shop - ReDoc")):
        page = client.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert re.search(r"<title>\s*(.*?)\s*</title>", page.text).group(1) == title  # type: ignore[union-attr]  # found
        assert "/openapi.json" in page.text
    assert client.get("/docs/oauth2-redirect").status_code == 200


def test_pages_can_move_and_be_left_out() -> None:
    app = FastAPI(openapi_url="/api.json", docs_url="/swagger", redoc_url=None)
    client = TestClient(app)
    assert client.get("/api.json").status_code == 200
    assert "/api.json" in client.get("/swagger").text
    assert client.get("/redoc").status_code == 404
    app = FastAPI(openapi_url=None)
    client = TestClient(app)
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert client.get(path).status_code == 404


def test_the_document_is_kept_and_made_again_when_routes_change() -> None:
    app = FastAPI()
    app.get("/one")(lambda: None)
    first = app.openapi()
    assert app.openapi() is first
    app.get("/two")(lambda: None)
    assert list(app.openapi()["paths"]) == ["/one", "/two"]
    router = APIRouter()
    app.include_router(router, prefix="/x")
    router.get("/late")(lambda: None)
    assert list(app.openapi()["paths"]) == ["/one", "/two", "/x/late"]
    assert list(TestClient(app).get("/openapi.json").json()["paths"]) == ["/one", "/two", "/x/late"]


def test_a_program_may_write_its_own_document() -> None:
    app = FastAPI()
    app.get("/one")(lambda: None)
    app.openapi_schema = {"openapi": "3.1.0", "own": True}
    assert app.openapi()["own"] is True
    assert TestClient(app).get("/openapi.json").json()["own"] is True
    app = FastAPI()
    app.openapi = lambda: {"replaced": True}  # type: ignore[method-assign]  # as programs do
    assert TestClient(app).get("/openapi.json").json() == {"replaced": True}


def test_a_change_of_the_kept_document_is_served() -> None:
    app = FastAPI()
    app.openapi()["info"]["x-logo"] = "logo.png"
    assert TestClient(app).get("/openapi.json").json()["info"]["x-logo"] == "logo.png"


def test_the_root_path_of_the_server_is_a_server_of_the_document() -> None:
    app = FastAPI()
    app.get("/one")(lambda: None)
    client = TestClient(app, root_path="/api/v1")
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/api/v1"}]
    assert "/api/v1/openapi.json" in client.get("/docs").text
    assert "servers" not in TestClient(app).get("/openapi.json").json()
    app = FastAPI(servers=[{"url": "https://x"}], root_path_in_servers=False)
    client = TestClient(app, root_path="/api/v1")
    assert client.get("/openapi.json").json()["servers"] == [{"url": "https://x"}]


def test_a_root_path_given_here_still_works_and_warns() -> None:
    with pytest.warns(FastAPIDeprecationWarning, match="root_path"):
        app = FastAPI(root_path="/proxy/")

    @app.get("/")
    async def read(request: Request) -> str:
        return str(request.scope["root_path"])

    assert TestClient(app).get("/").json() == "/proxy"


# --- what else it is -----------------------------------------------------------------------------


def test_overrides_can_be_set_and_taken_back_between_requests() -> None:
    from pronghorn import Depends

    def who(q: str = "q") -> str:
        return f"real {q}"

    def other(other: int) -> str:
        return f"other {other}"

    app = FastAPI()

    @app.get("/")
    def read(name: str = Depends(who)) -> str:
        return name

    client = TestClient(app)
    assert client.get("/").json() == "real q"
    app.dependency_overrides[who] = other
    assert client.get("/", params={"other": 5}).json() == "other 5"
    assert client.get("/").status_code == 422
    app.dependency_overrides = {}
    assert client.get("/").json() == "real q"


def test_state_belongs_to_the_application() -> None:
    app = FastAPI()
    app.state.number = 5

    @app.get("/")
    async def read(request: Request) -> int:
        return int(request.app.state.number)

    assert TestClient(app).get("/").json() == 5


def test_a_subclass_may_stand_in_the_way_of_every_request() -> None:
    class Refusing(FastAPI):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == "/refused":
                await Response(status_code=451)(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)

    app = Refusing()
    app.get("/")(lambda: "ok")
    client = TestClient(app)
    assert client.get("/refused").status_code == 451
    assert client.get("/").json() == "ok"
    assert app._direct_answerer() is None


def test_a_server_may_answer_directly_unless_layers_are_wrapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PRONGHORN_GENERAL", raising=False)
    app = FastAPI()
    assert app._direct_answerer() is not None
    app = FastAPI()
    app.add_middleware(Note, name="around", order=[])
    assert app._direct_answerer() is not None
    monkeypatch.setattr(Starlette, "build_middleware_stack", lambda app: app.router)
    assert FastAPI()._direct_answerer() is None


# --- what programs receive -----------------------------------------------------------------------


def type_names(api: Any) -> list[str]:
    """The classes of what endpoints, dependencies and handlers receive, as logs name them."""
    seen: list[str] = []

    def note(*values: Any) -> None:
        for value in values:
            kind = type(value)
            home = kind.__module__.replace("pronghorn", "fastapi")
            seen.append(
                f"{home}.{kind.__qualname__} {kind.__name__} {repr(value).split(' at ')[0]}"
            )

    app = api.FastAPI()

    def dependency(connection: HTTPConnection) -> None:
        note(connection)

    async def talk(websocket: Any, found: Any = api.Depends(dependency)) -> None:
        note(websocket)
        await websocket.accept()
        await websocket.close()

    def read(request: Any, response: Any, found: Any = api.Depends(dependency)) -> None:
        note(request, response)

    async def upload(file: Any) -> None:
        note(file)

    talk.__annotations__["websocket"] = api.WebSocket
    read.__annotations__ |= {"request": api.Request, "response": api.Response}
    upload.__annotations__["file"] = api.UploadFile
    app.websocket("/talk")(talk)
    app.get("/read")(read)
    app.post("/upload")(upload)
    client = TestClient(app)
    with client.websocket_connect("/talk"):
        pass
    assert client.get("/read").status_code == 200
    assert client.post("/upload", files={"file": ("name", b"1")}).status_code == 200
    return seen


def test_objects_carry_the_class_names_that_they_have_on_fastapi(mode: str) -> None:
    names = type_names(pronghorn)
    assert names[1].startswith("starlette.websockets.WebSocket WebSocket <starlette.websockets")
    assert [name.replace("pronghorn", "fastapi") for name in names] == type_names(fastapi)
