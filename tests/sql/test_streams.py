"""Streams, events and background tasks: a session of their own, and clear errors otherwise."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import BackgroundTasks, Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.responses import StreamingResponse
from pronghorn.sql import Database
from pronghorn.sql.sessions import SessionEndedError
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient
from tests.sql.library import Author, make_app, serve


async def read_names(session: AsyncSession) -> AsyncIterator[str]:
    for author in await session.scalars(select(Author).order_by(Author.name)):
        yield author.name


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = make_app(database)
    StreamSession = Annotated[AsyncSession, database.stream_session]

    @app.post("/{name}")
    async def add(name: str, session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name=name))

    @app.get("/lines")
    async def lines(session: StreamSession) -> AsyncIterator[str]:
        async for name in read_names(session):
            yield name

    @app.get("/events", response_class=EventSourceResponse)
    async def events(session: StreamSession) -> AsyncIterator[str]:
        async for name in read_names(session):
            yield name

    @app.get("/response")
    async def response(session: StreamSession) -> StreamingResponse:
        return StreamingResponse(read_names(session))

    @app.get("/pool")
    async def pool() -> int:
        pools = {engine.pool for engine in database._primary}
        return sum(each.checkedout() for each in pools)  # type: ignore[attr-defined]  # its class

    return app


def test_a_stream_has_a_session_until_its_last_item(app: FastAPI) -> None:
    with serve(app) as client:
        for name in ("Ada", "Bob"):
            client.post(f"/{name}")
        assert client.get("/lines").text == '"Ada"\n"Bob"\n'
        assert client.get("/events").text.count("data:") == 2
        assert client.get("/response").text == "AdaBob"
        assert client.get("/pool").json() == 0


def test_a_stream_only_reads(database: Database) -> None:
    app = make_app(database)

    @app.post("/")
    async def write(
        session: Annotated[AsyncSession, database.stream_session],
    ) -> AsyncIterator[str]:
        session.add(Author(name="Ada"))
        await session.flush()
        yield "written"

    with serve(app) as client:
        assert client.post("/").status_code == 500


@pytest.mark.parametrize("name", ["session", "read_session"])
def test_a_session_of_the_request_in_a_generator_is_an_error(sqlite_url: str, name: str) -> None:
    database = Database(sqlite_url)
    app = FastAPI()
    with pytest.raises(SetupError) as caught:

        @app.get("/")
        async def lines(
            session: AsyncSession = getattr(database, name),
        ) -> AsyncIterator[str]:
            yield "line"

    assert "The endpoint yields, and its session 'session' ends before" in str(caught.value)
    assert "Annotated[AsyncSession, db.stream_session]" in str(caught.value)
    assert "GET /" in str(caught.value)


def test_a_dependency_of_a_stream_may_use_the_session_of_the_request(database: Database) -> None:
    app = make_app(database)

    async def get_name(session: Annotated[AsyncSession, database.session]) -> str:
        return await session.scalar(select(Author.name)) or "nobody"

    @app.get("/")
    async def lines(name: Annotated[str, Depends(get_name)]) -> AsyncIterator[str]:
        yield name

    with serve(app) as client:
        assert client.get("/").text == '"nobody"\n'


@pytest.mark.parametrize("is_generator", [True, False])
def test_a_session_in_a_def_endpoint_is_an_error(sqlite_url: str, is_generator: bool) -> None:
    database = Database(sqlite_url)
    app = FastAPI()

    def read(session: AsyncSession = database.read_session) -> None: ...

    def read_all(session: AsyncSession = database.stream_session) -> Iterator[str]:
        yield "line"

    with pytest.raises(SetupError, match="cannot await its session 'session'"):
        app.get("/")(read_all if is_generator else read)


def test_a_def_dependency_may_pass_the_session_on(database: Database) -> None:
    app = make_app(database)

    class Authors:
        def __init__(self, session: AsyncSession) -> None:
            self.session = session

    def get_authors(session: AsyncSession = database.session) -> Authors:
        return Authors(session)

    @app.post("/")
    async def add(authors: Annotated[Authors, Depends(get_authors)]) -> None:
        authors.session.add(Author(name="Ada"))

    with serve(app) as client:
        assert client.post("/").status_code == 200
        assert client.post("/").status_code == 409


def test_a_session_that_is_over_refuses_statements(database: Database) -> None:
    app = make_app(database)
    errors: list[BaseException] = []
    Session = Annotated[AsyncSession, database.session]

    async def work(session: AsyncSession, statement: Any) -> None:
        try:
            await statement(session)
        except SessionEndedError as error:
            errors.append(error)

    async def add(session: AsyncSession) -> None:
        session.add(Author(name="Ada"))
        await session.commit()

    @app.post("/task")
    async def start(session: Session, tasks: BackgroundTasks) -> None:
        await session.execute(select(Author))
        tasks.add_task(work, session, lambda each: each.execute(select(Author)))
        tasks.add_task(work, session, lambda each: each.get(Author, 1))
        tasks.add_task(work, session, add)

    @app.get("/stream")
    async def stream(session: Session) -> StreamingResponse:
        return StreamingResponse(read_names(session))

    with TestClient(app) as client:
        assert client.post("/task").status_code == 200
        assert len(errors) == 3
        assert "The session of POST /task was used after its end" in str(errors[0])
        assert "async with db.transaction() as session" in str(errors[0])
        assert "where:" not in str(errors[0])
        with pytest.raises(SessionEndedError, match=r"db\.stream_session"):
            client.get("/stream")
