"""Errors of the database that nobody catches: 409, 422 and 503, with the fields."""

import gc
import json
import logging
import warnings
from typing import Annotated, Any

import pytest
import sqlalchemy
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import BigInteger, ForeignKey, Integer, String, UniqueConstraint, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pronghorn import FastAPI, HTTPException, Request
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.library import Author, Base, Book, make_app, serve


class Seat(Base):
    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("row", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[str]
    number: Mapped[int] = mapped_column(Integer)
    big: Mapped[int] = mapped_column(BigInteger, default=0)
    code: Mapped[str] = mapped_column(String(5), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))


class Change(BaseModel):
    table: str
    values: dict[str, Any]


TABLES = {"authors": Author, "books": Book, "seats": Seat}


@pytest.fixture
def app(database: Database) -> FastAPI:
    """The application on an empty database."""
    return make_library(database)


def make_library(database: Database) -> FastAPI:
    """Return endpoints that insert a row in the ways of SQLAlchemy, and delete one."""
    app = make_app(database)
    Session = Annotated[AsyncSession, database.session]

    @app.post("/at-commit")
    async def at_commit(change: Change, session: Session) -> None:
        session.add(TABLES[change.table](**change.values))

    @app.post("/at-flush")
    async def at_flush(change: Change, session: Session) -> None:
        session.add(TABLES[change.table](**change.values))
        await session.flush()

    @app.post("/at-execute")
    async def at_execute(change: Change, session: Session) -> None:
        table = Base.metadata.tables[change.table]
        await session.execute(table.insert().values(**change.values))

    @app.delete("/authors/{name}")
    async def delete(name: str, session: Session) -> None:
        author = await session.scalar(select(Author).where(Author.name == name))
        await session.delete(author)

    return app


WAYS = ("/at-commit", "/at-flush", "/at-execute")


def insert(client: TestClient, way: str, table: str, **values: Any) -> Any:
    body = json.dumps(
        {"table": table, "values": values}
    )  # Unlike the client's, all of it is ASCII.
    return client.post(way, content=body, headers={"content-type": "application/json"})


def test_a_unique_violation_names_its_fields(app: FastAPI) -> None:
    with serve(app) as client:
        assert insert(client, "/at-commit", "authors", name="Ada").status_code == 200
        for way in WAYS:
            answer = insert(client, way, "authors", name="Ada")
            assert answer.status_code == 409
            assert answer.json() == {
                "detail": [
                    {
                        "type": "unique_violation",
                        "loc": ["body", "name"],
                        "msg": "There is already a record with this name",
                    }
                ]
            }
        assert insert(client, "/at-flush", "seats", row="A", number=1).status_code == 200
        answer = insert(client, "/at-flush", "seats", row="A", number=1)
        assert answer.status_code == 409
        assert [item["loc"] for item in answer.json()["detail"]] == [
            ["body", "row"],
            ["body", "number"],
        ]


def test_a_reference_to_nothing_names_the_field(app: FastAPI) -> None:
    with serve(app) as client:
        for way in WAYS:
            answer = insert(client, way, "books", title="Emma", price=1, author_id=7)
            assert answer.status_code == 409
            assert answer.json()["detail"] == [
                {
                    "type": "foreign_key_violation",
                    "loc": ["body", "author_id"],
                    "msg": "There is no record that author_id refers to",
                }
            ]


def test_a_record_in_use_cannot_be_deleted(app: FastAPI) -> None:
    with serve(app) as client:
        insert(client, "/at-flush", "authors", name="Ada")
        insert(client, "/at-flush", "seats", row="A", number=1, author_id=1)
        answer = client.delete("/authors/Ada")
        assert answer.status_code == 409
        assert answer.json()["detail"][0]["type"] == "foreign_key_violation"
        assert "still refer" in answer.json()["detail"][0]["msg"]


INVALID: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("authors", {"name": None}, "not_null_violation", ["body", "name"]),
    ("seats", {"row": "A\0", "number": 1}, "invalid_text", ["body"]),
    ("seats", {"row": "A\ud800", "number": 1}, "invalid_text", ["body"]),
    ("seats", {"row": "A", "number": 1, "big": 2**63}, "out_of_range", ["body", "big"]),
]


def test_a_value_that_the_database_cannot_hold_is_422(app: FastAPI) -> None:
    with serve(app) as client:
        for way in WAYS:
            for table, values, kind, place in INVALID:
                answer = insert(client, way, table, **values)
                assert answer.status_code == 422, answer.text
                [item] = answer.json()["detail"]
                assert (item["type"], item["loc"]) == (kind, place)
                assert set(item) == {"type", "loc", "msg"}


def test_a_check_is_422_with_its_name(app: FastAPI) -> None:
    with serve(app) as client:
        insert(client, "/at-flush", "authors", name="Ada")
        answer = insert(client, "/at-flush", "books", title="Emma", price=0, author_id=1)
        assert answer.status_code == 422
        [item] = answer.json()["detail"]
        assert item["type"] == "check_violation"
        assert "books_price_check" in item["msg"]


def test_postgresql_refuses_long_texts_and_large_numbers(postgresql_url: str) -> None:
    with serve(make_library(Database(postgresql_url))) as client:
        for way in WAYS:
            answer = insert(client, way, "seats", row="A", number=1, code="123456")
            assert answer.status_code == 422
            assert answer.json()["detail"] == [
                {
                    "type": "string_too_long",
                    "loc": ["body", "code"],
                    "msg": "The text is longer than the database can hold",
                }
            ]
            answer = insert(client, way, "seats", row="A", number=2**31)
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["body", "number"]


def test_the_program_catches_the_error_itself(database: Database) -> None:
    app = make_app(database)

    @app.post("/")
    async def add(session: Annotated[AsyncSession, database.session]) -> str:
        session.add_all([Author(name="Ada"), Author(name="Ada")])
        try:
            await session.flush()
        except IntegrityError as error:
            raise HTTPException(400, type(error).__name__) from error
        return "added"

    with serve(app) as client:
        assert client.post("/").json() == {"detail": "IntegrityError"}


def test_a_handler_of_the_program_gets_the_error_itself(database: Database) -> None:
    app = make_app(database)

    @app.exception_handler(SQLAlchemyError)
    async def handle(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"own": type(error).__name__}, 418)

    @app.post("/")
    async def add(session: Annotated[AsyncSession, database.session]) -> None:
        session.add_all([Author(name="Ada"), Author(name="Ada")])

    with serve(app) as client:
        answer = client.post("/")
        assert (answer.status_code, answer.json()) == (418, {"own": "IntegrityError"})


def test_handlers_for_the_answers_are_used(database: Database) -> None:
    app = make_app(database)

    @app.exception_handler(HTTPException)
    async def handle(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"wrapped": error.detail}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def handle_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"invalid": [item["type"] for item in error.errors()]}, 400)

    @app.post("/")
    async def add(name: str | None, session: Annotated[AsyncSession, database.session]) -> None:
        session.add_all([Author(name=name), Author(name=name)])

    @app.post("/nothing")
    async def add_nothing(session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name=None))

    with serve(app) as client:
        answer = client.post("/?name=Ada")
        assert answer.status_code == 409
        assert answer.json()["wrapped"][0]["loc"] == ["body", "name"]
        assert client.post("/nothing").json() == {"invalid": ["not_null_violation"]}


def test_a_mistake_in_a_statement_stays_an_error_of_the_server(database: Database) -> None:
    app = make_app(database)

    @app.post("/")
    async def select_nothing(session: Annotated[AsyncSession, database.session]) -> None:
        await session.execute(text("SELECT nothing FROM nowhere"))

    with serve(app) as client:
        assert client.post("/").status_code == 500


def test_the_same_error_of_another_engine_is_not_answered(database: Database) -> None:
    app = make_app(database)

    @app.post("/")
    async def add() -> None:
        async with AsyncSession(database.engine) as session, session.begin():
            session.add_all([Author(name="Ada"), Author(name="Ada")])

    with serve(app) as client:
        assert client.post("/").status_code == 500


def test_a_write_in_a_get_is_an_error_that_says_what_to_write(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(database)

    @app.get("/authors/{name}")
    async def add(name: str, session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name=name))

    @app.post("/authors")
    async def read(session: Annotated[AsyncSession, database.read_session]) -> None:
        session.add(Author(name="Ada"))

    @app.api_route("/either", methods=["GET", "POST"])
    async def either(session: Annotated[AsyncSession, database.session]) -> None:
        session.add(Author(name="Ada"))

    with serve(app) as client, caplog.at_level(logging.ERROR, "pronghorn"):
        assert client.get("/authors/Ada").status_code == 500
        assert "GET /authors/{name} tried to change the database" in caplog.text
        assert "@app.post(...)" in caplog.text
        caplog.clear()
        assert client.post("/authors").status_code == 500
        assert (
            "POST /authors tried to change the database in a session that only reads" in caplog.text
        )
        assert client.get("/either").status_code == 500
        assert client.post("/either").status_code == 200


def test_a_lazy_relation_gets_a_hint(database: Database) -> None:
    app = make_app(database)

    @app.post("/")
    async def read(session: Annotated[AsyncSession, database.session]) -> int:
        session.add(Author(name="Ada"))
        await session.commit()
        author = await session.scalar(select(Author))
        assert author is not None
        return len(author.books)

    with warnings.catch_warnings(), TestClient(app) as client:
        # SQLAlchemy has begun a coroutine when it notices.
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(SQLAlchemyError, match="greenlet_spawn") as caught:
            client.post("/")
        gc.collect()
    assert "selectinload" in "".join(caught.value.__notes__)


def test_a_response_of_a_lazy_relation_gets_the_hint_too(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    app = make_app(database)

    class AuthorOut(BaseModel):
        model_config = ConfigDict(from_attributes=True)

        books: list[str]

    @app.post("/")
    async def read(session: Annotated[AsyncSession, database.session]) -> AuthorOut:
        session.add(Author(name="Ada"))
        await session.commit()
        return AuthorOut.model_validate(await session.scalar(select(Author)))

    with warnings.catch_warnings(), TestClient(app) as client:
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(ValidationError, match="greenlet_spawn") as caught:
            client.post("/")
        gc.collect()
    assert "selectinload" in "".join(caught.value.__notes__)


def test_an_error_that_cannot_be_printed_stays_what_it_is(sqlite_url: str) -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    database = Database(sqlite_url)
    app = make_app(database)

    @app.post("/")
    async def fail(session: Annotated[AsyncSession, database.session]) -> None:
        raise UnprintableError

    with TestClient(app) as client, pytest.raises(UnprintableError):
        client.post("/")


@pytest.mark.parametrize(
    ("state", "status", "text"),
    [
        ("23505", 409, "There is already a record with these values"),
        ("23503", 409, "There is no record that a value refers to"),
        ("23001", 409, "Other records still refer to this one"),
        ("23514", 422, "The value is not allowed"),
    ],
)
def test_a_trigger_refuses_without_a_name(
    postgresql_url: str, state: str, status: int, text: str
) -> None:
    database = Database(postgresql_url)
    app = make_app(database)

    @app.post("/")
    async def refuse(session: database.Session) -> None:  # type: ignore[name-defined]
        await session.execute(
            sqlalchemy.text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")
        )

    with serve(app) as client:
        answer = client.post("/")
    assert (answer.status_code, answer.json()["detail"][0]["msg"]) == (status, text)
