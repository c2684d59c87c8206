"""A task belongs to the transaction around its line, in every form of a program."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import pytest
from anyio import from_thread
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from pronghorn.responses import JSONResponse
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.background.shop import DONE, Order, Shop, note, send_receipt

pytestmark = pytest.mark.usefixtures("mode")
#: What an endpoint does after it has added the order and the task.
WAYS = ["return", "raise", "fail", "roll back", "commit", "commit and raise", "fail to commit"]
KEPT = {"return", "commit", "commit and raise"}
STATUS = {"raise": 418, "fail": 500, "commit and raise": 418, "fail to commit": 409}


async def go_on(way: str, session: AsyncSession) -> None:
    if way.startswith("commit"):
        await session.commit()
    if way == "roll back":
        await session.rollback()
    if way.endswith("raise"):
        raise HTTPException(418)
    if way == "fail":
        raise ValueError("no")


def order_of(way: str) -> Order:
    return Order(item=way, customer=99 if way == "fail to commit" else None)


def send(app: FastAPI, *paths: str) -> list[int]:
    with TestClient(app, raise_server_exceptions=False) as client:
        return [client.post(path).status_code for path in paths]


# --- forms of a program -----------------------------------------------------------------------


def in_endpoint(shop: Shop, app: FastAPI) -> None:
    @app.post("/{way}")
    async def create(way: str, session: shop.db.Session, tasks: BackgroundTasks) -> str:
        session.add(order_of(way))
        tasks.add_task(send_receipt, way)
        await go_on(way, session)
        return way


def in_response(shop: Shop, app: FastAPI) -> None:
    @app.post("/{way}")
    async def create(tasks: BackgroundTasks, way: str, session: shop.db.Session) -> JSONResponse:
        session.add(order_of(way))
        tasks.add_task(send_receipt, item=way)
        await go_on(way, session)
        return JSONResponse(way, background=tasks)


def in_dependency_before_the_session(shop: Shop, app: FastAPI) -> None:
    async def tell(way: str, tasks: BackgroundTasks) -> None:
        tasks.add_task(send_receipt, way)

    router = APIRouter(prefix="/{way}", dependencies=[Depends(tell)])

    @router.post("")
    async def create(way: str, session: Annotated[AsyncSession, shop.db.session]) -> str:
        session.add(order_of(way))
        await go_on(way, session)
        return way

    app.include_router(router)


def in_nested_dependencies(shop: Shop, app: FastAPI) -> None:
    class Mailer:
        def __init__(self, tasks: BackgroundTasks) -> None:
            self.tasks = tasks

    class Orders:
        def __init__(self, session: shop.db.Session, mailer: Annotated[Mailer, Depends()]) -> None:
            self.session, self.mailer = session, mailer

        async def add(self, way: str) -> None:
            self.session.add(order_of(way))
            self.mailer.tasks.add_task(send_receipt, way)
            await go_on(way, self.session)

    inner = APIRouter()

    @inner.post("/{way}")
    async def create(way: str, orders: Annotated[Orders, Depends()]) -> str:
        await orders.add(way)
        return way

    outer = APIRouter()
    outer.include_router(inner)
    app.include_router(outer)


def in_def_endpoint(shop: Shop, app: FastAPI) -> None:
    async def add(way: str, session: shop.db.Session) -> AsyncSession:
        session.add(order_of(way))
        await session.flush()
        return session

    @app.post("/{way}")
    def create(
        way: str, session: Annotated[AsyncSession, Depends(add)], tasks: BackgroundTasks
    ) -> str:
        tasks.add_task(send_receipt, way)
        from_thread.run(go_on, way, session)
        return way


def in_block(shop: Shop, app: FastAPI) -> None:
    @app.post("/{way}")
    async def create(way: str, tasks: BackgroundTasks) -> str:
        async with shop.db.transaction() as session:
            session.add(order_of(way))
            tasks.add_task(send_receipt, way)
            await go_on(way, session)
        return way


def in_resolved_block(shop: Shop, app: FastAPI) -> None:
    @app.post("/{way}")
    async def create(way: str, tasks: BackgroundTasks) -> str:
        async with app.resolve(shop.db.Session) as session:
            session.add(order_of(way))
            tasks.add_task(send_receipt, way)
            await go_on(way, session)
        return way


def in_own_dependency(shop: Shop, app: FastAPI) -> None:
    async def get_session() -> AsyncIterator[AsyncSession]:
        async with shop.db.transaction() as session:
            yield session

    @app.post("/{way}")
    async def create(
        way: str,
        session: Annotated[AsyncSession, Depends(get_session, scope="function")],
        tasks: BackgroundTasks,
    ) -> str:
        session.add(order_of(way))
        tasks.add_task(send_receipt, way)
        await go_on(way, session)
        return way


def behind_middleware(shop: Shop, app: FastAPI) -> None:
    @app.middleware("http")
    async def pass_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    in_endpoint(shop, app)


def in_mounted_application(shop: Shop, app: FastAPI) -> None:
    inner = FastAPI(jobs=shop.jobs, background_tasks="durable")
    in_endpoint(shop, inner)
    app.mount("", inner)


FORMS: list[Callable[[Shop, FastAPI], None]] = [
    in_endpoint,
    in_response,
    in_dependency_before_the_session,
    in_nested_dependencies,
    in_def_endpoint,
    in_block,
    in_resolved_block,
    in_own_dependency,
    behind_middleware,
    in_mounted_application,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_order_and_task_are_one_commit(
    small_shop: Shop, form: Callable[[Shop, FastAPI], None]
) -> None:
    app = small_shop.make_app()
    form(small_shop, app)
    statuses = send(app, *(f"/{way}" for way in WAYS))
    assert statuses == [STATUS.get(way, 200) for way in WAYS]
    kept = [way for way in WAYS if way in KEPT]
    assert small_shop.read() == (kept, sorted(kept))


def test_on_every_database(shop: Shop) -> None:
    app = shop.make_app()
    in_endpoint(shop, app)
    assert send(app, *(f"/{way}" for way in WAYS)) == [STATUS.get(way, 200) for way in WAYS]
    kept = [way for way in WAYS if way in KEPT]
    assert shop.read() == (kept, sorted(kept))


def test_the_innermost_transaction_counts(small_shop: Shop, tmp_path: Any) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with small_shop.db.lifespan(app), other.lifespan(app):
            yield

    app = small_shop.make_app(lifespan=lifespan)

    @app.post("/")
    async def create(tasks: BackgroundTasks, elsewhere: other.Session) -> None:
        with_session = small_shop.db.transaction()
        async with with_session as session:
            session.add(Order(item="outer"))
            await session.flush()
            tasks.add_task(note, "outer")
            async with other.transaction():
                tasks.add_task(note, "beside another database")
            async with small_shop.db.transaction(read_only=True):
                tasks.add_task(note, "beside a read")
            await session.rollback()
        with suppress(ValueError):
            async with small_shop.db.transaction():
                tasks.add_task(note, "of a block that fails")
                raise ValueError("no")
        async with small_shop.db.transaction():
            tasks.add_task(note, "of a block")
        tasks.add_task(note, "of the request")
        raise HTTPException(418)

    assert send(app, "/") == [418]
    assert small_shop.read() == ([], ["of a block"])
    asyncio.run(other.dispose())


def test_tasks_of_child_tasks_and_threads(small_shop: Shop) -> None:
    app = small_shop.make_app()

    @app.post("/")
    async def create(tasks: BackgroundTasks, session: small_shop.db.Session) -> None:
        async def add(text: str) -> None:
            tasks.add_task(note, text)

        async def add_in_block(text: str) -> None:
            async with small_shop.db.transaction():
                tasks.add_task(note, text)

        await add_in_block("first block")
        await asyncio.gather(add("a"), add("b"), asyncio.to_thread(tasks.add_task, note, "c"))
        await session.rollback()
        await asyncio.create_task(add_in_block("second block"))

    assert send(app, "/") == [200]
    assert small_shop.read() == ([], ["first block", "second block"])


def test_without_a_session_tasks_have_a_transaction_before_the_response(small_shop: Shop) -> None:
    app = small_shop.make_app()
    seen: list[Any] = []

    @app.middleware("http")
    async def look(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append(sorted(await small_shop.list_tasks()))
        return response

    @app.get("/")
    async def read(session: small_shop.db.Session, tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "of a session that reads")

    @app.post("/")
    def create(tasks: BackgroundTasks) -> None:
        tasks.add_task(note, text="a", times=2)
        tasks.add_task(note, "b")

    with TestClient(app) as client:
        assert (client.get("/").status_code, client.post("/").status_code) == (200, 200)
    assert seen == [["of a session that reads"], ["a", "b", "of a session that reads"]]
    assert DONE == []


def test_a_test_that_rolls_everything_back(small_shop: Shop) -> None:
    app = small_shop.make_app()
    in_endpoint(small_shop, app)

    async def run() -> list[Any]:
        await small_shop.jobs.prepare()
        async with small_shop.db.rollback_everything():
            with TestClient(app) as client:
                client.post("/return")
            found = await small_shop.list_tasks()
        await small_shop.db.dispose()
        return found

    assert asyncio.run(run()) == ["return"]
    assert small_shop.read() == ([], [])
