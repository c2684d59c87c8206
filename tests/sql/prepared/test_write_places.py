"""Where a prepared write runs, what is committed when, and what happens when a server fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, bindparam, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from pronghorn.sql import postgresql as limits
from pronghorn.testclient import TestClient
from tests.sql.faults import FaultProxy
from tests.sql.prepared.notes import Author, Base, Note, NoteOut, make_app, opened

CREATE = insert(Note).returning(Note)
TITLES = select(Note.title).order_by(Note.id)


def run(database: Database, work: Callable[[], Awaitable[Any]]) -> None:
    async def all_of_it() -> None:
        async with opened(database):
            await work()

    asyncio.run(all_of_it())


def test_a_write_belongs_to_the_transaction_of_its_session(database: Database) -> None:
    create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)

    async def work() -> None:
        for fails in (True, False):
            with suppress(KeyError):
                async with database.transaction() as session:
                    session.add(Author(id=2, name="Bob"))  # Not flushed.
                    await create.one(session, title="a", author_id=2)
                    await create.one(await session.connection(), title="b", author_id=2)
                    assert await find(session) == ["a", "b"]
                    if fails:
                        raise KeyError
            assert await find() == ([] if fails else ["a", "b"])

    run(database, work)


def test_a_write_without_a_session_is_committed_when_it_returns(database: Database) -> None:
    create = database.prepare(CREATE, NoteOut)

    async def work() -> None:
        other = Database(database.url)
        find = other.prepare(TITLES, str)
        await find()
        for turn in range(3):
            await create.one(title=f"{turn}", author_id=1)
            assert len(await find()) == turn + 1
        await other.dispose()

    run(database, work)


def test_a_write_is_one_statement(postgresql_url: str) -> None:
    """Each BEGIN that is sent would be a statement of its own in the log of the server."""
    database = Database(postgresql_url)
    create = database.prepare(CREATE, NoteOut)

    async def work() -> None:
        with FaultProxy(postgresql_url) as proxy:
            near = Database(proxy.url, pool_size=1)
            create = near.prepare(CREATE, NoteOut)
            for title in "ab":
                await create.one(title=title, author_id=1)
            sent: list[bytes] = []

            def note(part: bytes) -> str:
                sent.append(part)
                return "forward"

            proxy.decide = note
            await create.one(title="c", author_id=1)
            await near.dispose()
        text_sent = b"".join(sent)
        assert b"c\0" in text_sent or b"c" in text_sent
        assert b"BEGIN" not in text_sent
        assert b"COMMIT" not in text_sent

    assert create is not None
    run(database, work)


def test_many_writes_at_once(database: Database) -> None:
    create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)

    async def work() -> None:
        await asyncio.gather(*(create.one(title=f"{n}", author_id=1) for n in range(30)))
        assert len(await find()) == 30
        pool: Any = database.engine.pool
        assert pool.checkedout() == 0

    run(database, work)


def test_writes_go_to_the_primary_server(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("primary", "replica")]

    async def work() -> None:
        for url in urls:
            async with opened(Database(url)):
                pass
        database = Database(urls[0], replicas=urls[1:])
        create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)
        async with database.lifespan():
            await create.one(title="a", author_id=1)
            assert await find() == []
            async with database.transaction() as session:
                assert await find(session) == ["a"]

    asyncio.run(work())


def test_a_test_rolls_back_writes(database: Database) -> None:
    create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)
    app = make_app(database)

    @app.post("/{title}")
    async def write(title: str) -> NoteOut:
        return await create.one(title=title, author_id=1)

    async def work() -> None:
        async with database.rollback_everything():
            await create.one(title="a", author_id=1)
            with pytest.raises(IntegrityError):
                await create.one(title="a", author_id=1)
            await asyncio.gather(*(create.one(title=f"{n}", author_id=1) for n in range(4)))
            client = TestClient(app, raise_server_exceptions=False)
            answers = await asyncio.to_thread(lambda: [client.post("/b"), client.post("/b")])
            assert [answer.status_code for answer in answers] == [200, 409]
            assert len(await find()) == 6
        assert await find() == []

    run(database, work)


def test_listeners_are_told(database: Database) -> None:
    """A tracer sees the statement, and what listens to commits sees the commit."""
    create = database.prepare(CREATE, NoteOut)
    seen: list[str] = []

    async def work() -> None:
        engine = database.engine.sync_engine
        await create.one(title="a", author_id=1)

        def note_statement(
            connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
        ) -> None:
            seen.append(statement[:6])

        event.listen(engine, "commit", lambda connection: seen.append("COMMIT"))
        await create.one(title="b", author_id=1)
        assert seen == ["COMMIT"]
        event.listen(engine, "before_cursor_execute", note_statement)
        await create.one(title="c", author_id=1)
        assert seen == ["COMMIT", "INSERT", "COMMIT"]

    run(database, work)


def test_a_pooler_of_transactions_gets_transactions(postgresql_url: str) -> None:
    database = Database(postgresql_url, transaction_pooler=True)
    create = database.prepare(CREATE, NoteOut)
    began: list[Any] = []

    async def work() -> None:
        event.listen(database.engine.sync_engine, "begin", began.append)
        for title in "abc":
            await create.one(title=title, author_id=1)
        assert len(began) == 3

    run(database, work)


def test_a_driver_that_begins_transactions_itself(tmp_path: Path) -> None:
    """Python's own transactions of SQLite would stay open."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    database = Database(url, connect_args={"isolation_level": "DEFERRED"})
    create, find = database.prepare(CREATE, NoteOut), Database(url).prepare(TITLES, str)

    async def work() -> None:
        for _ in range(2):
            with suppress(IntegrityError):
                await create.one(title="a", author_id=1)
        assert await find() == ["a"]

    run(database, work)


@pytest.mark.parametrize("decision", ["cut", "answer"])
def test_a_lost_connection_leaves_the_outcome_unknown(postgresql_url: str, decision: str) -> None:
    """The statement is not sent again: it may have been executed."""
    with FaultProxy(postgresql_url) as proxy:
        database = Database(proxy.url)
        create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)
        app = make_app(database)

        @app.post("/{title}")
        async def write(title: str) -> NoteOut:
            return await create.one(title=title, author_id=1)

        @app.get("/")
        async def read() -> list[str]:
            return await find()

        with TestClient(app, raise_server_exceptions=False) as client:
            for title in "ab":
                assert client.post(f"/{title}").status_code == 200
            proxy.decide = lambda part: decision
            answer = client.post("/c")
            proxy.decide = lambda part: "forward"
            assert answer.status_code == 503
            assert "the outcome is unknown" in answer.json()["detail"]
            assert client.get("/").json() == [*"ab", *("c" if decision == "answer" else "")]
            assert client.post("/d").status_code == 200


def test_a_silent_server_leaves_the_outcome_unknown(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.2)
    with FaultProxy(postgresql_url) as proxy:
        database = Database(proxy.url, statement_timeout=0.3, connect_timeout=2.0)
        create = database.prepare(CREATE, NoteOut)
        app = make_app(database)

        @app.post("/{title}")
        async def write(title: str) -> NoteOut:
            return await create.one(title=title, author_id=1)

        with TestClient(app, raise_server_exceptions=False) as client:
            for title in "ab":
                assert client.post(f"/{title}").status_code == 200
            proxy.swallow()
            answer = client.post("/c")
            proxy.release()
            assert answer.status_code == 503
            assert "the outcome is unknown" in answer.json()["detail"]


def test_a_server_that_ended_idle_connections(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)

    async def work() -> None:
        other = Database(postgresql_url)
        for title in "ab":
            await create.one(title=title, author_id=1)
        async with other.engine.connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await other.dispose()
        with suppress(DBAPIError):  # The client may not have seen the end yet.
            await create.one(title="c", author_id=1)
        await create.one(title="d", author_id=1)
        assert (await find())[-1] == "d"

    run(database, work)


def test_a_statement_that_takes_too_long_is_refused(postgresql_url: str) -> None:
    database = Database(postgresql_url, statement_timeout=0.2)
    slow = database.prepare(
        insert(Author).values(name=func.pg_sleep(9).op("||")("x")).returning(Author.id), int
    )
    app = make_app(database)

    @app.post("/")
    async def write() -> int:
        return await slow.one()

    with TestClient(app, raise_server_exceptions=False) as client:
        for _ in range(2):
            answer = client.post("/")
            assert answer.status_code == 503
            assert "unknown" not in answer.json()["detail"]


def test_a_column_that_has_got_another_type(postgresql_url: str) -> None:
    """PostgreSQL refuses a prepared statement whose result has changed, so it did nothing."""
    database, other = Database(postgresql_url), Database(postgresql_url)
    change = database.prepare(
        update(Note).where(Note.id == bindparam("id")).returning(Note.stars), int
    )
    create = database.prepare(insert(Note).returning(Note.id), int)

    async def work() -> None:
        number = await create.one(title="a", author_id=1)
        for kind in ("bigint", "smallint"):
            for stars in (1, 2):
                assert await change.one(id=number, stars=stars) == stars
            async with other.engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE notes ALTER COLUMN stars TYPE {kind}"))
            with suppress(DBAPIError):
                await change.one(id=number, stars=3)
            assert await change.one(id=number, stars=4) == 4
        await other.dispose()

    run(database, work)


def test_a_cancelled_write_ends_first(database: Database) -> None:
    create, find = database.prepare(CREATE, NoteOut), database.prepare(TITLES, str)

    async def work() -> None:
        for title in "ab":
            await create.one(title=title, author_id=1)
        for turn in range(5):
            task = asyncio.create_task(create.one(title=f"{turn}", author_id=1))
            for _ in range(turn):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await create.one(title="last", author_id=1)
        assert (await find())[-1] == "last"
        pool: Any = database.engine.pool
        assert pool.checkedout() == 0

    run(database, work)


def test_without_the_private_names_of_sqlalchemy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release without them: all columns are returned, and one row is checked before the end."""
    monkeypatch.setattr("pronghorn.sql.prepared.returning.RETURNING_SEEN", False)
    monkeypatch.setattr("pronghorn.sql.prepared.design.RETURNING_SEEN", False)
    monkeypatch.setattr("pronghorn.sql.prepared.returning.VALUES_SEEN", False)
    create = database.prepare(CREATE, NoteOut)
    star = database.prepare(
        update(Note).where(Note.id == bindparam("id")).returning(Note.stars, Note.title),
        tuple[int, str],
    )

    async def work() -> None:
        for title in "ab":
            made = await create.one(title=title, author_id=1)
            assert (made.title, made.stars) == (title, 3)
            assert await star.one(id=made.id, stars=5) == (5, title)

    run(database, work)


class Listened(Base):
    __tablename__ = "listened"

    id: Mapped[int] = mapped_column(primary_key=True)


class Versioned(Base):
    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Parent(Base):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "parent"}


class Child(Parent):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(ForeignKey("parents.id"), primary_key=True)

    __mapper_args__ = {"polymorphic_identity": "child"}


def test_mistakes_stop_the_start() -> None:
    event.listen(Listened, "before_insert", lambda mapper, connection, target: None)
    mistakes: list[tuple[Any, Any, str]] = [
        (insert(Note), NoteOut, "this INSERT returns none"),
        (update(Note).values(stars=1), NoteOut, "this UPDATE returns none"),
        (insert(Note).returning(Note.id), NoteOut, "NoteOut.title reads 'title'"),
        (insert(Listened).returning(Listened.id), int, "listens to before_insert of Listened"),
        (insert(Versioned).returning(Versioned.id), int, "counts the versions of Versioned"),
        (insert(Child).returning(Child.id), int, "columns in several tables"),
        (
            update(Note)
            .where(Note.id == bindparam("stars"))
            .values(stars=1)
            .returning(Note.id)
            .execution_options(schema_translate_map={None: "x"}),
            int,
            "schema_translate_map",
        ),
        (
            update(Note).where(Note.id == bindparam("changed")).values(stars=1).returning(Note.id),
            int,
            "'changed' is reserved",
        ),
    ]
    for statement, model, words in mistakes:
        database = Database("postgresql://nobody@127.0.0.1:1/none")
        write = database.prepare(statement, model)

        async def start(database: Database = database) -> None:
            async with database.lifespan():
                pass

        with pytest.raises(SetupError, match=words) as caught:
            asyncio.run(start())
        assert f"where:    {__file__}:" in str(caught.value)
        assert "PreparedWrite" in repr(write)
    write = Database("sqlite://").prepare(insert(Listened.__table__).returning(Listened.id), int)
    write.check()
