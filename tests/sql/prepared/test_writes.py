"""Prepared writes do what a session does: rows, defaults of columns, errors and their answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound

from pronghorn import FastAPI
from pronghorn.exceptions import ResponseValidationError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.prepared.notes import Author, Note, NoteOut, make_app, opened
from tests.sql.prepared.shop import Gift, Item, ItemOut
from tests.sql.prepared.shop import run as run_shop

INVENTED = {"id", "number", "made", "changed"}


def run(database: Database, work: Callable[[], Awaitable[Any]]) -> None:
    async def all_of_it() -> None:
        async with opened(database):
            await work()

    asyncio.run(all_of_it())


def test_a_row_is_the_one_that_the_orm_makes(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note), NoteOut)

    async def work() -> None:
        made = [await create.one(title=f"Note {turn}", author_id=1) for turn in range(3)]
        async with database.transaction() as session:
            note = Note(title="Note 9", author_id=1)
            session.add(note)
            await session.flush()
            await session.refresh(note)
            expected = NoteOut.model_validate(note).model_dump(exclude=INVENTED)
        for turn, found in enumerate(made):
            values = found.model_dump(exclude=INVENTED)
            assert values == {**expected, "title": f"Note {turn}", "slug": f"note {turn}"}
        assert len({found.number for found in made}) == 3
        assert made[0].changed is None
        assert made[0].made is not None

    run(database, work)


def test_a_call_sets_the_columns_that_it_names(database: Database) -> None:
    create = database.prepare(insert(Note).values(stars=1).returning(Note), NoteOut)
    change = database.prepare(
        update(Note).where(Note.id == bindparam("note")).returning(Note), NoteOut
    )

    async def work() -> None:
        first = await create.one(title="A", author_id=1)
        second = await create.one(author_id=1, title="B", slug="own")
        assert (first.stars, first.slug, second.slug) == (1, "a", "own")
        for changes in ({"title": "C"}, {"stars": 7, "title": "D"}, {"title": "E"}):
            found = await change.one(note=first.id, **changes)
            assert found.model_dump(include=set(changes)) == changes
            assert found.changed is not None
        assert found.stars == 7
        assert await change.one_or_none(note=10**6, stars=1) is None
        with pytest.raises(NoResultFound):
            await change.one(note=10**6, stars=1)

    run(database, work)


def test_names_of_parameters_and_values_in_the_statement(database: Database) -> None:
    create = database.prepare(
        insert(Note)
        .values({Note.title: bindparam("name"), Note.author_id: 1, Note.slug: func.lower("X")})
        .returning(Note.id, Note.title, (Note.stars * 2).label("double"), Note.slug),
        tuple[int, str, int, str],
    )
    rows = database.prepare(
        insert(Note)
        .values([{"title": "p", "author_id": 1}, {"title": "q", "author_id": 1}])
        .returning(Note.number),
        int,
    )

    async def work() -> None:
        assert (await create.one(name="n"))[1:] == ("n", 6, "x")
        first, second = await rows()
        assert first != second

    run(database, work)


def test_wrong_names_are_errors_of_the_call(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note), NoteOut)
    remove = database.prepare(
        delete(Note).where(Note.id == bindparam("id")).returning(Note.id), int
    )

    async def work() -> None:
        with pytest.raises(TypeError, match="no parameter 'titel'; did you mean 'title'"):
            await create.one(titel="x", author_id=1)
        with pytest.raises(TypeError, match=r"INSERT sets nothing\..*: id, title, author_id"):
            await create.one()
        with pytest.raises(TypeError, match="needs a value for 'id'"):
            await remove()
        with pytest.raises(TypeError, match=r"no parameter 'title'\. It has: id"):
            await remove(id=1, title="x")

    run(database, work)


def test_one_row_of_several_changes_nothing(database: Database) -> None:
    star = database.prepare(update(Note).values(stars=bindparam("n")).returning(Note.id), int)
    remove = database.prepare(delete(Note).returning(Note.id), int)
    count = database.prepare(select(Note.stars), int)

    async def work() -> None:
        create = database.prepare(insert(Note).returning(Note.id), int)
        for title in "ab":
            await create(title=title, author_id=1)
        for call in (star.one(n=9), star.one_or_none(n=9), remove.one()):
            with pytest.raises(MultipleResultsFound):
                await call
            assert await count() == [3, 3]
        assert len(await star(n=9)) == 2
        assert await count() == [9, 9]
        assert len(await remove()) == 2
        assert await count() == []

    run(database, work)


WRONG: dict[str, dict[str, Any]] = {
    "a duplicate": {"title": "taken", "author_id": 1},
    "no author": {"title": "x", "author_id": 99},
    "a check": {"title": "x", "author_id": 1, "stars": -1},
    "a long text": {"title": "x" * 21, "author_id": 1},
    "a NUL": {"title": "x\0", "author_id": 1},
    "a large number": {"title": "x", "author_id": 1, "stars": 2**70},
    "a null": {"title": None, "author_id": 1, "slug": "s"},
}


def test_refused_values_are_answered_as_those_of_a_session(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note), NoteOut)
    app = make_app(database)

    @app.post("/alone/{kind}")
    async def write_alone(kind: str) -> NoteOut:
        return await create.one(**WRONG[kind])

    @app.post("/session/{kind}")
    async def write_in_session(kind: str, session: database.Session) -> NoteOut:
        await create.one(session, title="first", author_id=1)
        return await create.one(session, **WRONG[kind])

    @app.post("/orm/{kind}", response_model=NoteOut)
    async def write_by_orm(kind: str, session: database.Session) -> Note:
        note = Note(**WRONG[kind])
        session.add(note)
        await session.flush()
        await session.refresh(note)
        return note

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/alone/a duplicate").status_code == 200
        for kind in WRONG:
            expected = client.post(f"/orm/{kind}")
            for way in ("alone", "session"):
                answer = client.post(f"/{way}/{kind}")
                if expected.status_code != 200:  # SQLite knows no length of texts.
                    assert answer.status_code == expected.status_code, (way, kind)
                    assert answer.json() == expected.json(), (way, kind)


def test_errors_are_those_of_sqlalchemy(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note), NoteOut)

    async def work() -> None:
        await create.one(title="a", author_id=1)
        for _ in range(2):
            with pytest.raises(IntegrityError) as found:
                await create.one(title="a", author_id=1)
            with pytest.raises(IntegrityError) as expected:
                async with database.transaction() as session:
                    await session.execute(insert(Note).values(title="a", author_id=1, slug="a"))
            assert type(found.value.orig) is type(expected.value.orig)
            pool: Any = database.engine.pool
            assert pool.checkedout() == 0
        assert (await create.one(title="b", author_id=1)).title == "b"

    run(database, work)


def test_upserts(database: Database) -> None:
    kind = sqlite if database.engine.dialect.name == "sqlite" else postgresql
    statement: Any = kind.insert(Author).values(name=bindparam("name"))
    add = database.prepare(
        statement.on_conflict_do_nothing(index_elements=["name"]).returning(Author.id), int
    )
    put = database.prepare(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"name": statement.excluded.name + "!"}
        ).returning(Author.name),
        str,
    )

    async def work() -> None:
        # The sequence of PostgreSQL has not seen the id of the first author.
        async with database.transaction() as session:
            await session.execute(delete(Author))
        assert await add.one_or_none(name="Bob") is not None
        assert await add.one_or_none(name="Bob") is None
        assert await put.one(name="Bob") == "Bob!"

    run(database, work)


def test_a_row_that_is_not_valid(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note.title), int)

    async def work() -> None:
        with pytest.raises(ResponseValidationError):
            await create.one(title="a", author_id=1)

    run(database, work)


def test_the_class_of_a_row_is_that_of_the_statement(database: Database) -> None:
    """As for an object: the column that says the class is set, and compared."""
    create = database.prepare(insert(Gift).returning(Gift), ItemOut)
    kind = database.prepare(select(Item.kind).where(Item.id == bindparam("id")), str)
    rename = database.prepare(update(Gift).values(title=bindparam("name")).returning(Gift.id), int)

    async def work() -> None:
        made = await create.one(title="cup", price=1, owner_id=1, id=77)
        assert await kind.one(id=made.id) == "gift"
        assert sorted(await rename(name="x")) == [3, 77]

    run_shop(database, work)


def test_plain_tables(database: Database) -> None:
    table: Any = Note.__table__
    create = database.prepare(insert(table).returning(table), NoteTable)

    async def work() -> None:
        assert (await create.one(headline="T", title="T", author_id=1, slug="t")).headline == "T"

    with pytest.raises(TypeError, match="no parameter 'title'"):
        run(database, work)

    async def without() -> None:
        assert (await create.one(headline="T", author_id=1, slug="t")).headline == "T"

    run(database, without)


class NoteTable(NoteOut):
    title: str = ""
    headline: str


def test_a_form_becomes_a_row_in_requests(database: Database) -> None:
    create = database.prepare(insert(Note).returning(Note), NoteOut)
    app: FastAPI = make_app(database)

    @app.post("/notes", status_code=201)
    async def write(title: str, session: database.Session, fails: bool = False) -> NoteOut:
        made = await create.one(session, title=title, author_id=1)
        if fails:
            raise ValueError
        return made

    @app.get("/notes")
    async def read(session: database.ReadSession) -> list[str]:
        return list(await session.scalars(select(Note.title)))

    @app.get("/write")
    async def write_in_get(session: database.Session) -> NoteOut:
        return await create.one(session, title="x", author_id=1)

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/notes?title=a").json()["title"] == "a"
        assert client.post("/notes?title=b&fails=1").status_code == 500
        assert client.get("/write").status_code == 500
        assert client.get("/notes").json() == ["a"]
