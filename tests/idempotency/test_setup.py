"""Mistakes at startup, streams at run time, and the OpenAPI document."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
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


@pytest.mark.parametrize("ttl", ["1 day", -1, None])
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
