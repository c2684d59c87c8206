"""A request with a key happens once: repeats, other requests, other users, failures."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Body, FastAPI, HTTPException, Response
from pronghorn.idempotency import Idempotent
from pronghorn.responses import JSONResponse, RedirectResponse
from pronghorn.sql import Database, after_commit, before_commit
from pronghorn.testclient import TestClient
from tests.idempotency.payments import OTHERS, TABLES, count, keyed, pay, same, user, write_other

pytestmark = pytest.mark.anyio
Number = Annotated[int, Body(embed=True)]


class Payment(BaseModel):
    """What an endpoint returns."""

    amount: int


class Shop:
    """A program with one endpoint, and what happened in it."""

    def __init__(self, db: Database, *, required: bool = False) -> None:
        db.add_own_tables(TABLES)
        self.db = db
        self.log: list[str] = []
        self.app = FastAPI(lifespan=db.lifespan)
        once = Idempotent(db, by=user, required=required)
        route = self.app.post("/payments", dependencies=[once], status_code=201)
        route(self._endpoint())

    def _endpoint(self) -> Any:
        db, log = self.db, self.log

        async def committed() -> None:
            log.append(f"committed {await count(db)}")

        def in_background() -> None:
            log.append("background")

        async def create(
            amount: Number, session: db.Session, response: Response, tasks: BackgroundTasks
        ) -> Payment:
            log.append("ran")
            before_commit(session, write_other)
            after_commit(session, committed)
            tasks.add_task(in_background)
            await pay(session, f"{amount} number {len(log)}")
            response.headers["X-Made"] = str(len(log))
            response.set_cookie("seen", "yes")
            return Payment(amount=amount)

        return create


@pytest.fixture
def shop(database: Database, mode: str) -> Shop:
    return Shop(database)


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient]:
    with TestClient(shop.app) as client:
        yield client


async def test_a_repeat_gets_the_same_response_and_nothing_happens(
    shop: Shop, client: TestClient
) -> None:
    first = client.post("/payments", json={"amount": 7}, headers=keyed())
    assert (first.status_code, first.json()) == (201, {"amount": 7})
    assert first.headers["x-made"] == "1"
    assert shop.log == ["ran", "committed 1", "background"]
    for _ in range(2):
        assert same(first, client.post("/payments", json={"amount": 7}, headers=keyed()))
    assert shop.log == ["ran", "committed 1", "background"]
    assert (await count(shop.db), await count(shop.db, OTHERS)) == (1, 1)


async def test_another_request_with_the_key_is_refused(shop: Shop, client: TestClient) -> None:
    client.post("/payments", json={"amount": 7}, headers=keyed())
    body = client.post("/payments", json={"amount": 8}, headers=keyed())
    query = client.post("/payments?a=1", json={"amount": 7}, headers=keyed())
    for refused in (body, query):
        assert refused.status_code == 422
        assert refused.json() == {"detail": "This Idempotency-Key was used for another request"}
    assert await count(shop.db) == 1


async def test_users_and_keys_are_independent(shop: Shop, client: TestClient) -> None:
    for headers in (keyed("a"), keyed("b"), keyed("a", "bob"), keyed(None), keyed(None)):
        response = client.post("/payments", json={"amount": 7}, headers=headers)
        assert response.status_code == 201
        assert "idempotency-replayed" not in response.headers
    assert await count(shop.db) == 5


async def test_an_invalid_request_keeps_nothing(shop: Shop, client: TestClient) -> None:
    wrong = client.post("/payments", json={"amount": "x"}, headers=keyed())
    assert wrong.status_code == 422
    assert client.post("/payments", json={"amount": 7}, headers=keyed()).status_code == 201
    long = client.post("/payments", json={"amount": 7}, headers=keyed("k" * 256))
    assert (long.status_code, long.json()["detail"][0]["loc"]) == (
        422,
        ["header", "Idempotency-Key"],
    )
    assert await count(shop.db) == 1


async def test_a_key_may_be_required(database: Database) -> None:
    shop = Shop(database, required=True)
    with TestClient(shop.app) as client:
        missing = client.post("/payments", json={"amount": 7})
        assert missing.status_code == 400
        assert missing.json() == {"detail": "The header Idempotency-Key is missing"}
        assert client.post("/payments", json={"amount": 7}, headers=keyed()).status_code == 201
    assert await count(database) == 1


@pytest.mark.parametrize(
    ("way", "status", "kept"),
    [
        ("returns 503", 503, False),
        ("returns 409", 409, True),
        ("redirects", 303, True),
        ("is empty", 204, True),
        ("raises 418", 418, False),
        ("breaks", 500, False),
        ("is not valid", 500, False),
        ("breaks the commit", 409, False),
    ],
)
async def test_what_is_kept(database: Database, way: str, status: int, kept: bool) -> None:
    database.add_own_tables(TABLES)
    app = FastAPI(lifespan=database.lifespan)
    runs: list[str] = []

    async def write_twice(session: Any) -> None:
        await pay(session, "twice")
        await pay(session, "twice")

    @app.post("/", dependencies=[Idempotent(database, by=None)], response_model=int)
    async def create(session: database.Session) -> Any:
        await pay(session, f"payment {len(runs)}")
        runs.append(way)
        if way == "raises 418":
            raise HTTPException(418)
        if way == "breaks":
            raise ValueError(way)
        if way == "breaks the commit":
            before_commit(session, write_twice)
        answers: dict[str, Any] = {
            "returns 503": JSONResponse("later", 503),
            "returns 409": JSONResponse("taken", 409),
            "redirects": RedirectResponse("/done", 303),
            "is empty": Response(status_code=204),
            "is not valid": "x",
        }
        return answers.get(way, 1)

    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        first = client.post("/", headers=keyed())
        repeat = client.post("/", headers=keyed())
    assert (first.status_code, repeat.status_code) == (status, status)
    assert same(first, repeat) == kept
    assert (len(runs), await count(database)) == ((1, 1) if kept else (2, 0))


async def test_a_request_that_takes_too_long_is_rolled_back(database: Database) -> None:
    database.add_own_tables(TABLES)
    app = FastAPI(lifespan=database.lifespan)
    runs: list[int] = []

    @app.post("/", dependencies=[Idempotent(database, by=None)], timeout=1)
    async def create(session: database.Session) -> int:
        await pay(session, f"payment {len(runs)}")
        runs.append(1)
        if len(runs) == 1:
            await asyncio.Event().wait()
        return len(runs)

    with TestClient(app) as client:
        assert client.post("/", headers=keyed()).status_code == 504
        assert [client.post("/", headers=keyed()).json() for _ in range(2)] == [2, 2]
    assert await count(database) == 1


async def test_a_response_whose_time_is_over_is_replaced(database: Database) -> None:
    database.add_own_tables(TABLES)
    app = FastAPI(lifespan=database.lifespan)
    runs: list[int] = []

    @app.post("/", dependencies=[Idempotent(database, by=None, ttl="1ms")])
    async def create() -> int:
        runs.append(len(runs))
        return len(runs)

    with TestClient(app) as client:
        for number in (1, 2, 3):
            assert client.post("/", headers=keyed()).json() == number
            await asyncio.sleep(0.01)


async def test_any_bytes_and_headers_are_repeated(database: Database) -> None:
    app = FastAPI(lifespan=database.lifespan)
    body = bytes(range(256)) * 40

    @app.post("/{name}", dependencies=[Idempotent(database, by=None)])
    async def create(name: str) -> Response:
        response = Response(body, headers={"X-Name": ' gr~n; a="b"'}, media_type="image/png")
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    with TestClient(app) as client:
        first = client.post("/gr%C3%BCn", headers=keyed())
        assert same(first, client.post("/gr%C3%BCn", headers=keyed()))
        assert client.post("/green", headers=keyed()).status_code == 422
    assert first.content == body


async def test_a_test_that_rolls_back_takes_the_keys_with_it(shop: Shop) -> None:
    async with shop.db.rollback_everything():
        with TestClient(shop.app) as client:
            first = client.post("/payments", json={"amount": 7}, headers=keyed())
            assert same(first, client.post("/payments", json={"amount": 7}, headers=keyed()))
    assert shop.log == ["ran", "committed 1", "background"]
