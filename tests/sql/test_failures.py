"""What clients are told when a commit fails, connections run out, or the database is gone."""

import logging
import threading
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI, WebSocket
from pronghorn.sql import Database
from pronghorn.sql.errors import CONFLICT, EXHAUSTED, UNAVAILABLE, UNKNOWN
from tests.sql.faults import FaultProxy
from tests.sql.library import Author, Book, make_app, serve
from tests.sql.test_startup import find_free_port


def test_a_constraint_that_fails_at_commit_is_409(database: Database) -> None:
    app = make_app(database)
    is_sqlite = database.engine.dialect.name == "sqlite"
    later = "PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET CONSTRAINTS ALL DEFERRED"

    @app.post("/", status_code=201)
    async def add(session: Annotated[AsyncSession, database.session]) -> dict[str, int]:
        await session.execute(text(later))
        book = Book(title="Emma", author_id=7)
        session.add(book)
        await session.flush()
        return {"id": book.id}

    with serve(app) as client:
        answer = client.post("/")
        assert answer.status_code == 409
        assert answer.json()["detail"][0]["type"] == "foreign_key_violation"


@pytest.mark.parametrize("at_commit", [False, True])
def test_a_conflict_of_transactions_is_503(
    postgresql_url: str, at_commit: bool, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(postgresql_url)
    app = make_app(database)
    function = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$"
    refusal = "RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001';"

    @app.post("/setup")
    async def set_up(session: Annotated[AsyncSession, database.session]) -> None:
        await session.execute(text(function.format(refusal)))
        kind = "INITIALLY DEFERRED" if at_commit else "INITIALLY IMMEDIATE"
        await session.execute(
            text(
                "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON authors DEFERRABLE "
                f"{kind} FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )

    @app.post("/")
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name="Ada"))

    with serve(app) as client:
        assert client.post("/setup").status_code == 200
        answer = client.post("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json() == {"detail": CONFLICT}
    assert caplog.text.count("could not serialize") == 1


@pytest.mark.parametrize("by_program", [False, True])
@pytest.mark.parametrize("decision", ["cut", "answer"])
def test_a_commit_without_an_answer_has_an_unknown_outcome(
    postgresql_url: str, decision: str, by_program: bool
) -> None:
    with FaultProxy(postgresql_url) as proxy:
        database = Database(proxy.url)
        app = make_app(database)

        @app.post("/{name}")
        async def add(name: str, session: Annotated[AsyncSession, database.session]) -> None:
            session.add(Author(name=name))
            await session.flush()
            proxy.decide = lambda part: decision if b"COMMIT" in part else "forward"
            if by_program:
                await session.commit()

        @app.get("/")
        async def count(session: Annotated[AsyncSession, database.session]) -> int:
            return await session.scalar(text("SELECT count(*) FROM authors")) or 0

        with serve(app) as client:
            answer = client.post("/Ada")
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.json() == {"detail": UNKNOWN}
            proxy.decide = lambda _: "forward"
            assert client.get("/").json() == (decision == "answer")


def test_a_connection_that_is_lost_before_the_commit_has_changed_nothing(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultProxy(postgresql_url) as proxy:
        database = Database(proxy.url)
        app = make_app(database)

        @app.post("/")
        async def add(session: Annotated[AsyncSession, database.session]) -> None:
            await session.execute(text("SELECT 1"))
            proxy.cut()
            session.add(Author(name="Ada"))

        with serve(app) as client, caplog.at_level(logging.ERROR, "pronghorn"):
            answer = client.post("/")
            assert answer.status_code == 503
            assert answer.json() == {"detail": UNAVAILABLE}
        assert [record.name for record in caplog.records].count("pronghorn") == 1


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_database_that_is_down_is_503(driver: str) -> None:
    url = f"postgresql+{driver}://user:secret@127.0.0.1:{find_free_port()}/shop"
    database = Database(url)
    app = FastAPI()  # It starts without the database.

    @app.get("/")
    async def read(session: Annotated[AsyncSession, database.session]) -> None:
        await session.execute(text("SELECT 1"))

    @app.websocket("/")
    async def refuse(socket: WebSocket, session: AsyncSession = database.session) -> None:
        await session.execute(text("SELECT 1"))

    with serve(app) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json() == {"detail": UNAVAILABLE}


def test_without_a_free_connection_it_is_503_in_time(database_url: str) -> None:
    database = Database(database_url, pool_size=1, pool_timeout=0.1)
    app = make_app(database)
    inside, finish = threading.Event(), threading.Event()

    @app.post("/hold")
    async def hold(session: Annotated[AsyncSession, database.session]) -> None:
        from anyio import to_thread

        await session.execute(text("SELECT 1"))
        inside.set()
        await to_thread.run_sync(finish.wait)

    @app.post("/")
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name="Ada"))

    with serve(app) as client:
        holder = run_in_thread(lambda: client.post("/hold"))
        inside.wait()
        answer = client.post("/")
        finish.set()
        holder.join()
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json() == {"detail": EXHAUSTED}
        assert client.post("/").status_code == 200


def run_in_thread(function: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread
