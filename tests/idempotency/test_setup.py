"""Mistakes at startup, streams at run time, and the OpenAPI document."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import APIRouter, Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.idempotency import Idempotent
from pronghorn.responses import FileResponse, StreamingResponse
from pronghorn.sql import Database
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient
from tests.idempotency.payments import TABLES, count, keyed, pay, user


async def items() -> AsyncIterator[int]:
    """Yield numbers."""
    yield 1
    yield 2


async def returns() -> Any:
    """Return nothing."""


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        (items, {}),
        (items, {"response_class": EventSourceResponse}),
        (returns, {"response_class": StreamingResponse}),
        (returns, {"response_class": FileResponse}),
    ],
)
def test_an_endpoint_that_streams_is_refused(
    sqlite_url: str, endpoint: Any, options: dict[str, Any]
) -> None:
    router = APIRouter(dependencies=[Idempotent(Database(sqlite_url), by=user)])

    def declare() -> None:
        router.post("/items", **options)(endpoint)
        FastAPI().include_router(router)

    with pytest.raises(SetupError, match="sends its response in parts") as caught:
        declare()
    assert "POST /items" in str(caught.value)


@pytest.mark.anyio
async def test_a_stream_that_nobody_declared_is_rolled_back(database: Database) -> None:
    database.add_own_tables(TABLES)
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/", dependencies=[Idempotent(database, by=user)])
    async def create(session: database.Session) -> Any:
        await pay(session, "a payment")
        return StreamingResponse(iter([b"a", b"b"]))

    with TestClient(app) as client:
        with pytest.raises(SetupError, match="comes in parts") as caught:
            client.post("/", headers=keyed())
        assert "POST /" in str(caught.value)
        assert await count(database) == 0
        assert client.post("/").content == b"ab"
    assert await count(database) == 1


@pytest.mark.parametrize(
    "arguments",
    [("sqlite:///a.db", {"by": None}), (None, {"by": user}), (..., {"by": "user"})],
)
def test_wrong_arguments(sqlite_url: str, arguments: tuple[Any, dict[str, Any]]) -> None:
    db, options = arguments
    with pytest.raises(SetupError, match=r"Idempotent\(db, by=current_user_id\)"):
        Idempotent(Database(sqlite_url) if db is ... else db, **options)


@pytest.mark.parametrize("ttl", ["1 day", -1, None, 0, "0s"])
def test_a_wrong_time(sqlite_url: str, ttl: Any) -> None:
    with pytest.raises(SetupError, match="The option ttl of Idempotent"):
        Idempotent(Database(sqlite_url), by=None, ttl=ttl)


@pytest.mark.parametrize("required", [True, False])
def test_the_document(sqlite_url: str, required: bool) -> None:
    database = Database(sqlite_url)
    app = FastAPI()

    @app.post("/", dependencies=[Idempotent(database, by=user, required=required)])
    async def create() -> int:
        return 1

    @app.post("/other")
    async def other() -> int:
        return 1

    paths = app.openapi()["paths"]
    operation = paths["/"]["post"]
    parameter = next(one for one in operation["parameters"] if one["name"] == "Idempotency-Key")
    assert (parameter["in"], parameter["required"]) == ("header", required)
    responses = operation["responses"]
    assert set(responses) == {"200", "409", "422"} | ({"400"} if required else set())
    assert "Idempotency-Replayed" in responses["200"]["headers"]
    assert set(paths["/other"]["post"]["responses"]) == {"200"}


def in_endpoint(app: Any, db: Database, key: Any) -> None:
    @app.post("/", dependencies=[key])
    async def create(session: db.Session) -> None: ...


def in_dependency(app: Any, db: Database, key: Any) -> None:
    async def write(session: db.Session) -> None: ...

    router = APIRouter(prefix="/a", dependencies=[key])
    router.post("/b", dependencies=[Depends(write)])(returns)
    app.include_router(router)


def with_two_keys(app: Any, db: Database, key: Any) -> None:
    app.post("/", dependencies=[key, Idempotent(db, by=user)])(returns)


@pytest.mark.parametrize("declare", [in_endpoint, in_dependency, with_two_keys])
def test_a_session_of_another_database_is_refused(
    sqlite_url: str, tmp_path: Path, declare: Callable[[Any, Database, Any], None]
) -> None:
    app, db = FastAPI(), Database(sqlite_url)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(SetupError, match="of one database and a session of another") as caught:
        declare(app, other, Idempotent(db, by=user))
    assert "POST /" in str(caught.value)


def test_a_session_of_another_database_that_only_reads_is_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    app, db = FastAPI(), Database(sqlite_url)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")

    @app.post("/", dependencies=[Idempotent(db, by=user)])
    async def create(session: db.Session, others: other.ReadSession) -> None: ...

    @app.get("/", dependencies=[Idempotent(db, by=user)])
    async def read(others: other.Session) -> None: ...


class Row(DeclarativeBase):
    """The base of rows, whose text is another one in each request."""


class User(Row):
    __tablename__ = "pronghorn_test_users"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __repr__(self) -> str:
        return f"User({self.id})"


@pytest.mark.parametrize("who", [User(id=7), object(), (object(), 1)])
def test_a_user_needs_a_text_that_stays_the_same(sqlite_url: str, who: Any) -> None:
    """A repeat would be the request of somebody else, and be paid again."""
    db = Database(sqlite_url)
    app = FastAPI(lifespan=db.lifespan)
    app.post("/", dependencies=[Idempotent(db, by=lambda: who)])(returns)
    with (
        TestClient(app) as client,
        pytest.raises(SetupError, match="was to say whose request it is"),
    ):
        client.post("/", headers=keyed())


@pytest.mark.anyio
async def test_a_file_that_the_server_reads_is_rolled_back(
    database: Database, tmp_path: Path
) -> None:
    """As with Granian, to which a response only names the file."""
    (tmp_path / "receipt").write_text("receipt")
    database.add_own_tables(TABLES)
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/", dependencies=[Idempotent(database, by=user)])
    async def create(session: database.Session) -> Any:
        await pay(session, "a payment")
        return FileResponse(tmp_path / "receipt")

    async def reads_files(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["extensions"] = {"http.response.pathsend": {}}
        await app(scope, receive, send)

    with (
        TestClient(reads_files) as client,
        pytest.raises(SetupError, match="comes in parts"),
    ):
        client.post("/", headers=keyed())
    assert await count(database) == 0
