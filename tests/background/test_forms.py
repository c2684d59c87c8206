"""Tasks are kept in unusual programs, too, and stay in the process where nobody keeps them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, WebSocket, hooks, routing
from pronghorn.devtools.explained import explain_route
from pronghorn.devtools.inventory import list_routes
from pronghorn.responses import EventSourceResponse, JSONResponse, StreamingResponse
from pronghorn.testclient import TestClient
from tests.background.shop import DONE, Order, Shop, note

pytestmark = pytest.mark.usefixtures("mode")


def post(app: FastAPI, path: str = "/") -> int:
    with TestClient(app, raise_server_exceptions=False) as client:
        return client.post(path).status_code


def test_a_stream_keeps_its_tasks(small_shop: Shop) -> None:
    app, db = small_shop.make_app(), small_shop.db
    seen: list[Any] = []

    async def add_order(session: db.Session, tasks: BackgroundTasks) -> None:
        session.add(Order(item="lamp"))
        tasks.add_task(note, "with the order")

    @app.post("/", response_class=EventSourceResponse, dependencies=[Depends(add_order)])
    async def stream(session: db.StreamSession, tasks: BackgroundTasks) -> AsyncIterator[int]:
        tasks.add_task(note, "in the stream")
        seen.append(await small_shop.list_tasks())
        async with db.transaction():
            tasks.add_task(note, "in a block")
        yield 1
        seen.append(await small_shop.list_tasks())
        tasks.add_task(note, "at the end")
        tasks.add_local(note, "here")

    assert post(app) == 200
    assert seen == [["with the order"], ["with the order", "in a block"]]
    kept = ["at the end", "in a block", "in the stream", "with the order"]
    assert small_shop.read() == (["lamp"], kept)
    assert DONE == ["here"]


def test_a_response_with_tasks_of_its_own(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/{way}")
    async def create(way: str, tasks: BackgroundTasks) -> JSONResponse:
        tasks.add_task(note, "kept")
        tasks.add_local(note, "here")
        if way == "one":
            return JSONResponse(way, background=BackgroundTask(note, "of the response"))
        if way == "several":
            own = BackgroundTasks()
            own.add_task(note, "of the response")
            return JSONResponse(way, background=own)
        return JSONResponse(way, background=tasks)

    with TestClient(app) as client:
        done = []
        for way in ("one", "several", "given"):
            assert client.post(f"/{way}").status_code == 200
            done.append(DONE.copy())
            DONE.clear()
    assert done == [["of the response", "here"], ["of the response", "here"], ["here"]]
    assert small_shop.read() == ([], ["kept"] * 3)


def test_one_router_in_applications_of_both_kinds(small_shop: Shop) -> None:
    router = APIRouter()

    @router.post("/orders")
    async def create(tasks: StarletteBackgroundTasks) -> None:
        tasks.add_task(note, "task")

    durable, plain = small_shop.make_app(), FastAPI()
    for app in (durable, plain):
        app.include_router(router)
        app.include_router(router, prefix="/again")
    durable.mount("/plain", plain)
    assert [post(durable, path) for path in ("/orders", "/again/orders")] == [200, 200]
    assert DONE == []
    assert post(durable, "/plain/orders") == 200
    assert post(plain, "/orders") == 200
    assert DONE == ["task"] * 2
    assert small_shop.read() == ([], ["task"] * 2)


def test_overrides(small_shop: Shop) -> None:
    app, db = small_shop.make_app(), small_shop.db

    async def open_another() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(db.engine) as session:
            yield session
            await session.commit()

    def say_nothing() -> str:
        return "said by nobody"

    async def say(tasks: BackgroundTasks) -> str:
        tasks.add_task(note, "said")
        return "said"

    @app.post("/")
    async def create(session: db.Session, text: Annotated[str, Depends(say)]) -> str:
        session.add(Order(item=text))
        return text

    app.dependency_overrides[db.session.dependency] = open_another
    assert post(app) == 200
    app.dependency_overrides[say] = say_nothing
    assert post(app) == 200
    assert small_shop.read() == (["said", "said by nobody"], ["said"])


@pytest.mark.parametrize(
    "name",
    ["get_request_handler", "solve_dependencies", "run_endpoint_function", "serialize_response"],
)
def test_a_library_that_replaces_functions(
    small_shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    original = getattr(routing, name)

    def pass_on(*args: Any, **keywords: Any) -> Any:
        return original(*args, **keywords)

    monkeypatch.setattr(routing, name, pass_on)
    app = small_shop.make_app()

    @app.post("/")
    def create(tasks: BackgroundTasks) -> str:
        tasks.add_task(note, "kept")
        tasks.add_local(note, "here")
        return "done"

    assert (post(app), post(app)) == (200, 200)
    assert DONE == ["here"] * 2
    assert small_shop.read() == ([], ["kept"] * 2)


class Watching:
    """A watcher that looks at nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *values: None

    def stage(self, name: str) -> Any:
        return nullcontext()


def test_a_watched_request(small_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_mounted", [])
    hooks.mount(lambda route: route.staged)
    app = small_shop.make_app()

    @app.post("/")
    async def create(tasks: BackgroundTasks, session: small_shop.db.Session) -> None:
        session.add(Order(item="lamp"))
        tasks.add_task(note, "kept")

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope[hooks.WATCHER] = Watching()
        await app(scope, receive, send)

    with TestClient(watched) as client:
        assert client.post("/").status_code == 200
    assert small_shop.read() == (["lamp"], ["kept"])


def test_an_endpoint_that_takes_too_long(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/", timeout=0.05)
    async def create(tasks: BackgroundTasks, session: small_shop.db.Session) -> None:
        session.add(Order(item="lamp"))
        tasks.add_task(note, "never")
        await asyncio.sleep(60)

    assert post(app) == 504
    assert small_shop.read() == ([], [])


def test_a_websocket_keeps_none_and_its_session_is_its_own(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.websocket("/")
    async def connect(
        websocket: WebSocket, tasks: BackgroundTasks, session: small_shop.db.Session
    ) -> None:
        await websocket.accept()
        session.add(Order(item="lamp"))
        tasks.add_task(lambda: DONE.append("never"))
        await websocket.close()

    with TestClient(app) as client, client.websocket_connect("/") as websocket:
        assert websocket.receive()["type"] == "websocket.close"
    assert small_shop.read() == (["lamp"], [])
    assert DONE == []


def test_head_is_answered_by_get(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.get("/")
    async def read(tasks: BackgroundTasks) -> StreamingResponse:
        tasks.add_task(note, "kept")
        return StreamingResponse(iter(["a"]))

    with TestClient(app) as client:
        assert (client.head("/").status_code, client.get("/").status_code) == (200, 200)
    assert small_shop.read() == ([], ["kept"] * 2)


def test_a_failure_to_keep_is_no_success(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/{way}")
    async def create(way: str, tasks: BackgroundTasks) -> str:
        if way == "with":
            async with small_shop.db.transaction() as session:
                session.add(Order(item=way))
                tasks.add_task(note, way)
                await drop_jobs(session)
        else:
            tasks.add_task(note, way)
            async with small_shop.db.transaction() as session:
                await drop_jobs(session)
        return way

    async def drop_jobs(session: AsyncSession) -> None:
        connection = await session.connection()
        await connection.exec_driver_sql("DROP TABLE pronghorn_jobs")

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/with").status_code == 500
        assert client.post("/without").status_code == 500
    assert asyncio.run(read_orders(small_shop)) == []


async def read_orders(shop: Shop) -> list[str]:
    try:
        return await shop.list_orders()
    finally:
        await shop.db.dispose()


def test_a_dependency_of_a_frontend(small_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "index.html").write_text("<p>shop</p>")

    def tell(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "visit")

    app = small_shop.make_app(dependencies=[Depends(tell)])
    app.frontend("/", directory=tmp_path / "files")
    with TestClient(app) as client:
        assert client.get("/index.html").text == "<p>shop</p>"
    assert small_shop.read() == ([], ["visit"])


def test_an_explained_route_shows_what_keeps_its_tasks(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/orders")
    async def create(tasks: BackgroundTasks) -> None: ...

    listed = next(one for one in list_routes(app) if one.row.path == "/orders")
    explained = explain_route(listed, "POST /orders")
    assert explained is not None
    assert "keep_tasks" in explained.source


def test_without_the_option_both_stay_in_the_process() -> None:
    app = FastAPI()

    @app.post("/")
    async def create(tasks: BackgroundTasks) -> None:
        tasks.add_task(lambda: DONE.append("a"))
        tasks.add_local(DONE.append, "b")

    assert post(app) == 200
    assert DONE == ["a", "b"]
