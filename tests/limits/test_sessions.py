"""Limits beside the session of a request, in the same database."""

from typing import Annotated, Any

import pytest
from sqlalchemy import text

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import SetupError
from pronghorn.idempotency import Idempotent
from pronghorn.limits import Limits, RateLimit
from pronghorn.sql import Database
from pronghorn.testclient import TestClient


def make_app(database: Database, session: Any, *, method: str = "POST") -> FastAPI:
    """Return a program whose limit asks a session of the database for the user."""

    async def user(session: Any = session) -> int:
        return int(await session.scalar(text("SELECT 7")))

    app = FastAPI(lifespan=database.lifespan)
    limit = RateLimit("1/hour", by=user, on_store_error="closed")

    async def endpoint(user: Annotated[int, Depends(user)], session: database.Session) -> int:
        return user + int(await session.scalar(text("SELECT 1")))

    app.add_api_route("/", endpoint, methods=[method], dependencies=[limit])
    return app


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_user_is_read_by_a_session_that_reads(database: Database, method: str) -> None:
    Limits(database, patience="30s")
    app = make_app(database, database.read_session, method=method)
    with TestClient(app) as client:
        assert [client.request(method, "/").status_code for _ in range(2)] == [200, 429]


def test_a_session_that_writes_is_refused_on_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    limits = Limits(database)
    with pytest.raises(SetupError, match=r"db\.read_session in the function of `by`"):
        make_app(database, database.session)
    make_app(database, database.session, method="GET")
    app = FastAPI()
    limit, once = RateLimit("1/hour", limits=limits), Idempotent(database, by=None)
    app.post("/a", dependencies=[limit, once])(lambda: 1)
    with pytest.raises(SetupError, match="the limit first in `dependencies`"):
        app.post("/b", dependencies=[once, limit])(lambda: 1)
    Limits.memory()
    make_app(database, database.session)


def test_a_session_that_writes_is_no_trouble_on_postgresql(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    Limits(database, patience="30s")
    with TestClient(make_app(database, database.session)) as client:
        assert [client.post("/").status_code for _ in range(2)] == [200, 429]


def test_a_limit_before_idempotency(database: Database, mode: str) -> None:
    Limits(database, patience="30s")
    app = FastAPI(lifespan=database.lifespan)
    runs: list[int] = []

    @app.post("/", dependencies=[RateLimit("3/hour"), Idempotent(database, by=None)])
    async def create() -> int:
        runs.append(1)
        return len(runs)

    with TestClient(app) as client:
        found = [client.post("/", headers={"Idempotency-Key": "k"}) for _ in range(4)]
    assert [one.status_code for one in found] == [200, 200, 200, 429]
    assert [one.headers["ratelimit"].split(";")[1] for one in found] == ["r=2", "r=1", "r=0", "r=0"]
    assert [one.headers.get("idempotency-replayed") for one in found] == [
        None,
        "true",
        "true",
        None,
    ]
    assert len(runs) == 1


def test_counts_are_no_part_of_the_transaction_of_the_request(database: Database) -> None:
    Limits(database, patience="30s")
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/", dependencies=[RateLimit("1/hour")])
    async def create(session: database.Session) -> int:
        await session.execute(text("SELECT 1"))
        raise ValueError("rolled back")

    with TestClient(app, raise_server_exceptions=False) as client:
        assert [client.post("/").status_code for _ in range(2)] == [500, 429]
