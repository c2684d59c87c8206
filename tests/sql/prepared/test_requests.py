"""Prepared reads in requests: in endpoints, in dependencies, and when a client leaves."""

import asyncio
from typing import Annotated, Any

import anyio
import jwt
import pytest
from pydantic import AfterValidator, BaseModel
from sqlalchemy import bindparam, func, select, text

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, WebSocket
from pronghorn.exceptions import ResponseValidationError
from pronghorn.security import OAuth2PasswordBearer
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.prepared.shop import Item, ItemOut, Owner, make_app, run

KEY = "a key of thirty-two characters......"


class OwnerOut(BaseModel):
    id: int
    name: str


def make_shop(database: Database) -> FastAPI:
    """Return a program whose current user and lists are prepared reads."""
    find_owner = database.prepare(select(Owner).where(Owner.name == bindparam("name")), OwnerOut)
    find_items = database.prepare(
        select(Item).where(Item.owner_id == bindparam("owner")).order_by(Item.id), ItemOut
    )
    bearer = OAuth2PasswordBearer(tokenUrl="token")

    async def get_current_owner(token: str = Depends(bearer)) -> OwnerOut:
        name = jwt.decode(token, KEY, algorithms=["HS256"])["sub"]
        owner = await find_owner.one_or_none(name=name)
        if owner is None:
            raise HTTPException(401)
        return owner

    async def get_in_session(
        session: database.ReadSession, owner: OwnerOut = Depends(get_current_owner)
    ) -> OwnerOut:
        return await find_owner.one(session, name=owner.name)

    router = APIRouter(prefix="/items")

    @router.get("/annotated")
    async def annotated(owner: Annotated[OwnerOut, Depends(get_current_owner)]) -> list[ItemOut]:
        return await find_items(owner=owner.id)

    @router.get("/default")
    async def default(owner: OwnerOut = Depends(get_current_owner)) -> list[ItemOut]:
        return await find_items(owner=owner.id)

    @router.get("/session")
    async def in_session(
        session: database.ReadSession, owner: OwnerOut = Depends(get_in_session)
    ) -> list[ItemOut]:
        return await find_items(session, owner=owner.id)

    app = make_app(database)
    app.include_router(router)
    app.include_router(router, prefix="/v2")
    sub = FastAPI()
    sub.include_router(router)
    app.mount("/sub", sub)

    @app.websocket("/items")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        found = await find_items(owner=int(await socket.receive_text()))
        await socket.send_json([one.title for one in found])
        await socket.close()

    app.state.get_owner = get_current_owner
    app.state.find_items = find_items
    return app


def test_a_current_user_and_a_list(database: Database, mode: str) -> None:
    with TestClient(make_shop(database)) as client:
        for name, status in {"Ada": 200, "Nobody": 401}.items():
            token = jwt.encode({"sub": name}, KEY, algorithm="HS256")
            for prefix in ("", "/v2", "/sub"):
                for path in ("annotated", "default", "session"):
                    answer = client.get(
                        f"{prefix}/items/{path}", headers={"Authorization": f"Bearer {token}"}
                    )
                    assert answer.status_code == status, answer.text
                    if status == 200:
                        assert answer.json() == [
                            {"id": 1, "title": "lamp", "price": "19.90"},
                            {"id": 2, "title": "chair", "price": "5.00"},
                        ]
        with client.websocket_connect("/items") as socket:
            socket.send_text("2")
            assert socket.receive_json() == ["vase", "apples"]


def test_outside_of_requests(database: Database) -> None:
    app = FastAPI()
    find = database.prepare(select(Owner).where(Owner.id == bindparam("number")), OwnerOut)

    async def get_owner() -> OwnerOut:
        return await find.one(number=2)

    @app.inject
    async def job(owner: Annotated[OwnerOut, Depends(get_owner)]) -> str:
        return owner.name

    async def work() -> None:
        async with app.resolve(get_owner) as owner:
            assert owner == OwnerOut(id=2, name="Bob")
        assert await job() == "Bob"

    run(database, work)


VALIDATED: list[int] = []


def note(number: int) -> int:
    VALIDATED.append(number)
    return number


class Counted(BaseModel):
    id: Annotated[int, AfterValidator(note)]


def test_models_of_a_prepared_read_are_not_validated_again(database: Database, mode: str) -> None:
    find = database.prepare(select(Item).order_by(Item.id), Counted)
    app = make_app(database)

    @app.get("/many")
    async def read_many() -> list[Counted]:
        return await find()

    @app.get("/one")
    async def read_one() -> Counted | None:
        return await find.first()

    with TestClient(app) as client:
        VALIDATED.clear()
        assert client.get("/many").json() == [{"id": number} for number in (1, 2, 3, 4)]
        assert VALIDATED == [1, 2, 3, 4]
        VALIDATED.clear()
        assert client.get("/one").json() == {"id": 1}
        assert VALIDATED == [1]


class Cheap(BaseModel):
    id: int
    title: int


def test_a_row_that_does_not_fit_is_an_error_of_the_response(database: Database) -> None:
    find = database.prepare(select(Item).order_by(Item.id), Cheap)
    app = make_app(database)

    @app.get("/read")
    async def read() -> list[Cheap]:
        return await find()

    @app.get("/orm")
    async def read_by_orm(session: database.ReadSession) -> list[Cheap]:
        return (await session.scalars(select(Item).order_by(Item.id))).all()  # type: ignore[return-value]

    with TestClient(app) as client:
        with pytest.raises(ResponseValidationError) as caught:
            client.get("/read")
        with pytest.raises(ResponseValidationError) as expected:
            client.get("/orm")
    found = [(one["type"], one["loc"], one["input"]) for one in caught.value.errors()]
    assert found[0] == ("int_parsing", ("response", 0, "title"), "lamp")
    assert len(found) == len(expected.value.errors()) == 4
    assert f'File "{__file__}"' in str(caught.value)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/read").status_code == 500

    one = database.prepare(select(Item).where(Item.id == 1), Cheap)

    async def work() -> None:
        with pytest.raises(ResponseValidationError) as single:
            await one.one()
        assert single.value.errors()[0]["loc"] == ("response", "title")

    asyncio.run(_with(database, work))


async def _with(database: Database, work: Any) -> None:
    async with database.lifespan():
        await work()


@pytest.mark.parametrize("in_session", [False, True])
def test_a_cancelled_read_ends_first(postgresql_url: str, in_session: bool) -> None:
    """Neither a cancelled task nor a scope of AnyIO interrupts a statement on its way."""
    database = Database(postgresql_url, pool_size=1)
    slow = database.prepare(select(func.pg_sleep(bindparam("seconds")), Item.id), tuple[Any, int])
    find = database.prepare(select(Item.id).order_by(Item.id), int)
    running = "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND query LIKE '%items%'"

    async def sleep() -> None:
        if not in_session:
            await slow(seconds=0.05)
            return
        async with database.transaction(read_only=True) as session:
            await find(session)
            await slow(session, seconds=0.05)

    async def work() -> None:
        other = Database(postgresql_url)
        await slow(seconds=0)
        for cancel in (cancel_task, cancel_scope, cancel_by_timeout):
            await cancel(sleep)
            async with other.engine.connect() as connection:
                rows = await connection.scalar(text(running + " AND pid <> pg_backend_pid()"))
                assert rows == 0
            pool: Any = database.engine.pool
            assert pool.checkedout() == 0
            assert await find() == [1, 2, 3, 4]
        await other.dispose()

    run(database, work)


async def cancel_task(work: Any) -> None:
    task = asyncio.create_task(work())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancel_scope(work: Any) -> None:
    with anyio.move_on_after(0.02) as scope:
        await work()
    assert scope.cancelled_caught


async def cancel_by_timeout(work: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await work()
