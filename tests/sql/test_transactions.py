"""One transaction per request: when it begins, when it is committed, when it is rolled back."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, WebSocket
from pronghorn.responses import JSONResponse
from pronghorn.sql import Database
from tests.sql.library import Author, make_app, serve


class AuthorOut(BaseModel):
    name: str


@pytest.fixture
def app(database: Database) -> FastAPI:
    """Endpoints that add an author and end in different ways, and one that counts authors."""
    app = make_app(database)
    Session = Annotated[AsyncSession, database.session]

    @app.post("/return/{name}")
    async def return_it(name: str, session: Session) -> AuthorOut:
        session.add(Author(name=name))
        return AuthorOut(name=name)

    @app.post("/raise/{name}")
    async def raise_it(name: str, session: Session) -> None:
        session.add(Author(name=name))
        await session.flush()
        raise HTTPException(404)

    @app.post("/fail/{name}")
    async def fail(name: str, session: Session) -> None:
        session.add(Author(name=name))
        raise ZeroDivisionError

    @app.post("/refuse/{name}")
    async def refuse(name: str, session: Session) -> JSONResponse:
        session.add(Author(name=name))
        return JSONResponse({}, 422)

    @app.post("/invalid/{name}", response_model=AuthorOut)
    async def invalid(name: str, session: Session) -> Any:
        session.add(Author(name=name))
        return {"wrong": name}

    @app.get("/count")
    async def count(session: Annotated[AsyncSession, database.read_session]) -> int:
        return await session.scalar(select(func.count()).select_from(Author)) or 0

    return app


@pytest.mark.parametrize(
    ("path", "status", "authors"),
    [
        ("/return/Ada", 200, 1),
        ("/raise/Ada", 404, 0),
        ("/fail/Ada", 500, 0),
        ("/refuse/Ada", 422, 1),
        ("/invalid/Ada", 500, 0),
    ],
)
def test_how_an_endpoint_ends_decides(app: FastAPI, path: str, status: int, authors: int) -> None:
    with serve(app) as client:
        assert client.post(path).status_code == status
        assert client.get("/count").json() == authors


def test_the_commit_comes_before_the_response(database: Database) -> None:
    app = make_app(database)
    order: list[str] = []

    class Sends:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def note(message: Any) -> None:
                if message["type"].startswith("http.response"):
                    order.append(message["type"])
                await send(message)

            await self.app(scope, receive, note)

    app.add_middleware(Sends)

    @app.post("/")
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        from sqlalchemy import event

        event.listen(session.sync_session, "after_commit", lambda _: order.append("commit"))
        session.add(Author(name="Ada"))

    with serve(app) as client:
        client.post("/")
    assert order[:2] == ["commit", "http.response.start"]


def test_no_connection_is_taken_before_the_first_statement(database: Database) -> None:
    app = make_app(database)
    taken: list[int] = []

    @app.post("/")
    async def look(session: Annotated[AsyncSession, database.session]) -> None:
        pool: Any = database.engine.pool
        taken.append(pool.checkedout())
        await session.execute(text("SELECT 1"))
        taken.append(pool.checkedout())

    with serve(app) as client:
        assert client.post("/").status_code == 200
        taken.append(database.engine.pool.checkedout())  # type: ignore[attr-defined]  # of its class
    assert taken == [0, 1, 0]


def test_a_session_is_shared_by_all_dependencies_of_a_request(database: Database) -> None:
    app = make_app(database)
    Session = Annotated[AsyncSession, database.session]

    async def get_first(session: Session) -> AsyncSession:
        return session

    @app.post("/")
    async def compare(session: Session, first: Annotated[AsyncSession, Depends(get_first)]) -> bool:
        return session is first

    with serve(app) as client:
        assert client.post("/").json() is True


def test_a_dependency_with_yield_sees_the_error_itself(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    app = make_app(database)
    seen: list[type[BaseException]] = []

    async def watch() -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            seen.append(type(error))
            raise

    @app.post("/", dependencies=[Depends(watch)])
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        session.add_all([Author(name="Ada"), Author(name="Ada")])
        await session.flush()

    with serve(app) as client:
        assert client.post("/").status_code == 409
    assert seen == [IntegrityError]


def forms(database: Database) -> list[FastAPI]:
    """Return applications that declare the same endpoints in different ways."""
    session_type = Annotated[AsyncSession, database.session]

    async def add(session: session_type) -> None:  # type: ignore[valid-type]  # a variable
        session.add(Author(name="Ada"))

    async def add_by_default(session: AsyncSession = database.session) -> None:
        session.add(Author(name="Ada"))

    async def add_by_alias(session: database.Session) -> None:  # type: ignore[name-defined]
        session.add(Author(name="Ada"))

    for endpoint, kind in ((add, session_type), (add_by_alias, database.Session)):
        endpoint.__annotations__["session"] = kind
    apps = []
    for endpoint in (add, add_by_default, add_by_alias):
        app = make_app(database)
        inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")
        inner.post("/")(endpoint)
        outer.include_router(inner)
        app.include_router(outer)
        apps.append(app)
        mounted = FastAPI()
        mounted.post("/inner/")(endpoint)
        around = make_app(database)
        around.mount("/outer", mounted)
        apps.append(around)
        behind = make_app(database)
        behind.post("/outer/inner/")(endpoint)

        @behind.middleware("http")
        async def through(request: Request, call_next: Any) -> Any:
            return await call_next(request)

        apps.append(behind)
    return apps


def test_every_form_of_declaration(database: Database) -> None:
    for app in forms(database):

        @app.get("/count")
        async def count(session: AsyncSession = database.read_session) -> int:
            return await session.scalar(select(func.count()).select_from(Author)) or 0

        with serve(app) as client:
            assert client.post("/outer/inner/").status_code == 200
            assert client.get("/count").json() == 1
            answer = client.post("/outer/inner/")
            assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (
                409,
                ["body", "name"],
            )

            @app.post("/clear")
            async def clear(session: AsyncSession = database.session) -> None:
                await session.execute(text("DELETE FROM authors"))

            client.post("/clear")


def test_a_websocket_commits_at_its_end_and_when_the_program_does(database: Database) -> None:
    app = make_app(database)

    @app.websocket("/")
    async def add(socket: WebSocket, session: Annotated[AsyncSession, database.session]) -> None:
        await socket.accept()
        async for name in socket.iter_text():
            session.add(Author(name=name))
            await session.commit()
            await socket.send_text("saved")

    @app.websocket("/fail")
    async def fail(socket: WebSocket, session: Annotated[AsyncSession, database.session]) -> None:
        await socket.accept()
        session.add(Author(name="Eve"))
        await session.flush()
        await socket.close()
        raise ZeroDivisionError

    @app.get("/count")
    async def count(session: Annotated[AsyncSession, database.read_session]) -> int:
        return await session.scalar(select(func.count()).select_from(Author)) or 0

    with serve(app) as client:
        with client.websocket_connect("/") as socket:
            socket.send_text("Ada")
            assert socket.receive_text() == "saved"
            assert client.get("/count").json() == 1
            socket.send_text("Bob")
            assert socket.receive_text() == "saved"
        with suppress(ZeroDivisionError), client.websocket_connect("/fail") as socket:
            socket.receive()
        assert client.get("/count").json() == 2
